"""The leak check: messages about objects other than pages, the daily limit, and the mail to the leads.

It looks for protected words, such as the names of people in stories, in what users of the admin save. Leads
are the members of the safeguarding team.
"""

import json
from html import unescape

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from taggit.models import Tag
from wagtail.contrib.redirects.models import Redirect
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from media.models import CleanImage
from safeguarding.leak_check.hits import LIMIT
from safeguarding.models import LeakHits
from safeguarding.policies import GROUP
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.builders import make_document, make_image, make_story, make_user, parse, story_form
from tests.support.messages import texts_of
from tests.support.people import make_person
from tests.support.stored_text import all_stored_text

NAME, PLACE = "Bachelal", "Qovondo"
# A part of the message above the limit.
ASK = "please ask the safeguarding team to look at your texts"
# Options of client.post() with which it asks for JSON, as the page editor's autosave does.
AUTOSAVE = {"headers": {"accept": "application/json"}}


@pytest.fixture
def person():
    return make_person(names=f"{NAME} Xuyimana", protected_words=PLACE)


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
    image, document = make_image(), make_document()
    form = {"title": "A door", "description": "", "credit": "", "collection": 1, "shows": "place", "tags": ""}
    yield ("Picture: ", "credit"), f"/admin/images/{image.pk}/", form | {"credit": f"By {NAME}"}
    yield ("Tag: ", "name"), f"/admin/images/{image.pk}/", form | {"tags": PLACE}
    form = {"title": f"{PLACE}.pdf", "tags": "", "collection": 1}
    yield ("Document: ", "title"), f"/admin/documents/edit/{document.pk}/", form
    # The title of an upload comes from the name of the file.
    file = SimpleUploadedFile(f"{NAME.lower()}_shelter.png", builders.picture_bytes(), "image/png")
    form = {"title": f"{NAME.lower()}_shelter", "files[]": file, "shows": "place", "collection": 1}
    yield ("Picture: ", "title"), "/admin/images/multiple/add/", form


@pytest.mark.sqlite_only
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


@pytest.mark.sqlite_only
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


@pytest.mark.sqlite_only
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


@pytest.mark.sqlite_only
def test_leads_have_no_limit(lead, person):
    lead.user.is_superuser = True  # so that the lead may edit pages
    lead.user.save()
    assert any("paragraph 30" in text for text in texts_of(save_draft(lead, make_story(live=False), 30)))
    assert not LeakHits.objects.exists()


# --- Adding a word -------------------------------------------------------------------------------


# --- Never the word ------------------------------------------------------------------------------


def post(client, story, form):
    return client.post(f"/admin/pages/{story.pk}/edit/", form, follow=True)


@pytest.mark.sqlite_only
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
        answers = [post(client, story, data) for data in (form, draft)]
        LeakHits.objects.update_or_create(user=client.user, defaults={"number": LIMIT - 1})
        answers += [post(client, story, data) for data in (form, form, draft)]
    # The places are named up to the limit.
    told = ["can't be published:" in unescape(answer.text) for answer in answers]
    assert (told[0], told[-2]) == (True, False)
    written = [*(answer.text for answer in answers), *(str(vars(message)) for message in mail.outbox)]
    written += [record.getMessage() for record in caplog.records]
    assert mail.outbox
    written.append(all_stored_text())
    assert not [
        text for text in written for word in (NAME, "Xuyimana", PLACE) if word.lower() in text.lower()
    ]
