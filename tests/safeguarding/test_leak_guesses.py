"""The leak check says little about a text with many candidates, and nothing above the daily limit.

It looks for protected words, such as the names of people in stories. An editor could write guesses into a
text, and read in the answer which of them is a name.
"""

import itertools
import json
from html import unescape

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, Page
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from editing.people.panels import find_work
from media.models import CleanImage
from publishing.schedules import publish_due
from safeguarding.leak_check import admin_requests, checking
from safeguarding.leak_check.hits import LIMIT
from safeguarding.leak_check.texts import LocatedText
from safeguarding.models import LeakHits
from safeguarding.policies import GROUP
from safeguarding.scopes import Naming
from stories.terms import Author, Theme
from tests.support import builders, people, stored_text
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
    findings = checking.Findings([LocatedText(f"paragraph {number}", "", "body") for number in range(LIMIT)])
    first, second = checks = [admin_requests.RequestCheck(user, None) for _each in range(2)]
    assert not any(each.is_above_limit for each in checks)
    assert first.count(page, findings, texts) is findings
    assert second.count(page, findings, texts) is None


def test_desk_lists_who_is_never_looked_for(person):
    people.withdraw(make_person())
    blank = make_person(contact="0700123456")
    [(code, _address, _text)] = find_work(make_user(GROUP))["People whom the leak check can't find"]
    assert code == blank.code


# --- Messages, the daily limit, and the mail to the leads -----------------------------------------


# Options of client.post() with which it asks for JSON, as the page editor's autosave does.
AUTOSAVE = {"headers": {"accept": "application/json"}}


def sign_in(client, *groups, **fields):
    client.logout()
    client.user = make_user(*groups, **fields)
    client.force_login(client.user)
    return client


# --- Objects -------------------------------------------------------------------------------------


def requests_with_words():
    """Yield (parts of the warning, address, form data) of requests that save an object with a word."""
    terms = "/admin/snippets/stories"
    yield ("Theme: ", "name"), f"{terms}/theme/add/", {"name": f"Life in {PLACE}", "description": ""}
    yield ("Author: ", "name"), f"{terms}/author/add/", {"name": f"{NAME} X.", "role": "", "picture": ""}
    form = {"old_path": f"/of-{NAME}/", "redirect_link": "https://e.org"}
    yield ("Redirect: ", "redirect from"), "/admin/redirects/add/", form
    row = {"page": builders.make_plain_page("Found").pk, "description": ""}
    row |= {"external_link_url": "", "external_link_text": ""}
    form = nested_form_data({"editors_picks": inline_formset([row]), "query_string": f"about {NAME}"})
    yield ("Query: ", "query string"), "/admin/searchpicks/add/", form
    image, document = make_image(), builders.make_document()
    form = {"title": "A door", "description": "", "credit": "", "collection": 1, "shows": "place", "tags": ""}
    yield ("Picture: ", "credit"), f"/admin/images/{image.pk}/", form | {"credit": f"By {NAME}"}
    yield ("Tag: ", "name"), f"/admin/images/{image.pk}/", form | {"tags": PLACE}
    form = {"title": f"{PLACE}.pdf", "tags": "", "collection": 1}
    yield ("Document: ", "title"), f"/admin/documents/edit/{document.pk}/", form
    # The title of an upload comes from the name of the file.
    file = SimpleUploadedFile(f"{NAME.lower()}_shelter.png", builders.picture_bytes(), "image/png")
    form = {"title": f"{NAME.lower()}_shelter", "files[]": file, "shows": "place", "collection": 1}
    yield ("Picture: ", "title"), "/admin/images/multiple/add/", form


def test_other_objects_are_warned_of_when_they_are_saved(client, person):
    sign_in(client, is_superuser=True)
    for words, page, form in requests_with_words():
        LeakHits.objects.all().delete()  # so that the limit is never reached
        response = client.post(page, form, headers={"X-Requested-With": "XMLHttpRequest"})
        texts = [text for text in texts_of(response) if "give somebody away" in text]
        assert any(all(word in text for word in words) for text in texts), (words, texts)
        assert not any(word.lower() in str(texts).lower() for word in (NAME, PLACE)), words
    # They are saved all the same.
    for model in (Theme, Author, Redirect, Tag):
        assert model.objects.exists(), model
    assert CleanImage.objects.filter(title=f"{NAME.lower()}_shelter").exists()


def test_objects_are_counted_also_if_json_is_asked_for(client, person):
    sign_in(client, is_superuser=True)
    author = Author.objects.create(name="Staff")
    form = {"name": f"{NAME} Xuyimana", "role": "", "picture": ""}
    client.post(f"/admin/snippets/stories/author/edit/{author.pk}/", form, **AUTOSAVE)
    assert LeakHits.objects.get().number


# --- How often -----------------------------------------------------------------------------------


def save_draft(client, story, number, **options):
    """Save a draft of `story` with a protected word in each of `number` paragraphs. Return the response.

    `options`: those of client.post().
    """
    form = story_form(body=[("text", f"<p>{PLACE}</p>" * number or "<p>Nothing.</p>")])
    return client.post(f"/admin/pages/{story.pk}/edit/", form, **options)


def test_after_ten_places_a_day_the_answer_is_to_ask(client, person, time_machine):
    time_machine.move_to("2026-03-01 12:00", tick=False)
    lead = make_user(GROUP)
    sign_in(client, "Editors")
    story = make_story(live=False)
    # An autosave gets no message, and nothing is counted.
    autosaved = save_draft(client, story, 3, **AUTOSAVE)
    assert json.loads(autosaved.content)["success"] and texts_of(autosaved) == []
    assert not LeakHits.objects.exists()
    told = texts_of(save_draft(client, story, 9))
    assert any("paragraph 9" in text for text in told)
    assert LeakHits.objects.get().number == 9
    over = texts_of(save_draft(client, story, 2))
    assert any(ASK in text for text in over) and not any("paragraph" in text for text in over)
    # Above the limit, the message comes whether there is a word or not.
    for number in (1, 0):
        assert any(ASK in text for text in texts_of(save_draft(client, story, number)))
    assert LeakHits.objects.get().number == 11 > LIMIT, "9 and 2: above the limit, nothing is counted"
    assert [message.to for message in mail.outbox] == [[lead.email]]
    # No second mail is sent on the same day, even for another user.
    user = client.user
    sign_in(client, "Editors")
    save_draft(client, story, 11)
    assert len(mail.outbox) == 1
    # The next day, the count begins at 0.
    time_machine.move_to("2026-03-02 12:00", tick=False)
    client.force_login(user)
    assert any("paragraph 1" in text for text in texts_of(save_draft(client, story, 1)))
    client.force_login(lead)
    panel = parse(client.get("/admin/")).select_one("#safeguarding-today-content")
    assert user.username in panel.text and "11 places with protected words" in panel.text


def test_ordinary_words_count_once_and_many_are_not_told_apart(client):
    # A protected word that is recorded as an ordinary word too, as "Rose" would be.
    make_person(ordinary_words=PLACE)
    sign_in(client, "Editors")
    story = make_story(live=False)
    # With more than three such places, none is named: the text may be a list of guesses, by which an editor
    # wants to find out what is protected.
    for number, words in ((2, "paragraph 2"), (4, "several places")):
        texts = texts_of(save_draft(client, story, number))
        assert any(words in text for text in texts)
    assert LeakHits.objects.get().number == 2, "one for each draft"


def test_leads_have_no_limit(lead, person):
    lead.user.is_superuser = True  # so that the lead may edit pages
    lead.user.save()
    assert any("paragraph 30" in text for text in texts_of(save_draft(lead, make_story(live=False), 30)))
    assert not LeakHits.objects.exists()


# --- Adding a word -------------------------------------------------------------------------------


# --- Never the word ------------------------------------------------------------------------------


def post_form(client, story, form):
    return client.post(f"/admin/pages/{story.pk}/edit/", form, follow=True)


def test_no_answer_mail_log_or_row_holds_the_word(client, person, caplog):
    make_user(GROUP)
    sign_in(client, "Moderators")
    story = make_story(live=False)
    # The user writes them as percent codes, which the leak check decodes. The answer holds the form as the
    # user filled it in: with the codes, and without the words.
    place, name = ("".join(f"%{ord(letter):02x}" for letter in word) for word in (PLACE, f"{NAME} Xuyimana"))
    form = story_form("publish", title="T", slug="t", summary=name, body=[("text", f"<p>{place}</p>" * 3)])
    draft = {name: value for name, value in form.items() if name != "action-publish"}
    with caplog.at_level("DEBUG"):
        answers = [post_form(client, story, data) for data in (form, draft)]
        LeakHits.objects.update_or_create(user=client.user, defaults={"number": LIMIT - 1})
        answers += [post_form(client, story, data) for data in (form, form, draft)]
    # The places are named up to the limit.
    told = ["can't be published:" in unescape(answer.text) for answer in answers]
    assert (told[0], told[-2]) == (True, False)
    written = [*(answer.text for answer in answers), *(str(vars(message)) for message in mail.outbox)]
    written += [stored_text.all_stored_text(), *(record.getMessage() for record in caplog.records)]
    assert mail.outbox
    text = "".join(written).lower()
    assert [word for word in (NAME, "Xuyimana", PLACE) if word.lower() in text] == []
