"""A stop code: who gets one, what it takes down, and that nothing undoes it but a lead.

A lead is a member of the safeguarding team.
"""

import json
from functools import partial

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import ModelLogEntry

from safeguarding import stopping
from safeguarding.holds import bring_back, take_down
from safeguarding.models import Contributor, Restriction, StopCode, WithdrawalTask
from safeguarding.policies import GROUP
from safeguarding.stop_codes import Keeping
from safeguarding.withdrawal import carry_out, ledger
from safeguarding.withdrawal.forgetting import delete_words
from safeguarding.withdrawal.tasks import run_tasks
from tests.support.builders import home_page, make_image, make_plain_page, make_user, parse, save_with
from tests.support.leads import SECRET, address, errors_of
from tests.support.people import ALL_AGREED, make_agreeing_person, make_story_about, record
from tests.support.stored_text import tables_with
from tests.support.translations import make_index_in
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

CARD = {"stop_code": Keeping.CARD}
DONE, WRONG = "It is done.", "This code is not right."


def make_code(event=CARD, **fields):
    """Return (person, code) of a new person with a live story."""
    person = make_agreeing_person(event, **fields)
    make_story_about(person, title="Lamps")
    return person, StopCode.make(person)


def send(code, path="/stop/"):
    return Client(enforce_csrf_checks=True).post(path, {"code": code})


def digits(code):
    return code.replace(" ", "")


# --- What is typed --------------------------------------------------------------------------------


def in_script(zero):
    """Return a function that writes a code with the digits that begin with the character `zero`."""
    return lambda code: "".join(chr(ord(zero) + int(each)) if each.isdigit() else each for each in code)


TYPED = {
    "as it is shown": str,
    "without spaces": digits,
    "with hyphens": lambda code: code.replace(" ", " – "),
    "with marks of direction": lambda code: f"\u2067{code}\u2069",
    "Arabic": in_script("\u0660"),
    "Persian": in_script("\u06f0"),
    "Devanagari": in_script("\u0966"),
    "Bengali": in_script("\u09e6"),
    "Ethiopic spaces, full width": lambda code: in_script("\uff10")(code).replace(" ", "\u1361"),
}
NOT_RIGHT = {
    "nothing": lambda _code: "",
    "another secret": lambda code: digits(code)[:-1] + str(9 - int(code[-1])),
    "no row": lambda code: str(9 - int(code[0])) + digits(code)[1:],
    "a digit more": lambda code: code + "1",
    "a digit less": lambda code: code[:-1],
    "the row alone": lambda code: digits(code)[:8],
    "letters": lambda code: "O" + digits(code)[1:],
    "very long": lambda code: "x" * 100_000 + code,
    "broken": lambda _code: "\0²①",
}


@pytest.mark.parametrize("how", TYPED)
def test_a_right_code_works_however_it_is_typed_and_again(how, client):
    person, code = make_code()
    for _twice in range(2):
        assert DONE in send(TYPED[how](code)).text
        assert client.get(person.uses.get().page.url).status_code == 404
        bring_back(person, None)
        assert client.get(person.uses.get().page.url).status_code == 200


def test_all_that_is_not_right_gets_the_same_answer_and_does_nothing(client):
    person, code = make_code()
    answers = set()
    for how, change in NOT_RIGHT.items():
        response = send(change(code))
        assert WRONG in response.text, how
        tree = parse(response)
        del tree.select_one("[name=code]")["value"]
        answers.add((response.status_code, str(tree), str(response.headers)))
    assert len({answer[:2] for answer in answers}) == 1
    assert client.get(person.uses.get().page.url).status_code == 200
    assert not Restriction.objects.exists() and not WithdrawalTask.objects.exists()


def test_a_secret_is_compared_only_where_there_is_a_row_and_blocks_no_writer(monkeypatch):
    _person, code = make_code()
    compared, compute = [], hashers.pbkdf2
    monkeypatch.setattr(
        hashers, "pbkdf2", lambda text, *more, **how: compared.append(text) or compute(text, *more, **how)
    )
    with CaptureQueriesContext(connection) as queries:
        for change in NOT_RIGHT.values():
            send(change(code))
    assert compared == [digits(NOT_RIGHT["another secret"](code))[8:]]
    asked = " ".join(query["sql"] for query in queries)
    one_by_one = connection.vendor == "postgresql"
    assert ("SAVEPOINT" in asked, "FOR NO KEY UPDATE" in asked) == (one_by_one, one_by_one)


def test_everything_about_the_person_is_taken_down_and_nothing_of_others(client):
    person, code = make_code()
    index, image = make_index_in("fr", slug="liste"), make_image(shows="person")
    image.people.add(person)
    story, own = person.uses.get().page, {"parent": index, "locale": index.locale}
    make_story_about(person, slug="lampes", translation_key=story.translation_key, **own)
    make_story_about(person, make_agreeing_person(), slug="both")
    other = make_story_about(make_agreeing_person(), slug="other")
    pages = [use.page for use in person.uses.with_pages()]
    assert len(pages) == 3
    assert DONE in send(code).text
    image.refresh_from_db()
    assert ([client.get(page.url).status_code for page in pages], image.is_shown) == ([404] * 3, False)
    assert client.get(other.url).status_code == 200


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_page_is_in_each_language_and_leaves_no_trace(language, client):
    _person, code = make_code()
    with override(language):
        path = reverse("stop")
    for response in (client.get(path), send("1", path), send(code, path), send(code, f"{path}?text=1")):
        tree = parse(response)
        assert (response.status_code, tree.html["lang"], response.cookies) == (200, language, {})
        assert tree.html["dir"] == ("rtl" if language == "ar" else "ltr")
        assert "no-store" in response["Cache-Control"] and response["X-Robots-Tag"] == "noindex, nofollow"
        assert "Stories" not in tree.title.text
        assert tree.select_one(".leave__link") or not tree.select("[class], script, img")
        links = {link["hreflang"]: link["href"] for link in tree.select("[hreflang]")}
        assert {href.partition("?")[0] for href in links.values()} == {
            "/stop/", "/fr/stop/", "/es/stop/", "/ar/stop/",
        }  # fmt: skip
    form = parse(client.get(f"{path}?text=1")).form
    assert (form["action"], form["method"]) == (f"{path}?text=1", "post")
    assert client.get(f"{path}?code={digits(code)}").text.count(digits(code)) == 0


def test_page_is_linked_where_somebody_looks_for_it(client):
    story, help_page = make_story_about(make_agreeing_person()), make_plain_page("Get help")
    save_with(home_page(), help_page=help_page)
    for page, number in ((story.url, 2), (help_page.url, 2), ("/", 1), ("/nothing/", 1)):
        for query in ("", "?text=1"):
            links = parse(client.get(page + query)).select("a[href^='/stop/']")
            assert [link["href"] for link in links] == [f"/stop/{query}"] * number, page + query


# --- Leads ----------------------------------------------------------------------------------------

# {what the person said: whether a lead may make a code}
SAFE = {"": False, "no": False, "card": True, "remember": True}


@pytest.mark.parametrize("said", SAFE)
def test_a_lead_makes_a_code_only_if_the_person_said_that_it_is_safe(said, lead):
    person = make_agreeing_person({"stop_code": said})
    page = address(person, "stop_code")
    assert (page in lead.get(address(person, "inspect")).text) == SAFE[said]
    assert bool(parse(lead.get(page)).select_one("main form [type=submit]")) == SAFE[said]
    made = lead.post(page)
    assert StopCode.objects.exists() == (made.status_code == 200) == SAFE[said]
    if SAFE[said]:
        card = parse(made).select_one(".safeguarding__card")
        assert DONE in send(card.strong.text).text
        assert bool(parse(made).select_one("[type=checkbox]")) == (said == "card")
        record(person, **ALL_AGREED, stop_code="no")
        assert lead.post(page).status_code != 200
        record(person, event="withdrawn")
        assert lead.post(page).status_code != 200


def test_a_code_is_shown_once_stored_nowhere_and_ended_by_a_new_one(lead, client, caplog, settings):
    person = make_agreeing_person(CARD)
    page = address(person, "stop_code")
    codes = [parse(lead.post(page)).select_one(".safeguarding__card strong").text for _twice in range(2)]
    assert [len(digits(code)) for code in codes] == [18, 18]
    settings.SECRET_KEY = "another" * 10
    caplog.set_level("DEBUG")
    assert [DONE in send(code).text for code in codes] == [False, True], "it survives a new SECRET_KEY"
    run_tasks()
    assert not tables_with(digits(codes[1])[8:], codes[1])
    shown = [lead.get(address(person, name)).text for name in ("inspect", "stop_code")]
    shown.append(lead.post(address(person, "print"), {"reason": "check"}).text)
    for text in (caplog.text, *shown, *(str(each.message()) for each in mail.outbox)):
        assert digits(codes[1])[8:] not in digits(text)


def test_leads_are_told_and_bring_back_only_with_a_note(lead, client, mailoutbox, settings):
    settings.SENDS_MAIL = True
    make_user(GROUP, email="lead@example.org")
    person, code = make_code(names=f"{SECRET} Otieno")
    send(code)
    assert not mailoutbox, "the person does not wait for the mail"
    run_tasks()
    assert {sent.to[0] for sent in mailoutbox} == {"lead@example.org", lead.user.email}
    assert {(person.code in sent.body, SECRET in sent.body) for sent in mailoutbox} == {(True, False)}
    assert "The person sent the stop code" in lead.get("/admin/").text
    actions = ModelLogEntry.objects.filter(object_id=str(person.pk)).values_list("action", "user")
    assert [*actions][:2] == [("safeguarding.stop", None), ("safeguarding.take_down", None)]
    page = address(person, "bring_back")
    assert "required" in errors_of(lead.post(page, {"back_note": " "}))["back_note"]
    keys, settings.SAFEGUARDING_KEYS = settings.SAFEGUARDING_KEYS, []
    lead.post(page, {"back_note": "Yes."})
    assert Contributor.objects.get().held_since, "without the key, it could not be stored"
    settings.SAFEGUARDING_KEYS = keys
    lead.post(page, {"back_note": f"{SECRET} wants it."})
    assert client.get(person.uses.get().page.url).status_code == 200
    assert SECRET not in lead.get(page).text
    assert f"{SECRET} wants it." in lead.post(address(person, "print"), {"reason": "check"}).text


def test_the_mail_is_tried_until_it_is_sent(settings, mailoutbox):
    settings.SENDS_MAIL, sender = True, settings.DEFAULT_FROM_EMAIL
    make_user(GROUP, email="lead@example.org")
    _person, code = make_code()
    send(code)
    for address_of_sender, sent in (("no address\n", 0), (sender, 1), (sender, 1)):
        settings.DEFAULT_FROM_EMAIL = address_of_sender
        run_tasks()
        assert len(mailoutbox) == sent


# --- The ledger -----------------------------------------------------------------------------------

STOP, TAKE_DOWN, BACK = stopping.stop, partial(take_down, user=None), partial(bring_back, user=None)
# {what was done: (before the backup, after it, whether the person is held after the restore)}
HISTORIES = {
    "stopped": ([], [STOP], True),
    "taken down": ([], [TAKE_DOWN], True),
    "brought back": ([STOP], [BACK], False),
    "stopped and brought back": ([], [STOP, BACK], False),
    "stopped again": ([], [STOP, BACK, TAKE_DOWN, BACK, STOP], True),
    "stopped before": ([STOP], [], True),
    "brought back before": ([STOP, BACK], [], False),
    "stopped while taken down": ([TAKE_DOWN], [STOP], True),
}


@pytest.mark.parametrize("what", HISTORIES)
def test_no_restore_undoes_it(what, client):
    before, after, is_held = HISTORIES[what]
    person, _code = make_code()
    url = person.uses.get().page.url
    for act in before:
        act(person)
    ledger.write()
    with undone():
        for act in after:
            act(person)
        ledger.write()
    for _twice in range(2):
        ledger.catch_up()
        assert (bool(Contributor.objects.get().held_since), client.get(url).status_code == 404) == (
            is_held,
        ) * 2
    lines = ledger.file_path().read_text().splitlines()
    ledger.write()
    assert ledger.file_path().read_text().splitlines() == lines, "nothing is noted twice"


def test_an_end_in_the_ledger_ends_no_hold_of_everybody(client):
    person, _code = make_code()
    take_down(person, None)
    ledger.write()
    with undone():
        bring_back(person, None)
        ledger.write()
    Contributor.objects.update(held_since=None)
    ledger.hold_everybody("A reason.")
    ledger.catch_up()
    assert client.get(person.uses.get().page.url).status_code == 404


def test_ledger_has_the_code_of_the_person_alone():
    person, _code = make_code(names=SECRET)
    ledger.write()
    stopping.stop(person)
    ledger.write()
    line = json.loads(ledger.file_path().read_text().splitlines()[-1])
    assert line == {"key": line["key"], "code": person.code, "limits": {"held": True}}


def test_completing_a_withdrawal_deletes_the_code():
    """While a text may still say the name, the code goes on working."""
    named, unnamed = (make_code(names=names)[0] for names in ("Zahrawi", ""))
    for person in (named, unnamed):
        carry_out.withdraw(person)
    assert StopCode.objects.get().contributor == named
    WithdrawalTask.objects.all().delete()
    delete_words(named.pk)
    assert not StopCode.objects.exists()
