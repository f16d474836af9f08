"""Benchmark of the desk (the first page of the admin) and of the list of all stories.

    make bench ARGS=desk
    python -m tests.bench.desk 1000 10000     with 1,000 stories, then with 10,000

The stories are random. They come from the module `distractors`: tests of the search add them to the stories
that have to be found.

It creates a test database on the server of DATABASE_URL, and deletes it at the end. Each result is printed as
a line of JSON, in milliseconds.
"""

import os
import sys
from datetime import timedelta
from types import SimpleNamespace

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from django.db import transaction  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402
from wagtail.models import Page, ReferenceIndex, Revision, Workflow  # noqa: E402

from stories.counts import count_words  # noqa: E402
from stories.models import StoryPage  # noqa: E402
from stories.terms import Theme  # noqa: E402
from tests.bench.search import get, report, temporary_database, timed  # noqa: E402
from tests.support import admin_world, builders, distractors  # noqa: E402

WORDS_OF_A_STORY = 600
# The age of the latest version of each story, and the time until a scheduled one goes live: more than
# LEFT_ALONE and less than SOON in editing/desk/lists.py, so that the desk lists these stories.
AGE, WAIT = timedelta(days=40), timedelta(days=3)
# One of SHARE stories waits for a moderator, another for changes, and another has a scheduled version.
SHARE = 50


def main(sizes):
    setup_test_environment()
    with temporary_database():
        writers = [builders.make_user("Editors") for _number in range(20)]
        clients = {"moderator": builders.client_of(builders.make_user("Moderators"))}
        clients["editor"] = builders.client_of(make_editor())
        for size in sizes:
            known = list(StoryPage.objects.values_list("pk", flat=True))
            distractors.add_stories(size - len(known), words=WORDS_OF_A_STORY, seed=size)
            complete(StoryPage.objects.exclude(pk__in=known).order_by("pk"), writers)
            distractors.vacuum()
            measure(size, clients)


@transaction.atomic
def complete(stories, writers):
    """Give `stories` what editors would have left: revisions, references, workflows, drafts."""
    stories, now, workflow = list(stories), timezone.now(), Workflow.objects.get()
    for number, story in enumerate(stories):
        writer, go_live_at = writers[number % len(writers)], now + WAIT if number % SHARE == 2 else None
        story.save_revision(user=writer, approved_go_live_at=go_live_at, clean=False)
        ReferenceIndex.create_or_update_for_object(story)
        if number % SHARE in {0, 1}:
            state = workflow.start(story, writer)
            if number % SHARE:
                state.current_task_state.reject(user=writer)
        story.word_count, story.latest_revision_created_at = count_words(story.body), now - AGE
        story.live = number % 10 != 0  # one in ten is a draft
        if not story.live:
            story.first_published_at = story.last_published_at = None
    Revision.objects.update(created_at=now - AGE)
    fields = ["latest_revision_created_at", "live", "first_published_at", "last_published_at"]
    Page.objects.bulk_update(stories, fields, batch_size=500)
    StoryPage.objects.bulk_update(stories, ["word_count"], batch_size=500)


def make_editor():
    """Return a new user who may edit all stories, but has the rights of one section, as most editors have.

    The section is the home page. The group "Editors" has its rights at the root of the tree.
    """
    # In place of an admin_world.Section: make_section_editors() needs no more of it.
    section = SimpleNamespace(index=builders.home_page(), collection=builders.make_image().collection)
    editor = builders.make_user()
    editor.groups.add(admin_world.make_section_editors(section))
    return editor


def measure(size, clients):
    """Report how long each page takes with `size` stories, for each of `clients`, {role: Client}."""
    theme = Theme.objects.get(name=distractors.THEMES[0]).pk
    pages = {
        "desk": "/admin/",
        "list of desk": "/admin/desk/incomplete/",
        "all stories": "/admin/stories/",
        "filtered": f"/admin/stories/?theme={theme}&status=live&missing=alternative_text",
        "searched": "/admin/stories/?q=work&ordering=word_count",
        "what is next": "/admin/stories/?status=scheduled&ordering=next_change",
        "last page": "/admin/stories/?p=9999",  # Wagtail shows the last one for a number that is too high
    }
    for role, client in clients.items():
        for name, address in pages.items():
            report(size, f"{name}, {role}", timed(lambda c=client, a=address: get(c, a)))


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
