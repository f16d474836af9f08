"""The leak check stops every way to publish a page with a protected word."""

import datetime
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page

from safeguarding.scopes import Naming
from tests.support import builders
from tests.support.builders import home_page, make_index, make_plain_page, make_story, make_user
from tests.support.messages import texts_of
from tests.support.people import make_agreeing_person, make_story_about, send_form
from tests.support.protected_person import NAMES, ORDINARY, PLACE, is_live
from tests.support.undone import undone


@pytest.mark.sqlite_only
def test_editor_is_warned_by_a_draft_and_refused_at_publishing(moderator, person):
    story = make_story_about(person, live=False)
    body = [("text", f"<p>One.</p><p>In {PLACE}</p>")]
    leaking = {"title": "Hers", "body": body, "summary": f"A {ORDINARY}"}
    saved = send_form(moderator, story, **leaking)
    assert saved.status_code == 302
    texts = texts_of(saved)
    assert any("can't be published: paragraph 2." in text for text in texts)
    assert any("may give somebody away: summary." in text for text in texts)
    assert not any(PLACE in text for text in texts)
    with CaptureQueriesContext(connection) as queries:
        refused = send_form(moderator, story, "publish", **leaking)
    # The words of all people are loaded only once.
    assert words_loaded(queries) == 1
    assert list(refused.context["form"].errors) == ["body"]
    assert "can't be published: paragraph 2." in unescape(refused.text)
    assert refused.text.count(PLACE) == 1, "the word is only where the editor wrote it"
    assert not is_live(story)
    mended = send_form(moderator, story, "publish", title="Hers", summary=f"A {ORDINARY}")
    assert is_live(story)
    assert any("may give somebody away: summary." in text for text in texts_of(mended))
    # A refusal doesn't change a live page.
    send_form(moderator, story, "publish", title=NAMES)
    assert Page.objects.get(pk=story.pk).title == "Hers"
    # Opening the editor loads no words and counts nothing in LeakHits.
    with CaptureQueriesContext(connection) as queries:
        moderator.get(f"/admin/pages/{story.pk}/edit/")
    assert words_loaded(queries) == 0
    assert not any("leakhits" in each["sql"] for each in queries)


def words_loaded(queries):
    """Return how many of `queries` load the words of all people. Queries for whole rows don't count."""
    return sum("ordinary_words" in each["sql"] and '"kind"' not in each["sql"] for each in queries)


def in_bulk(client, page):
    client.post(f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}")


def by_action(_client, page):
    """Publish with Wagtail's action, as its API does. It doesn't call publish() of the page."""
    with pytest.raises(ValidationError) as raised:
        PublishPageRevisionAction(page.latest_revision).execute()
    assert "title" in raised.value.message_dict


def by_approval(client, page):
    state = make_index().get_workflow().start(page, make_user("Moderators"))
    task = state.current_task_state
    client.post(f"/admin/pages/workflow/action/{page.pk}/approve/{task.pk}/", {"comment": ""})
    task.refresh_from_db()
    assert task.status == task.STATUS_IN_PROGRESS


def by_schedule(_client, page):
    revision = builders.save_with(page.latest_revision, approved_go_live_at=timezone.now())
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        call_command("publish_scheduled")
    revision.refresh_from_db()
    assert revision.approved_go_live_at, "it stays scheduled"


def by_code(_client, page):
    with pytest.raises(ValidationError):
        page.latest_revision.publish()


def test_no_route_publishes_a_full_name(client):
    """Check it for several page types. The person is in none of the pages."""
    make_agreeing_person({"naming": Naming.CHANGED}, names=NAMES)
    client.force_login(make_user(is_superuser=True))
    story = make_story(f"What {NAMES} said", live=False)
    plain = make_plain_page(f"About {NAMES}", live=False)
    section = make_index(make_index(), f"With {NAMES}", live=False)
    for page in (plain, section):
        page.save_revision()  # make_story() has made one of the story.
    for route in (in_bulk, by_action, by_approval, by_schedule, by_code):
        for page in (story, plain, section):
            with undone():
                route(client, type(page).objects.get(pk=page.pk))
                assert not is_live(page), (route, type(page))
    home = home_page()
    home.headline = NAMES
    with pytest.raises(ValidationError, match="headline"):
        home.save()


@pytest.mark.sqlite_only
def test_without_the_key_no_story_with_people_is_published(moderator, settings):
    person = make_agreeing_person(names=NAMES)
    story, other = make_story_about(person, live=False), make_story(live=False)
    settings.SAFEGUARDING_KEYS = []
    response = send_form(moderator, story, "publish")
    assert "A key is missing in SAFEGUARDING_KEYS" in str(response.context["form"].errors["people"])
    other.latest_revision.publish()
    assert (is_live(story), is_live(other)) == (False, True)
