"""Leads look at the answers that nobody is in a page, or that nobody could tell who, until one is right."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import Workflow

from media import cleaning, people
from publishing.visibility import is_published
from safeguarding.models import Release
from stories.models import StoryPage
from tests.support import builders, stored_text
from tests.support.people import make_agreeing_person, make_story_about, rows_of
from tests.support.undone import undone
from tests.support.unmet_conditions import relabelled, somebody_else

LIST = reverse("safeguarding_decisions:answers")
REASON = "Zahrawi was told without her places."


def press(lead, button="right"):
    """Press `button` for all answers that are listed."""
    digests = [each["value"] for each in builders.parse(lead.get(LIST)).select("[name=digest]")]
    lead.post(LIST, {"digest": digests, button: "1"})


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
    client.force_login(builders.make_user(is_superuser=True))
    form = {each: builders.story_form(each, slug="told", people="unknown") for each in ("submit", "publish")}
    for refused in form.values():
        assert "Write in one sentence why" in client.post(address, refused).text
    said = form["publish"] | {"reason": REASON}
    for sent in (f"{address}preview/", address):
        client.post(sent, said)
        assert stored_text.tables_with("Zahrawi") == {}
    assert is_published(StoryPage.objects.get())
    assert REASON in lead.get(LIST).text
    assert "Zahrawi" not in client.get(address).text


# --- Right ----------------------------------------------------------------------------------------

# {change of a story that is right: whether it stays right}
CHANGES = {
    "nine words": ({"summary": "and then they both sat down and talked"}, True),
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
    builders.save_with(story.lead_image, file=cleaning.CleanFile(builders.picture_bytes(50, 50), ".png"))
    assert not is_published(story)
    press(lead)
    assert is_published(story)
    with undone():
        story.revisions.all().delete()
        builders.save_with(story, check=False, show_contents=True, summary=f"{story.summary} more")
        assert not is_published(story), "nobody knows what changed since"


@pytest.mark.parametrize("make_fields", [lambda: somebody_else("none"), relabelled])
def test_a_page_with_a_picture_of_somebody_is_published_after_a_lead_looked(lead, make_fields):
    story = builders.make_story("A bridge", live=False, **make_fields())
    revision = story.save_revision(clean=False)
    assert story.lead_image.shows == "other" or not people.is_shown_outside(story.lead_image)
    assert "A bridge" not in lead.get("/admin/").text, "it is still being written"
    Workflow.objects.get().start(story, None)
    with pytest.raises(ValidationError, match="A picture shows, or showed, a person"):
        revision.publish()
    assert "A bridge" in lead.get("/admin/").text
    press(lead)
    revision.publish()
    assert is_published(StoryPage.objects.get())


# --- The list -------------------------------------------------------------------------------------


def test_pages_of_every_type_are_listed_and_public_until_then(lead):
    pages = [builders.make_plain_page("Plain"), builders.make_index(title="Section"), builders.home_page()]
    pages[-1].save()
    text = lead.get(LIST).text
    for page in pages:
        assert f">{page.title}<" in text
        assert is_published(page)
    press(lead)
    assert not builders.parse(lead.get(LIST)).select("h2")
    Release.objects.all().delete()  # as if loaddata had made the pages
    assert lead.get("/admin/").status_code == 200


def test_editor_is_asked_on_the_desk_and_the_answer_stays_in_the_list(lead, client):
    editor = builders.make_user("Editors")
    live, draft = builders.make_story("Live"), builders.make_story("Draft", live=False)
    for page in (live, draft):
        page.save_revision(user=editor, clean=False)
    live.latest_revision.publish()
    Workflow.objects.get().start(draft, editor)
    press(lead, "ask")
    press(lead, "ask")
    text = lead.get(LIST).text
    assert all(f">{title}<" in text for title in ("Live", "Draft"))
    client.force_login(editor)
    assert client.get("/admin/").text.count("Who is in this page? Add everybody") == 2


def test_taking_somebody_out_of_a_live_story_is_listed(lead):
    person, other = make_agreeing_person(), make_agreeing_person()
    story = make_story_about(person, other, title="Of two")
    assert "Of two" not in lead.get(LIST).text
    builders.save_with(story, story_people=rows_of(other))
    assert person.code in lead.get(LIST).text
    press(lead)
    assert "Of two" not in lead.get(LIST).text
