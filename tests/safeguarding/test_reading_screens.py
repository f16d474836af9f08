"""The public screens of a reading: who opens them, what they show, and what stays nowhere."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone

from publishing.trash import move_to_trash
from safeguarding.encryption import encrypt
from safeguarding.holds import bring_back, take_down
from safeguarding.models import Reading, SecondReader
from safeguarding.reading_start import MAX_TRIES, make_ticket
from tests.support import committed, translations, wsgi
from tests.support.builders import make_image, make_plain_page, parse
from tests.support.people import ALL_AGREED, make_agreeing_person, make_story_about, record, withdraw
from tests.support.readings import LINK_IS_SAFE, heading, make_reading, press, send
from tests.support.undone import undone

CLOSED = "This link can’t be opened any more."
ASKS = "Please type the number"
READS = "This text is about you"
WRONG = "12"


def opens(client, reading):
    return heading(send(client, reading)) == READS


# --- Who opens it ---------------------------------------------------------------------------------


def change(**fields):
    return lambda reading: Reading.objects.filter(pk=reading.pk).update(**fields)


def use_another_secret(reading):
    last = "B" if reading.path[-2] == "A" else "A"
    reading.path = f"{reading.path[:-2]}{last}/"


CLOSING = {
    "ended": change(ends_at=timezone.now()),
    "answered": change(answered_at=timezone.now()),
    "tried too often": change(tries=MAX_TRIES),
    "in another language": change(language="fr"),
    "without an address": change(token=""),
    "another secret": use_another_secret,
    "started again": lambda reading: make_reading(story=reading.page.specific),
    "taken down": lambda reading: take_down(reading.contributor, None),
    "brought back": lambda reading: [act(reading.contributor, None) for act in (take_down, bring_back)],
    "page in the trash": lambda reading: move_to_trash(reading.page),
    "page deleted": lambda reading: reading.page.specific.delete(),
    "withdrawn": lambda reading: withdraw(reading.contributor),
    "not safe any more": lambda reading: record(reading.contributor, link_is_safe=False),
    "unsafe once": lambda reading: [record(reading.contributor, link_is_safe=x) for x in (False, True)],
    "without a key": lambda _reading, settings: setattr(settings, "SAFEGUARDING_KEYS", []),
}


@pytest.mark.parametrize("why", CLOSING)
def test_what_does_not_open_any_more_gets_one_answer(client, why, settings):
    unknown = parse(client.get("/reading/unknown/")).main.text
    # After a withdrawal, no link is safe.
    reading = make_reading("here" if why == "withdrawn" else "link")
    assert opens(client, reading)
    CLOSING[why](reading, settings) if why == "without a key" else CLOSING[why](reading)
    for response in (client.get(reading.path), send(client, reading), send(client, reading, WRONG)):
        assert (response.status_code, parse(response).main.text) == (404, unknown)
        assert CLOSED in unknown


def test_another_address_of_the_same_person_stays_open_for_another_page(client):
    reading = make_reading()
    make_reading(story=make_story_about(reading.contributor))
    assert opens(client, reading)


def test_a_link_opens_with_its_code_only_and_looking_uses_nothing_up(client):
    reading = make_reading()
    for _time in range(MAX_TRIES + 1):
        response = client.get(reading.path)
        assert (heading(response), reading.page.title in response.text) == (ASKS, False)
    assert [heading(send(client, reading, wrong)) for wrong in ("x", WRONG, "000000x")] == [ASKS] * 3
    code = reading.shown_code.translate(dict(zip(map(ord, "0123456789"), "٠١٢٣٤٥٦٧٨٩", strict=True)))
    assert heading(send(client, reading, code)) == READS, "the digits of an Arabic keyboard"
    assert opens(client, reading), "opening it uses nothing up either"
    send(client, reading, WRONG)
    assert CLOSED in send(client, reading, WRONG).text
    assert not opens(client, reading), "after five wrong ones the right one is too late"


def test_a_browser_that_sends_a_screen_again_shows_nothing_later(client, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    reading, other = make_reading(), make_reading()
    code, asked = {"code": reading.shown_code}, client.get(reading.path)
    opened = press(client, asked, "Go on", **code)
    page = press(client, press(client, opened, "Go on"), "Change this", words_words="Not the street.")
    assert reading.shown_code.replace(" ", "") not in opened.text.replace(" ", "")
    assert heading(client.post(other.path, {"ticket": make_ticket(reading, "read")})) == ASKS, "of one link"
    time_machine.shift(901)
    for page_before, label, more in ((asked, "Go on", code), (opened, "Go on", {}), (page, "Yes", {})):
        late = press(client, page_before, label, **more)
        assert (heading(late), "Not the street." in late.text) == (ASKS, False)
    assert not Reading.objects.exclude(tries=0).exists()
    late = press(client, late, "Go on", code=WRONG)
    stolen = press(client, late, "Go on", **code, kept=encrypt("words_words=Secret"))
    assert (heading(stolen), "Secret" in stolen.text) == (READS, False), "it decrypts no other text"
    page = press(client, late, "Go on", **code)
    assert ("Question 3" in page.text, "Not the street." in page.text) == (True, True), "but nothing is lost"


def test_neither_secret_is_stored():
    reading = make_reading()
    token, code = reading.path.split("/")[-2], reading.shown_code.replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM safeguarding_reading")
        row = " ".join(map(str, cursor.fetchone()))
    assert (token in row, code in row, make_reading("paper").token) == (False, False, "")


# --- What the screens show ------------------------------------------------------------------------


def answer_all(client, reading, change=""):
    """Answer yes to all questions, or ask for a `change` of the words. Return the screen with all answers."""
    page = press(client, send(client, reading), "Go on")
    number = len(reading.questions)
    for step in range(1, number + 1):
        assert f"Question {step} of {number}" in page.text
        if change and step == 1:
            page = press(client, page, "Change this", words_words=change)
        else:
            page = press(client, page, "Yes")
    assert heading(page) == "Are these your answers?"
    return page


def test_answers_arrive_only_when_they_are_sent(client):
    reading = make_reading(event={"where": [*ALL_AGREED["where"], "print"]})
    page = press(client, answer_all(client, reading, "Another"), "Answer again")
    assert heading(page) == "Is everything in the text right?"
    page = press(client, page, "Change this", words_words="Not the street.\r\n" + "\0x\r\n" * 490)
    words = "Not the street.\n" + "x\n" * 490
    assert "Not the street." in page.text
    assert not Reading.objects.exclude(answered_at=None).exists()
    assert heading(press(client, page, "Send my answers")) == "Thank you."
    stored = Reading.objects.get()
    expected = {key: ["yes", ""] for key, _label in reading.questions}
    expected["words"] = ["change", words.strip()]
    assert (stored.answered, stored.agrees) == (expected, False)
    assert CLOSED in press(client, page, "Send my answers").text, "nothing is sent twice"
    assert Reading.objects.get().answered_at == stored.answered_at


@pytest.mark.parametrize("step", [0, 1, 9])
def test_no_to_everything_stands_on_every_screen_and_is_asked_once(client, step):
    reading = make_reading()
    page = send(client, reading, go=step, **{key: "yes" for key, _label in reading.questions})
    asked = press(client, page, "I don’t want any of this")
    assert not Reading.objects.exclude(answered_at=None).exists()
    assert parse(press(client, asked, "Back")).main.text == parse(page).main.text
    assert heading(press(client, asked, "Yes, I want none of this")) == "Thank you."
    assert {answer for answer, _words in Reading.objects.get().answered.values()} == {"no"}


def test_what_is_missing_is_asked_before_anything_is_sent(client):
    reading = make_reading()
    for sent in ({}, {"words": "maybe"}, {"words": "yes", "website": "change"}):
        assert send(client, reading, send="1", go="9", **sent).text.count("Question") == 1
    assert not Reading.objects.exclude(answered_at=None).exists()
    for odd in ("x", "-1", "9" * 40, "²"):
        assert send(client, reading, go=odd).status_code == 200


def test_a_second_reader_is_asked_one_question(client):
    story = make_story_about(make_agreeing_person())
    reader = SecondReader.objects.create(page=story, name="R", function="F", contact="r@example.net")
    page = press(client, send(client, make_reading(story=story, second_reader=reader)), "Go on")
    assert ("Question 1 of 1" in page.text, "I don’t want" in page.text) == (True, False)
    sent = press(client, page, "Yes")
    for close in (take_down, lambda person, _user: withdraw(person)):
        with undone():
            close(story.story_people.get().contributor, None)
            assert CLOSED in press(client, sent, "Send my answers").text
    press(client, sent, "Send my answers")
    assert Reading.objects.get().agrees


def test_the_text_is_that_of_the_version_with_its_pictures_and_without_ways_out(client):
    image = make_image("Shown")
    link = '<a href="https://example.org/">A link</a>'
    shown = {"body": [{"type": "text", "value": f"<p>Words of the story. {link}</p>"}], "lead_image": image}
    person = make_agreeing_person(LINK_IS_SAFE)
    shown |= {"lead_image_alt": "A road", "seo_title": "Found as this", "search_description": "And so."}
    story = make_story_about(person, live=False, **shown)
    text = parse(send(client, make_reading(story=story))).select_one(".reading__text")
    assert "Words of the story." in text.text and "A link" in text.text
    assert text.small.text.endswith("can’t see the picture: A road")
    assert not text.select("a, script, form, source, [srcset]")
    (picture,) = text.select("img")
    assert picture["src"].startswith("data:image/jpeg;base64,")
    around = parse(send(client, make_reading(story=story))).main.text
    assert all(each in around for each in ("This website", "Found as this", "And so."))
    image.file.storage.delete(image.file.name)
    image.renditions.all().delete()
    assert heading(send(client, make_reading(story=story))) == READS, "without the lost picture"


def test_a_version_that_changed_says_so(client):
    reading = make_reading()
    page = answer_all(client, reading)
    story = reading.page.specific
    story.title = "Another title"
    story.save_revision().publish()
    for response in (press(client, page, "Send my answers"), send(client, reading)):
        assert heading(response) == "This text has changed since."
        assert "Another title" not in response.text
    assert not Reading.objects.exclude(answered_at=None).exists()
    with undone():
        assert heading(send(client, reading, send="1", words="no", pictures="yes")) == "Thank you."
        assert [each.agrees for each in Reading.objects.all()] == [False]
    asked = press(client, response, "I don’t want any of this")
    assert heading(press(client, asked, "Yes, I want none of this")) == "Thank you."
    assert reading.contributor.latest_consent.where == []


def test_the_screens_have_the_language_of_the_reading_and_the_text_its_own(client):
    reading = make_reading("here", "ar")
    assert reading.path.startswith("/ar/reading/")
    page = parse(client.get(reading.path))
    assert (page.html["lang"], page.html["dir"]) == ("ar", "rtl")
    text = page.select_one(".reading__text")
    assert (text["lang"], text["dir"], "min" in text.text) == ("en", "ltr", True)
    story = make_story_about(make_agreeing_person(), parent=translations.make_index_in("ar"), slug="one")
    text = parse(client.get(make_reading("here", "fr", story).path)).select_one(".reading__text")
    assert (text["lang"], text["dir"]) == ("ar", "rtl")


# --- What stays nowhere ---------------------------------------------------------------------------


def responses(client):
    """Yield (name, response) for each kind of screen."""
    reading = make_reading()
    yield "code", client.get(reading.path)
    yield "wrong code", send(client, reading, WRONG)
    yield "text", send(client, reading)
    page = answer_all(client, reading)
    yield "answers", page
    yield "none", press(client, page, "I don’t want any of this")
    yield "thanks", press(client, page, "Send my answers")
    yield "closed", client.get(reading.path)
    yield "here", client.get(make_reading("here").path)


def test_nothing_of_a_reading_is_stored_indexed_or_told_to_other_sites():
    client = Client(enforce_csrf_checks=True)
    for name, response in responses(client):
        assert not response.cookies and not client.cookies, name
        assert {"no-store", "private"} <= set(response["Cache-Control"].split(", ")), name
        assert response["X-Robots-Tag"] == "noindex, nofollow", name
        assert response["Referrer-Policy"] == "no-referrer", name
        assert "img-src 'self' data:;" in response["Content-Security-Policy"], name
        page = parse(response)
        assert page.title.text == "Please read", name
        assert not page.select("meta[property], meta[name=description]"), name
        assert [each["src"] for each in page.select("script")] == ["/static/js/leave_quickly.js"], name
        assert page.select_one(".leave__link"), name


def test_no_cache_has_the_screens_or_the_draft(monkeypatch):
    story = make_story_about(make_agreeing_person(), title="As it is live")
    story.title = "As it is drafted"
    story.save_revision()
    reading, site = make_reading("here", story=story), wsgi.SiteClient()
    committed.act_as_committed(monkeypatch)
    assert "As it is drafted" in site.get(reading.path).text
    assert not site.process.store.pages
    # The title in the head is no part of what is cached.
    page = site.get(story.url).text
    assert ("As it is live" in page, "As it is drafted" in page) == (True, False), "nor in a cache for pages"


def test_a_page_with_the_word_in_its_address_is_no_reading():
    with pytest.raises(ValidationError, match="part of other addresses"):
        make_plain_page("Reading")
