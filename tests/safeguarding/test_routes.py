"""Routes by which a story can go live, taken with stories whose people have not agreed to that.

In each story, one of CONDITIONS is not met. A route for all stories at once takes every story. A route for
one story (EACH) takes only some of them, because most are slow: see take().

No visitor sees any of these stories. Two layers ensure this, and each is tested without the other: the check
before publishing, and the rule about which pages visitors may read.
"""

import datetime

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from publishing import visibility
from safeguarding.models import Release
from stories.models import StoryPage
from tests.support.builders import home_page, make_index, make_story, make_user, story_form
from tests.support.people import days_from_today, people_fields
from tests.support.undone import undone
from tests.support.unmet_conditions import CONDITIONS

pytestmark = pytest.mark.django_db

# The title of the live story that schedule_over_live changes. It is about nobody, so visitors may see it.
MET = "A story about nobody"


class World:
    """A section with a draft for each of CONDITIONS, and a client in which an administrator is signed in."""

    def __init__(self):
        self.section = make_index(make_index(), title="Section")
        self.stories = [
            make_story(name, self.section, live=False, **fields()) for name, fields in CONDITIONS.items()
        ]
        self.user = make_user(is_superuser=True)
        self.client = Client()
        self.client.force_login(self.user)

    def form(self, story, action="publish", **fields):
        """Return the data that the editor posts for `story`."""
        return story_form(
            action,
            title=story.title,
            slug=fields.pop("slug", story.slug),
            lead_image=story.lead_image_id or "",
            lead_image_alt=story.lead_image_alt,
            **people_fields(story) | fields,
        )

    def post(self, address, data, **headers):
        response = self.client.post(address, data, headers=headers)
        assert response.status_code in {200, 302}
        return response

    def submit(self, story):
        """Submit `story` to moderation, and return the address at which it is approved."""
        workflow = self.section.get_workflow()
        state = workflow.start(story, self.user)
        return f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"


def publish_due():
    """Publish what is scheduled for the next two days."""
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        call_command("publish_scheduled")


# --- Routes for one story ------------------------------------------------------------------------


def create(world, story):
    fresh = world.form(story, slug=f"{story.slug}-new") | {"story_people-INITIAL_FORMS": "0"}
    fresh = {  # A new story has no stored rows of people, so those of the form have no ids.
        name: "" if name.startswith("story_people-") and name.endswith("-id") else value
        for name, value in fresh.items()
    }
    world.post(f"/admin/pages/add/stories/storypage/{world.section.pk}/", fresh)


def edit(world, story):
    world.post(f"/admin/pages/{story.pk}/edit/", world.form(story))


def schedule(world, story):
    tomorrow = f"{days_from_today(1)} 10:00"
    world.post(f"/admin/pages/{story.pk}/edit/", world.form(story, go_live_at=tomorrow))
    publish_due()


def schedule_over_live(world, story):
    """Schedule the texts and people of `story` as a change of another story, which is live."""
    live = make_story(MET, world.section)
    form = world.form(story, go_live_at=f"{days_from_today(1)} 10:00", slug=live.slug)
    form |= {"story_people-INITIAL_FORMS": "0"}
    world.post(f"/admin/pages/{live.pk}/edit/", {n: "" if n.endswith("-id") else v for n, v in form.items()})
    publish_due()


def revert(world, story):
    revision = story.latest_revision
    story.save_revision(clean=False)
    world.post(f"/admin/pages/{story.pk}/revisions/{revision.pk}/revert/", world.form(story))


def approve_in_editor(world, story):
    world.submit(story)
    form = world.form(story, None) | {"action-workflow-action": "true", "workflow-action-name": "approve"}
    world.post(f"/admin/pages/{story.pk}/edit/", form)


def approve_from_list(world, story):
    world.post(world.submit(story), {"comment": ""})


def approve_in_modal(world, story):
    world.post(world.submit(story), {"comment": ""}, **{"X-Requested-With": "XMLHttpRequest"})


def copy_published(world, story):
    """Publish a copy of `story`, which is live although the check would have stopped it."""
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    data = {"new_title": story.title, "new_slug": f"{story.slug}-copy", "publish_copies": "on"}
    world.post(f"/admin/pages/{story.pk}/copy/", data | {"new_parent_page": world.section.pk})


def make_alias(world, story):
    """Make an alias of `story`, which is live although the check would have stopped it."""
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    data = {"new_title": story.title, "new_slug": f"{story.slug}-copy", "alias": "on"}
    world.post(f"/admin/pages/{story.pk}/copy/", data | {"new_parent_page": world.section.pk})


def publish_revision(world, story):
    try:
        story.latest_revision.publish()
    except ValidationError:
        return


def save_page(world, story):
    story.live = True
    try:
        story.save()
    except ValidationError:
        return


# --- Routes for all stories at once --------------------------------------------------------------


def publish_in_bulk(world):
    ids = "&".join(f"id={story.pk}" for story in world.stories)
    world.post(f"/admin/bulk/wagtailcore/page/publish/?{ids}", {"include_descendants": ""})


def publish_section_in_bulk(world):
    data = {"include_descendants": "on"}
    world.post(f"/admin/bulk/wagtailcore/page/publish/?id={world.section.pk}", data)


def become_due(world):
    for story in world.stories:
        story.latest_revision.approved_go_live_at = timezone.now()
        story.latest_revision.save()
    publish_due()


def update_queryset(world):
    StoryPage.objects.child_of(world.section).update(live=True)


def save_without_checks(world):
    for story in world.stories:
        story.live = True
        story.save(clean=False)


def save_base_pages(world):
    for page in Page.objects.child_of(world.section):
        page.live = True
        page.save()


def alias_section(world):
    update_queryset(world)
    world.section.create_alias(recursive=True, parent=home_page(), update_slug="aliases")


def update_aliases(world):
    for story in world.stories:
        alias = make_story(story.title, world.section)
        Page.objects.filter(pk=alias.pk).update(alias_of=story.pk)
        story.update_aliases()


def copy_section(world):
    update_queryset(world)
    world.section.copy(recursive=True, to=home_page(), update_attrs={"slug": "copies"}, keep_live=True)


def load_rows(world):
    """Make the stories live as loaddata does, without a Release.

    A Release says until which day readers may see a page.
    """
    update_queryset(world)
    Release.objects.filter(page__in=[story.pk for story in world.stories]).delete()


EACH = [
    *(create, edit, schedule, schedule_over_live, revert),
    *(approve_in_editor, approve_from_list, approve_in_modal),
    *(copy_published, make_alias, publish_revision, save_page),
]
# Routes of EACH that the test with both layers takes with more stories than the others: the form that most
# editors use, and two routes that are quick, because they send no request.
MORE_STORIES = [edit, publish_revision, save_page]
TOGETHER = [publish_in_bulk, publish_section_in_bulk, become_due]
# Routes that bypass the check before publishing.
BYPASSES = [
    *(update_queryset, save_without_checks, save_base_pages),
    *(alias_section, update_aliases, copy_section, load_rows),
]


def take(route, world, every):
    """Take `route` with all stories. A route of EACH takes only every n-th story, n being `every`."""
    if route not in EACH:
        return route(world)
    # The first story depends on the route and the database, so that together they take more of the stories.
    first = EACH.index(route) + (every // 2 if connection.vendor == "postgresql" else 0)
    chosen = world.stories[first % every :: every]
    for story in StoryPage.objects.filter(pk__in=[story.pk for story in chosen]):
        route(world, story)


def titles_seen(first=0, every=1):
    """Return the titles of the stories that a visitor can open or find in a list.

    Each response takes long to render. Therefore only the story with the number `first` and each n-th one
    after it is opened, n being `every`.
    """
    visitor = Client()
    live = StoryPage.objects.filter(live=True).exclude(title=MET).order_by("pk")
    opened = {page.title for page in live[first::every] if is_opened(visitor, page)}
    listed = StoryPage.objects.published().exclude(title=MET).values_list("title", flat=True)
    return opened | set(listed)


def is_opened(visitor, page):
    response = visitor.get(page.url)
    assert response.status_code in {200, 404}
    return response.status_code == 200


@pytest.fixture
def no_check(monkeypatch):
    """Take out the check before publishing."""
    monkeypatch.setattr(StoryPage, "find_errors", lambda _story: {})
    monkeypatch.setattr("stories.wagtail_hooks.find_missing", lambda _page: None)


@pytest.fixture
def no_rule_for_reading(monkeypatch):
    """Take out the rule that visitors may read only released pages."""
    monkeypatch.setattr(visibility, "is_released", lambda *_arguments: Q())
    monkeypatch.setattr(visibility, "is_page_released", lambda _page: True)


def test_no_route_shows_a_story_whose_people_have_not_agreed():
    world = World()
    for route in [*EACH, *TOGETHER]:
        with undone():
            take(route, world, every=2 if route in MORE_STORIES else 12)
            live = StoryPage.objects.filter(live=True).exclude(title=MET).values_list("title", flat=True)
            # In these two routes, the story was live before.
            assert route in {copy_published, make_alias} or list(live) == [], route.__name__
            assert titles_seen() == set(), route.__name__
    for number, route in enumerate(BYPASSES):
        with undone():
            route(world)
            assert titles_seen(first=number, every=len(BYPASSES)) == set(), route.__name__


def test_without_the_check_none_is_read_either(no_check):
    world = World()
    for route in [*EACH, *TOGETHER]:
        with undone():
            take(route, world, every=16)
            assert titles_seen() == set(), route.__name__


@pytest.mark.sqlite_only
def test_without_both_layers_they_are_read(no_check, no_rule_for_reading):
    """It is the two layers that keep the stories hidden in the other tests, and nothing in the routes.

    Of the routes of EACH, this is tested for publish_revision alone.
    """
    world = World()
    for route in [*BYPASSES, *TOGETHER, publish_revision]:
        with undone():
            take(route, world, every=1)
            assert titles_seen(every=len(CONDITIONS)) == set(CONDITIONS), route.__name__
            assert is_opened(Client(), StoryPage.objects.filter(live=True).exclude(title=MET).last())
