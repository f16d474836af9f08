"""A stop code: who gets one, what it takes down, and that nothing undoes it but a lead.

A lead is a member of the safeguarding team.
"""

import subprocess
import sys
from functools import partial

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override
from wagtail.models import ModelLogEntry

from safeguarding.holds import bring_back, take_down
from safeguarding.models import Restriction, StopCode, WithdrawalTask
from safeguarding.stopping import stop
from safeguarding.withdrawal import carry_out, forgetting, ledger, tasks
from tests.support.builders import home_page, make_plain_page, parse, save_with
from tests.support.leads import SECRET, address, errors_of
from tests.support.people import ALL_AGREED, make_agreeing_person, make_story_about, record
from tests.support.stored_text import tables_with
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

DONE, WRONG = "It is done.", "This code is not right."


def make_code(**fields):
    """Return (person, code, address of the story) of a new person with a live story."""
    person = make_agreeing_person({"stop_code": "card"}, **fields)
    return person, StopCode.make(person), make_story_about(person).url


def send(code, path="/stop/"):
    return Client(enforce_csrf_checks=True).post(path, {"code": code})


def digits(code):
    return code.replace(" ", "")


def statuses(client, *urls):
    return [client.get(url).status_code for url in urls]


# --- What is typed --------------------------------------------------------------------------------

# The zero of a script, and what is between the digits and before them: as it is shown, Arabic, Persian, wide.
TYPED = [("0", " ", ""), ("0", " – ", "\u2067"), ("\u0660", " ", ""), ("\u06f0", "", "")]
TYPED.append(("\uff10", "\u3000", ""))


def wrong_codes(code):
    """Return a code with the row of `code` and another secret, and other wrong codes."""
    plain, last, first = digits(code), 9 - int(code[-1]), 9 - int(code[0])
    numbers = [f"{plain[:-1]}{last}", f"{first}{plain[1:]}", f"{code}1", plain[:8]]
    return [*numbers, "", "x" * 100_000 + code, "\0²①"]


@pytest.mark.parametrize(("zero", "between", "before"), TYPED)
def test_a_right_code_works_however_it_is_typed_and_again(zero, between, before, client):
    person, code, url = make_code()
    urls = url, make_story_about(person, make_agreeing_person()).url, make_code()[2]
    typed = code.translate({ord("0") + n: chr(ord(zero) + n) for n in range(10)}).replace(" ", between)
    for _twice in range(2):
        assert DONE in send(before + typed).text
        assert statuses(client, *urls) == [404, 404, 200]
        bring_back(person, None)
        assert statuses(client, *urls) == [200, 200, 200]


def test_wrong_codes_get_one_answer_do_nothing_and_are_compared_only_with_a_row(client, monkeypatch):
    _person, code, url = make_code()
    compared, compute, answers = [], hashers.pbkdf2, set()
    spy = lambda text, *rest, **options: compared.append(text) or compute(text, *rest, **options)  # noqa: E731
    monkeypatch.setattr(hashers, "pbkdf2", spy)
    with CaptureQueriesContext(connection) as queries:
        for wrong in wrong_codes(code):
            tree = parse(send(wrong))
            assert WRONG in tree.text
            assert len(tree.select_one("[name=code]").attrs.pop("value")) <= 60
            answers.add(str(tree))
    asked, is_locked = " ".join(query["sql"] for query in queries), connection.vendor == "postgresql"
    assert (len(answers), statuses(client, url)) == (1, [200])
    assert not WithdrawalTask.objects.filter(step="stop").exists()
    assert compared == [wrong_codes(code)[0][8:]]
    # One at a time for each row. SQLite could do that only with a lock that keeps others from writing.
    assert ("SAVEPOINT" in asked, "FOR NO KEY UPDATE" in asked) == (is_locked, is_locked)


# --- The page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "es", "ar"])
def test_page_is_in_each_language_and_leaves_no_trace(language, client):
    code = make_code()[1]
    with override(language):
        path = reverse("stop")
    for response in (client.get(path), send("1", path), send(code, path), send(code, f"{path}?text=1")):
        tree = parse(response)
        assert (response.status_code, tree.html["lang"], response.cookies) == (200, language, {})
        assert tree.html["dir"] == ("rtl" if language == "ar" else "ltr")
        assert "no-store" in response["Cache-Control"] and response["X-Robots-Tag"] == "noindex, nofollow"
        assert tree.select_one(".leave__link") or not tree.select("[class], script, img")
        links = [link["href"].partition("?")[0] for link in tree.select("[hreflang]")]
        assert links == ["/stop/", "/fr/stop/", "/es/stop/", "/ar/stop/"]
    assert parse(client.get(f"{path}?text=1")).form["action"] == f"{path}?text=1"
    assert digits(code) not in client.get(f"{path}?code={digits(code)}").text


def test_page_is_linked_where_somebody_looks_for_it(client):
    story, help_page = make_story_about(make_agreeing_person()), make_plain_page("Get help")
    save_with(home_page(), help_page=help_page)
    for page, number in ((story.url, 2), (help_page.url, 2), ("/", 1), ("/nothing/", 1)):
        for query in ("", "?text=1"):
            links = parse(client.get(page + query)).select("a[href^='/stop/']")
            assert [link["href"] for link in links] == [f"/stop/{query}"] * number, page + query
    typed = {"/STOP/": "/stop/", "/en/Stop/": "/stop/", "/fr/Stop/": "/fr/stop/"}
    assert {each: client.get(each)["Location"] for each in typed} == typed


def test_a_process_without_addresses_can_tell_the_leads():
    """The scheduler, a shell or a command: a step that they don't know would fail there."""
    program = "import django; django.setup(); from safeguarding.withdrawal.tasks import _slow; print(_slow)"
    known = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'stop'" in known.stdout


# --- Leads ----------------------------------------------------------------------------------------


def send_form(lead, page, **fields):
    """Send the form at `page`, as it is now, with `fields`."""
    hidden = parse(lead.get(page)).select("main [name=seen]")
    return lead.post(page, {each["name"]: each["value"] for each in hidden} | fields)


@pytest.mark.parametrize("said", ["", "no", "card", "remember"])
def test_a_lead_makes_a_code_only_if_the_person_said_that_it_is_safe(said, lead):
    person, is_safe = make_agreeing_person({"stop_code": said}), said in {"card", "remember"}
    page = address(person, "stop_code")
    assert (page in lead.get(address(person, "inspect")).text) == is_safe
    assert bool(parse(lead.get(page)).select_one("main form [type=submit]")) == is_safe
    made = send_form(lead, page)
    assert StopCode.objects.exists() == (made.status_code == 200) == is_safe
    assert not is_safe or bool(parse(made).select_one("[type=checkbox]")) == (said == "card")
    for later in (ALL_AGREED | {"stop_code": "no"}, {"event": "withdrawn"}):
        record(person, **later)
        assert lead.post(page, {"seen": person.stop_code_version}).status_code != 200


def test_a_code_is_shown_once_stored_nowhere_and_ended_only_by_a_new_one(lead, caplog, settings, mailoutbox):
    settings.SENDS_MAIL = True
    person = make_agreeing_person({"stop_code": "card"})
    page = address(person, "stop_code")
    codes = [parse(send_form(lead, page)).select_one(".safeguarding__card strong").text for _ in range(2)]
    again = lead.post(page, {"seen": ""}, follow=True)  # the browser sends the first form once more
    assert "The person has a code already. A new one ends it." in again.text
    settings.SECRET_KEY = "another" * 10
    caplog.set_level("DEBUG")
    assert [DONE in send(code).text for code in codes] == [False, True]
    tasks.run_tasks()
    secret = digits(codes[1])[8:]
    assert not tables_with(secret, codes[1])
    shown = [lead.get(address(person, name)).text for name in ("inspect", "stop_code")]
    shown += [lead.post(address(person, "print"), {"reason": "check"}).text, caplog.text]
    assert mailoutbox and secret not in digits(" ".join([*shown, *(each.body for each in mailoutbox)]))


def test_leads_are_told_and_bring_back_only_with_a_note(lead, client, mailoutbox, settings):
    settings.SENDS_MAIL, sender, keys = True, settings.DEFAULT_FROM_EMAIL, settings.SAFEGUARDING_KEYS
    person, code, url = make_code(names=f"{SECRET} Otieno")
    send(code)
    assert not mailoutbox, "the person does not wait for the mail"
    for settings.DEFAULT_FROM_EMAIL, sent in (("no address\n", 0), (sender, 1), (sender, 1)):
        tasks.run_tasks()
        assert len(mailoutbox) == sent, "it is tried until it is sent"
    told = mailoutbox[0].body
    assert person.code in told and address(person, "words") in told and SECRET not in told
    assert "The person sent the stop code" in lead.get("/admin/").text
    actions = ModelLogEntry.objects.filter(object_id=str(person.pk)).values_list("action", "user")
    assert [*actions][:2] == [("safeguarding.stop", None), ("safeguarding.take_down", None)]
    page, note = address(person, "bring_back"), f"{SECRET} wants it."
    for empty in (" ", "\u200b"):
        assert errors_of(lead.post(page, {"back_note": empty})).keys() == {"back_note"}
    settings.SAFEGUARDING_KEYS = []
    lead.post(page, {"back_note": note})
    assert statuses(client, url) == [404], "without the key, the note could not be stored"
    settings.SAFEGUARDING_KEYS = keys
    seen = lead.get(page).context["form"].seen
    send(code)
    lead.post(page, {"back_note": note, "seen": seen})
    assert statuses(client, url) == [404], "the code was sent again since the form was opened"
    send_form(lead, page, back_note=note)
    assert statuses(client, url) == [200]
    assert SECRET not in lead.get(page).text
    assert note in lead.post(address(person, "print"), {"reason": "check"}).text


# --- What follows ---------------------------------------------------------------------------------

TAKE_DOWN, BACK = partial(take_down, user=None), partial(bring_back, user=None)
# (what was done before the backup, what after it, and what readers get after the restore).
HISTORIES = [([], [stop], 404), ([], [TAKE_DOWN], 404), ([stop], [BACK], 200), ([stop], [], 404)]
HISTORIES.append(([], [stop, BACK, TAKE_DOWN, BACK, stop], 404))


def restore_after(*acts):
    """Do `acts`, forget them, as the restore of a backup does, and let the ledger catch up, twice."""
    ledger.write()
    with undone():
        results = [act() for act in acts]
        ledger.write()
    written = ledger.file_path().read_text()
    for _twice in range(2):
        ledger.catch_up()
        ledger.write()
    assert ledger.file_path().read_text() == written, "nothing is noted twice"
    return results


@pytest.mark.parametrize(("before", "after", "status"), HISTORIES)
def test_no_restore_undoes_it(before, after, status, client):
    person, _code, url = make_code()
    for act in before:
        act(person)
    restore_after(*(partial(act, person) for act in after))
    assert statuses(client, url) == [status]


def test_no_restore_brings_an_ended_code_back(client):
    person, ended, url = make_code()
    [code] = restore_after(partial(StopCode.make, person))
    assert [DONE in send(each).text for each in (ended, code)] == [False, True]
    assert statuses(client, url) == [404]


def test_an_end_in_the_ledger_ends_no_hold_of_everybody(client):
    person, _code, url = make_code()
    restore_after(partial(TAKE_DOWN, person), partial(BACK, person))
    Restriction.objects.all().delete()
    lines = ledger.file_path().read_text().splitlines()
    ledger.file_path().write_text("\n".join([lines[0], lines[-1]]))
    ledger.hold_everybody("A reason.")
    ledger.catch_up()
    assert statuses(client, url) == [404]


def test_completing_a_withdrawal_deletes_the_code():
    """While a text may still say the name, the code goes on working."""
    named, unnamed = (make_code(names=names)[0] for names in ("Zahrawi", ""))
    for person in (named, unnamed):
        carry_out.withdraw(person)
    assert StopCode.objects.get().contributor == named
    WithdrawalTask.objects.all().delete()
    forgetting.delete_words(named.pk)
    assert not StopCode.objects.exists()
