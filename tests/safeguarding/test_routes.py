"""Routes by which a story can go live, taken with stories whose people have not agreed to that.

In each story, one of CONDITIONS is not met. Quick routes take all of these stories. The others are slow, so
each takes only one story or one part of them, and they take different ones: see take().

No visitor sees any of these stories. Two layers ensure this, and each is tested without the other: the check
before publishing, and the rule about which pages visitors may read.
"""

import datetime
import itertools
from contextlib import suppress

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page, Revision
from wagtail.test.utils.form_data import rich_text

from publishing import visibility
from safeguarding.models import Release
from safeguarding.policies import GROUP
from stories.models import StoryPage
from tests.support.builders import home_page, make_index, make_story, make_user, save_with, story_form
from tests.support.people import days_from_today, people_fields
from tests.support.undone import undone
from tests.support.unmet_conditions import CONDITIONS, change_after_decision

# The title of the live story that schedule_over_live changes. It is about nobody, so visitors may see it.
MET = "A story about nobody"


def film_form(value):
    """Return the data that the editor posts for a link to a film that is stored as `value`."""
    values = [item["value"] if isinstance(item, dict) else item for item in value["speakers"]]
    people = {"count": str(len(values))}
    for number, key in enumerate(values):
        row = {"deleted": "", "order": str(number), "type": "item", "id": "", "value": str(key)}
        people |= {f"{number}-{name}": text for name, text in row.items()}
    picture = {"image": "", "alt_text": "", "decorative": ""}
    return value | {"minutes": "", "poster": picture, "transcript": rich_text("")} | {"speakers": people}


class World:
    """A section with a draft for each of CONDITIONS, and a client in which an administrator is signed in.

    The drafts are in the `parts` of the section, three or four in each.
    """

    def __init__(self):
        self.section = make_index(make_index(), title="Section")
        self.parts = [make_index(self.section, title=f"Part {number}") for number in range(8)]
        for (name, fields), part in zip(CONDITIONS.items(), itertools.cycle(self.parts), strict=False):
            change_after_decision(name, make_story(name, part, live=False, **fields()))
        self.user = make_user(is_superuser=True)
        self.client = Client()
        self.client.force_login(self.user)

    def form(self, story, action="publish", **fields):
        """Return the data that the editor posts for `story`."""
        own = {"title": story.title, "slug": story.slug, "lead_image_alt": story.lead_image_alt}
        own["lead_image"] = story.lead_image_id or ""
        if story.body and story.body[0].block_type == "media_link":
            own["body"] = [("media_link", film_form(story.body.raw_data[0]["value"]))]
        return story_form(action, **own | people_fields(story) | fields)

    def form_for_another(self, story, **fields):
        """Return the data of form(), for a page that stores no rows of people: those sent have no ids."""
        form = self.form(story, **fields) | {"story_people-INITIAL_FORMS": "0"}
        rows = {name for name in form if name.startswith("story_people-") and name.endswith("-id")}
        return form | dict.fromkeys(rows, "")

    def post(self, address, data=None, **headers):
        response = self.client.post(address, data, headers=headers)
        assert response.status_code in {200, 302}
        return response

    def submit(self, story):
        """Submit `story` to moderation, and return the address at which it is approved."""
        state = self.section.get_workflow().start(story, self.user)
        return f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"


def publish_due():
    """Publish what is scheduled for the next two days."""
    with time_machine.travel(timezone.now() + datetime.timedelta(days=2)):
        call_command("publish_scheduled")


# --- Routes for one story ------------------------------------------------------------------------


def create(world, story):
    form = world.form_for_another(story, slug=f"{story.slug}-new")
    world.post(f"/admin/pages/add/stories/storypage/{world.section.pk}/", form)


def edit(world, story):
    world.post(f"/admin/pages/{story.pk}/edit/", world.form(story))


def schedule(world, story):
    tomorrow = f"{days_from_today(1)} 10:00"
    world.post(f"/admin/pages/{story.pk}/edit/", world.form(story, go_live_at=tomorrow))
    publish_due()


def schedule_over_live(world, story):
    """Schedule the texts and people of `story` as a change of another story, which is live."""
    live = make_story(MET, world.section)
    form = world.form_for_another(story, go_live_at=f"{days_from_today(1)} 10:00", slug=live.slug)
    world.post(f"/admin/pages/{live.pk}/edit/", form)
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


def publish_after_decision(world, story):
    world.user.groups.add(Group.objects.get(name=GROUP))
    world.post(f"/admin/safeguarding/stories/{story.pk}/", {"still_right": "1", "publish": "1"})


def copy_published(world, story):
    """Publish a copy of `story`, which is live although the check would have stopped it."""
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    data = {"new_title": story.title, "new_slug": f"{story.slug}-copy", "publish_copies": "on"}
    world.post(f"/admin/pages/{story.pk}/copy/", data | {"new_parent_page": world.section.pk})


def publish_revision(world, story):
    with suppress(ValidationError):
        story.latest_revision.publish()


def publish_by_action(world, story):
    """Publish with Wagtail's action, as its API does. It doesn't call publish() of the page."""
    with suppress(ValidationError):
        PublishPageRevisionAction(story.latest_revision).execute()


def save_page(world, story):
    with suppress(ValidationError):
        save_with(story, live=True)


# --- Routes for all stories of a section ---------------------------------------------------------


def publish_in_bulk(world, section):
    ids = "&".join(f"id={story.pk}" for story in stories_in(section))
    world.post(f"/admin/bulk/wagtailcore/page/publish/?{ids}")


def publish_section_in_bulk(world, section):
    world.post(f"/admin/bulk/wagtailcore/page/publish/?id={section.pk}", {"include_descendants": "on"})


def become_due(world, section):
    revisions = Revision.objects.filter(pk__in=stories_in(section).values("latest_revision"))
    revisions.update(approved_go_live_at=timezone.now())
    publish_due()


def update_queryset(world, section):
    stories_in(section).update(live=True)


def save_without_checks(world, section):
    for story in stories_in(section):
        save_with(story, check=False, live=True)


def save_base_pages(world, section):
    for page in Page.objects.descendant_of(section):
        save_with(page, live=True)


def copy_section(world, section):
    update_queryset(world, section)
    section.copy(recursive=True, to=home_page(), update_attrs={"slug": "copies"}, keep_live=True)


def load_rows(world, section):
    """Make the stories live as loaddata does, without a Release.

    A Release says until which day readers may see a page.
    """
    update_queryset(world, section)
    Release.objects.filter(page__in=stories_in(section)).delete()


EACH = [
    *(create, edit, schedule, schedule_over_live, revert),
    *(approve_in_editor, approve_from_list, approve_in_modal),
    *(copy_published, publish_revision, publish_by_action, save_page, publish_after_decision),
]
TOGETHER = [publish_in_bulk, publish_section_in_bulk, become_due]
# Routes that bypass the check before publishing.
BYPASSES = [update_queryset, save_without_checks, save_base_pages, copy_section, load_rows]
ROUTES = [*EACH, *TOGETHER, *BYPASSES]
# Quick routes, which take all stories: one with the check before publishing, and two of BYPASSES.
QUICK = [publish_revision, update_queryset, save_without_checks]


def part_of(route, world):
    """Return the part of the section whose stories `route` takes."""
    number = ROUTES.index(route) + (3 if connection.vendor == "postgresql" else 0)
    return world.parts[number % len(world.parts)]


def stories_in(section):
    return StoryPage.objects.descendant_of(section)


def take(route, world, takes_all=False):
    """Take `route` with a part of the stories. A route of EACH takes only the first story of the part.

    Which part depends on the route and the database, so that together they take more of the stories. With
    `takes_all`, take it with all stories.
    """
    section = world.section if takes_all else part_of(route, world)
    if route not in EACH:
        return route(world, section)
    for story in stories_in(section).order_by("pk")[: None if takes_all else 1]:
        route(world, story)


def live_stories():
    return StoryPage.objects.filter(live=True).exclude(title=MET).order_by("pk")


def titles_seen():
    """Return the titles of the stories that a visitor can find in a list, or can open.

    Each response takes long to render. Therefore the visitor opens only the first story.
    """
    opened = {page.title for page in live_stories()[:1] if Client().get(page.url).status_code != 404}
    return opened | set(StoryPage.objects.published().exclude(title=MET).values_list("title", flat=True))


@pytest.fixture(scope="module")
def world(module_transaction):
    return World()


@pytest.fixture
def no_check(monkeypatch):
    """Take out the check before publishing."""
    monkeypatch.setattr(StoryPage, "find_errors", lambda _story: {})
    monkeypatch.setattr("stories.wagtail_hooks.find_missing", lambda _page: None)


@pytest.fixture
def no_rule_for_reading(monkeypatch):
    """Take out the rule that visitors may read only pages that are not held."""
    monkeypatch.setattr(visibility, "not_held", lambda *_arguments, **_options: Q())
    monkeypatch.setattr(visibility, "is_held", lambda _page: False)


def test_no_route_shows_a_story_whose_people_have_not_agreed(world):
    for route in ROUTES:
        with undone():
            take(route, world, takes_all=route in QUICK)
            # In the other routes, the story was live before, or they bypass the check.
            if route not in {*BYPASSES, copy_published}:
                assert not live_stories(), route.__name__
            assert titles_seen() == set(), route.__name__


@pytest.mark.sqlite_only
def test_without_the_check_none_is_read_either(world, no_check):
    for route in [*EACH, *TOGETHER]:
        with undone():
            take(route, world)
            assert titles_seen() == set(), route.__name__


@pytest.mark.sqlite_only
def test_without_both_layers_they_are_read(world, no_check, no_rule_for_reading):
    """It is the two layers that keep the stories hidden in the other tests, and nothing in the routes.

    Of the routes of EACH, this is tested for publish_revision alone.
    """
    for route in [*BYPASSES, *TOGETHER, publish_revision]:
        with undone():
            take(route, world, takes_all=route is update_queryset)
            titles = set(live_stories().values_list("title", flat=True))
            expected = len(stories_in(part_of(route, world)))
            assert len(titles) == {update_queryset: len(CONDITIONS), publish_revision: 1}.get(route, expected)
            assert titles_seen() == titles, route.__name__
