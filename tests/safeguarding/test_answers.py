"""Leads look at the answers that nobody is in a page, or that nobody could tell who, until one is right."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.urls import reverse
from wagtail.admin.models import FormState
from wagtail.models import Workflow

from media.cleaning import CleanFile
from media.people import is_shown_outside
from publishing.visibility import is_published
from safeguarding.models import Release
from stories.models import StoryPage
from tests.support import builders
from tests.support.people import make_agreeing_person, make_story_about, rows_of
from tests.support.undone import undone
from tests.support.unmet_conditions import relabelled, somebody_else

pytestmark = pytest.mark.django_db

LIST = reverse("safeguarding_decisions:answers")
REASON = "Zahrawi was told without her places."


def press(lead, button="right"):
    """Press `button` for all answers that are listed. Return the response."""
    digests = [each["value"] for each in builders.parse(lead.get(LIST)).select("[name=digest]")]
    return lead.post(LIST, {"digest": digests, button: "1"}, follow=True)


def make_seen(lead, **fields):
    """Return a story that shows somebody else, is said to be about nobody and right, and is live."""
    page = builders.make_story("A bridge", live=False, **somebody_else("none") | fields)
    page.save_revision(user=builders.make_user("Editors"), clean=False)
    Workflow.objects.get().start(page, None)
    press(lead)
    page.latest_revision.publish()
    return StoryPage.objects.get(pk=page.pk)


# --- Why nobody could tell ------------------------------------------------------------------------


def test_reason_is_for_leads_only_and_asked_before_the_page_is_sent(lead):
    story = builders.make_story("Told", live=False, slug="told", people="unknown")
    client, address = Client(), f"/admin/pages/{story.pk}/edit/"
    client.force_login(builders.make_user("Moderators"))
    saved, sent, form = (
        builders.story_form(action, slug="told", people="unknown") for action in (None, "submit", "publish")
    )
    assert client.post(address, saved).status_code == 302
    for refused in (sent, form):
        assert "Write in one sentence why" in client.post(address, refused).text
    client.post(f"/admin/pages/{story.pk}/edit/preview/", form | {"reason": REASON})
    assert "Zahrawi" not in FormState.objects.get().data
    assert client.post(address, form | {"reason": REASON}).status_code == 302
    assert is_published(StoryPage.objects.get())
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM safeguarding_release WHERE page_id = %s", [story.pk])
        assert cursor.fetchone()[0].startswith("gAAAA")
    assert "Zahrawi" not in str(list(story.revisions.values("content")))
    assert REASON in lead.get(LIST).text
    assert "Zahrawi" not in client.get(address).text
    for user in (builders.make_user("Moderators"), builders.make_user(is_superuser=True)):
        client.force_login(user)
        assert client.get(LIST).status_code == client.post(LIST, {}).status_code == 302
    assert Release.objects.get(page=story.pk).is_unseen


# --- Right ----------------------------------------------------------------------------------------

# {change of a story that is right: whether it stays right}
CHANGES = {
    "nine words": ({"summary": "and then they both sat down and talked"}, True),
    "layout": ({"show_contents": True}, True),
    "ten words": ({"summary": "and then they both sat down and talked for very long"}, False),
    "a name": ({"summary": "Words of Amina."}, False),
    "the picture": ({"lead_image": lambda: builders.make_image(shows="other")}, False),
    "the answer": ({"people": "unknown"}, False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_right_holds_until_more_than_a_few_words_change(lead, name):
    fields, stays = CHANGES[name]
    story = make_seen(lead, summary="they")
    Release.objects.filter(page=story.pk).update(reason=REASON)
    for field, value in fields.items():
        setattr(story, field, value() if callable(value) else value)
    story.save(clean=False)
    assert is_published(story) == stays
    assert bool(story.find_errors()) != stays
    assert ("A bridge" in lead.get(LIST).text) != stays


@pytest.mark.sqlite_only
def test_right_ends_with_another_file_and_with_a_version_that_is_gone(lead):
    story = make_seen(lead)
    image = story.lead_image
    image.file = CleanFile(builders.picture_bytes(50, 50), ".png")
    image.save()
    assert not is_published(story)
    press(lead)
    assert is_published(story)
    with undone():
        story.revisions.all().delete()
        story.show_contents, story.summary = True, f"{story.summary} more"
        story.save(clean=False)
        assert not is_published(story), "nobody knows what changed since"


@pytest.mark.parametrize("make_fields", [lambda: somebody_else("none"), relabelled])
def test_a_page_with_a_picture_of_somebody_is_published_after_a_lead_looked(lead, make_fields):
    story = builders.make_story("A bridge", live=False, **make_fields())
    revision = story.save_revision(user=builders.make_user("Editors"), clean=False)
    assert "A bridge" not in lead.get("/admin/").text, "it is still being written"
    Workflow.objects.get().start(story, None)
    with pytest.raises(ValidationError, match="A picture shows somebody"):
        revision.publish()
    assert "A bridge" in lead.get("/admin/").text
    press(lead)
    revision.publish()
    assert is_published(StoryPage.objects.get())
    assert "A bridge" not in lead.get("/admin/").text


@pytest.mark.sqlite_only
def test_relabelled_picture_is_not_shown_outside_of_a_page():
    image = relabelled()["lead_image"]
    assert not is_shown_outside(image)
    image.shows = "other"
    image.save()
    assert is_shown_outside(image)


# --- The list -------------------------------------------------------------------------------------


def test_pages_of_every_type_are_listed_and_public_until_then(lead):
    pages = [
        builders.make_plain_page("Plain"),
        builders.make_index(title="Section"),
        builders.make_story("Own"),
    ]
    text = lead.get(LIST).text
    for page in pages:
        assert f">{page.title}<" in text
        assert is_published(page)
    assert "Home" in text
    press(lead)
    assert not builders.parse(lead.get(LIST)).select("h2")


def test_editor_is_asked_on_the_desk_and_the_answer_stays_in_the_list(lead):
    editor = builders.make_user("Editors")
    live, draft = (builders.make_story(title) for title in ("Live", "Draft"))
    for page in (live, draft):
        page.save_revision(user=editor, clean=False).publish()
    draft.refresh_from_db()
    draft.summary = "Other words of this story, and they are more than nine of them."
    draft.save_revision(user=lead.user)
    Workflow.objects.get().start(draft, editor)
    press(lead, "ask")
    press(lead, "ask")
    client = Client()
    client.force_login(editor)
    text = client.get("/admin/").text
    assert text.count("Who is in this page? Add everybody who could be recognised.") == 2
    assert "Live" in lead.get(LIST).text
    assert is_published(live)


def test_taking_somebody_out_of_a_live_story_is_listed(lead):
    person, other = make_agreeing_person(), make_agreeing_person()
    story = make_story_about(person, other, title="Of two")
    assert "Of two" not in lead.get(LIST).text
    story.story_people = rows_of(other)
    story.save()
    text = lead.get(LIST).text
    assert person.code in text
    assert other.code not in text
    press(lead)
    assert "Of two" not in lead.get(LIST).text
