"""The leak check says little about a text with many candidates, and nothing above the daily limit.

It looks for protected words, such as the names of people in stories. An editor could write guesses into a
text, and read in the answer which of them is a name.
"""

import itertools
from html import unescape

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, Page

from publishing.schedules import publish_due
from safeguarding.leak_check.admin_requests import RequestCheck
from safeguarding.leak_check.checking import Findings
from safeguarding.leak_check.hits import LIMIT
from safeguarding.leak_check.texts import LocatedText
from safeguarding.models import LeakHits
from safeguarding.panels import find_work
from safeguarding.policies import GROUP
from safeguarding.scopes import Naming
from tests.support import people
from tests.support.builders import make_image, make_index, make_story, make_user, parse, save_with, story_form
from tests.support.messages import texts_of
from tests.support.people import make_agreeing_person, make_person, make_story_about, people_fields, send_form
from tests.support.protected_person import is_live

pytestmark = pytest.mark.sqlite_only

NAME, PLACE = "Bachelal", "Qovondo"
# A part of the message above the limit.
ASK = "please ask the safeguarding team to look at your texts"
GUESSES = ["".join(each).title() for each in itertools.product("kmnb", "aeiou", "lrst", "aeiou")]
# {how an editor could write many guesses, of which one is a name: the paragraphs}.
WAYS = {
    "one a paragraph": [NAME, *GUESSES],
    "with commas": ["They came: " + ", ".join([*GUESSES, NAME])],
    "small letters": [" ".join([*GUESSES, NAME]).lower()],
    "line breaks": ["<br/>".join([*GUESSES, NAME])],
    "hyphens": ["-".join([*GUESSES, NAME]).lower()],
    "sentences": [f"{each} came to town." for each in [*GUESSES, NAME]],
    "short lines": [f"and {' '.join(each)} the".lower() for each in itertools.batched([*GUESSES, NAME], 3)],
    "as one word": ["".join([*GUESSES, NAME])],
}


@pytest.fixture
def person():
    return make_agreeing_person({"naming": Naming.CHANGED}, names=f"{NAME} Xuyimana", protected_words=PLACE)


def save(client, story, action=None, paragraphs=("Words.",), **fields):
    """Post the form of `story` to its editor, and return the response."""
    body = [("text", "".join(f"<p>{each}</p>" for each in paragraphs))]
    return send_form(client, story, action, body=body, **fields)


# --- Many candidates -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_the_field_of_a_list_of_guesses_is_told_once(moderator, person, way):
    lead, story = make_user(GROUP), make_story(live=False)
    texts = texts_of(save(moderator, story, paragraphs=WAYS[way]))
    assert any("may give somebody away: body." in text for text in texts), texts
    assert LeakHits.objects.get().number > LIMIT
    assert [message.to for message in mail.outbox] == [[lead.email]]
    # Right or wrong, later guesses get the same answer.
    for word in (NAME, "Nobody"):
        assert ASK in save(moderator, story, "publish", summary=f"{word} Xuyimana").text
    assert not is_live(story)


def test_a_refusal_names_the_field_of_a_list_only(moderator, person):
    paragraphs = [f"{each} Xuyimana" for each in [*GUESSES, NAME]]
    refused = save(moderator, make_story(live=False), "publish", paragraphs)
    assert "can't be published: body." in unescape(refused.text)


def test_words_of_many_people_who_are_not_listed_count_as_guesses(moderator):
    names = ["Abeba", "Bachelal", "Chidinma", "Dawit", "Eseosa", "Fikre"]
    for name in names:
        make_person(names=name)
    for number, place in ((5, "paragraph 1"), (6, "body")):
        paragraphs = [f"We met {' and '.join(names[:number])} there."]
        texts = texts_of(save(moderator, make_story(live=False), paragraphs=paragraphs))
        assert any(f"somebody away: {place}." in text for text in texts), texts


def test_many_new_tags_count_as_guesses(client, person):
    client.force_login(make_user(is_superuser=True))
    image = make_image()
    form = {"title": "A door", "description": "", "credit": "", "collection": image.collection_id}
    form |= {"shows": "place", "tags": ", ".join([*GUESSES, PLACE])}
    texts = texts_of(client.post(f"/admin/images/{image.pk}/", form))
    assert any(text.startswith("Tag: This may give somebody away: name") for text in texts), texts
    assert LeakHits.objects.get().number > LIMIT


# --- Above the limit -----------------------------------------------------------------------------


def test_above_the_limit_nothing_is_published_until_a_lead_allows_it(moderator, person):
    user = moderator.user
    hits = LeakHits.objects.create(user=user, number=LIMIT + 1)
    # Nothing is wrong with either of them.
    for story in (make_story(live=False), make_story_about(person, live=False)):
        moderator.post(f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}")
        for action in ("publish", "submit"):
            assert ASK in save(moderator, story, action).text
        assert not is_live(story)
        assert save(moderator, story).status_code == 302, "a draft can be saved"
    live, section = make_story(), make_index(make_index(), "There")
    moderator.post(f"/admin/pages/{live.pk}/move/{section.pk}/confirm/")
    assert Page.objects.get(pk=live.pk).path == live.path
    moderator.post(f"/admin/pages/{live.pk}/unpublish/")
    assert not is_live(live)
    address = reverse("safeguarding_decisions:allow", args=[hits.pk])
    moderator.post(address)
    hits.refresh_from_db()
    assert hits.number > LIMIT, "only a lead may"
    lead = make_user(GROUP)
    moderator.force_login(lead)
    panel = parse(moderator.get("/admin/")).select_one("#safeguarding-today-content")
    assert panel.select_one(f"form[action='{address}'] [name=csrfmiddlewaretoken]")
    moderator.post(address)
    entry = ModelLogEntry.objects.get(action="safeguarding.allow")
    assert (entry.user, entry.data) == (lead, {"number": LIMIT + 1})
    moderator.force_login(user)
    save(moderator, story, "publish")
    assert is_live(story)


def schedule(story, user):
    save_with(story.latest_revision, user=user, approved_go_live_at=timezone.now())
    return story


def test_above_the_limit_a_scheduled_version_waits(moderator, person):
    story = schedule(make_story(live=False), moderator.user)
    hits = LeakHits.objects.create(user=moderator.user, number=LIMIT + 1)
    publish_due()
    assert not is_live(story)
    hits.delete()
    publish_due()
    assert is_live(story)


def test_scheduler_counts_what_it_finds(moderator, person):
    """An autosave, which is not checked, can change a title above a scheduled version."""
    section = make_index(make_index(), f"About {PLACE}", live=False)
    story = schedule(make_story_about(person, parent=section, live=False), moderator.user)
    publish_due()
    assert not is_live(story)
    assert LeakHits.objects.get(user=moderator.user).number == 1


def test_preview_that_pretends_to_publish_counts(moderator, person):
    """Only a story in moderation is validated to publish it. The data of a preview are from before."""
    story = make_story_about(person, live=False)
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk])
    body = [("text", f"<p>{PLACE}</p>")]
    data = story_form("publish", title=story.title, slug=story.slug, body=body, **people_fields(story))
    assert moderator.post(address, data).json()["is_valid"]
    assert not LeakHits.objects.exists(), "a draft is not checked"
    save(moderator, story, "submit")
    assert "reader" not in moderator.get(address).text
    assert LeakHits.objects.get().number == 1


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_what_requests_at_the_same_moment_find_counts_together():
    user, page, texts = make_user("Editors"), make_story(), [LocatedText("paragraph 1", "They came.")]
    findings = Findings([LocatedText(f"paragraph {number}", "", "body") for number in range(LIMIT)])
    first, second = checks = [RequestCheck(user, None) for _each in range(2)]
    assert not any(each.is_above_limit for each in checks)
    assert first.count(page, findings, texts) is findings
    assert second.count(page, findings, texts) is None


def test_desk_lists_who_is_never_looked_for(person):
    people.withdraw(make_person())
    blank = make_person(contact="0700123456")
    [(code, _address, _text)] = find_work(make_user(GROUP))["People whom the leak check can't find"]
    assert code == blank.code
