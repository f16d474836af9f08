"""The page editor shows the source beside a translation, with what changed, to those who may see it."""

import datetime
import json

import pytest
from django.urls import reverse
from wagtail.models import Locale

from editing.desk.translation_report import has_older_translation
from stories.models import StoryPage
from tests.support.admin_world import SECRET
from tests.support.builders import make_index, make_story, make_user, parse
from tests.support.choosing import text_of
from tests.support.translations import make_index_in
from tests.support.translators import make_editor

pytestmark = pytest.mark.django_db

STEP = datetime.timedelta(minutes=5)
LINES = "<p>Everybody walked%s.</p><p>Afterwards children arrived.</p>"
OLD, NEW = LINES % "", LINES % " homewards"


def publish(story, summary, text):
    body = [{"type": "text", "value": text, "id": "1"}]  # with an ID, so that the texts are compared
    story.summary, story.body = summary, json.dumps(body)
    story.save_revision(log_action=True).publish()
    story.refresh_from_db()


@pytest.fixture
def pair(client, time_machine):
    """A story, which changed after "Translate" made a French version of it, and that version."""
    time_machine.move_to(datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC), tick=False)
    index, french = make_index(), make_index_in("fr")
    story = make_story("A road", parent=index)
    publish(story, SECRET, OLD)
    client.force_login(make_user(is_superuser=True))
    time_machine.shift(STEP)
    address = reverse("simple_translation:submit_page_translation", args=[story.pk])
    client.post(address, {"locales": [french.locale.pk]})
    time_machine.shift(STEP)
    publish(story, "Another summary.", NEW)
    time_machine.shift(STEP)
    return story, StoryPage.objects.get(locale=french.locale)


def panel(client, page):
    shown = parse(client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])))
    found = shown.select_one("[data-side-panel=source]")
    assert ("The source changed." in shown.get_text()) == bool(found and found.form)
    return found


def mark(client, page, last):
    return client.post(reverse("mark_translation", args=[page.pk]), {"last": str(last)}, follow=True)


def may_not_mark(client, page, last):
    return "you do not have permission" in text_of(mark(client, page, last))


def is_listed(story):
    condition = has_older_translation(Locale.objects.all(), make_user(is_superuser=True))
    return StoryPage.objects.filter(condition, pk=story.pk).exists()


def test_what_changed_is_marked_until_the_translation_is_marked_as_up_to_date(client, pair, time_machine):
    story, french = pair
    shown = panel(client, french)
    assert [each.get_text() for each in shown.select(".deletion")] == [SECRET]
    assert 'Everybody walked<span class="addition"> homewards</span>.<br/>Afterwards' in str(shown)
    french.save_revision().publish()  # A change of the translation alone says nothing about its source.
    assert is_listed(story) and panel(client, story) is None

    # Somebody publishes the source while the panel is open.
    last = shown.select_one("[name=last]")["value"]
    publish(story, "Another summary.", NEW)
    assert "The source changed again." in text_of(mark(client, french, last)) and is_listed(story)
    assert "is marked as up to date." in text_of(mark(client, french, story.last_published_at))
    shown = panel(client, french)
    assert "This translation is up to date with it." in shown.get_text()
    assert not shown.select("form, .addition") and not is_listed(story)
    assert "Everybody walked homewards." in shown.get_text()

    time_machine.shift(STEP)
    publish(story, "A third summary.", NEW)
    assert is_listed(story)
    assert [each.get_text() for each in panel(client, french).select(".deletion")] == ["Another"]


def test_who_may_not_edit_the_source_reads_what_is_public(client, pair):
    story, french = pair
    user = make_editor(french.get_parent())
    client.force_login(user)
    shown = panel(client, french).get_text()
    assert "Another summary." in shown and "What it said before can't be shown." in shown
    assert SECRET not in shown and "Everybody walked homewards." in shown
    story.title = f"{SECRET} draft"
    story.save_revision()
    assert SECRET not in panel(client, french).get_text()
    assert story.url in str(panel(client, french)) and f"/pages/{story.pk}/" not in str(panel(client, french))
    story.unpublish()
    assert panel(client, french) is None
    # A user who may only add pages beside the story sees it in lists, and may not read it.
    adder = make_editor(story.get_parent(), permissions=["add_page"], name="Adders")
    user.groups.add(*adder.groups.all())
    assert panel(client, french) is None
    assert may_not_mark(client, french, story.last_published_at)


def test_only_an_editor_of_the_translation_marks_it(client, pair):
    story, french = pair
    client.force_login(make_editor(story.get_parent()))
    french.save_revision().publish()  # so that everybody may see it
    assert may_not_mark(client, french, story.last_published_at) and is_listed(story)


def test_source_without_an_earlier_version_is_shown_as_it_is(client, pair):
    story, french = pair
    story.revisions.exclude(pk=story.live_revision_id).delete()
    shown = panel(client, french)
    assert "What it said before can't be shown." in shown.get_text() and not shown.select(".addition")
