"""The public screens of a reading: who opens them, what they show, and what stays nowhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from wagtail.models import Locale

from safeguarding.holds import take_down
from safeguarding.models import Reading
from safeguarding.reading_start import MAX_TRIES, find_open, try_code
from tests.support.builders import make_image, make_user, parse
from tests.support.committed import caches_in_use
from tests.support.people import make_agreeing_person, make_story_about, record, withdraw
from tests.support.readings import LINK_IS_SAFE, heading, make_reading, press, send
from tests.support.translations import make_translation, make_index_in
from tests.support.wsgi import SiteClient

pytestmark = pytest.mark.django_db

CLOSED = "This link can’t be opened any more."
ASKS = "Please type the number"
READS = "This text is about you"
WRONG = "12"


def opens(client, reading):
    return heading(send(client, reading)) == READS


# --- Who opens it ---------------------------------------------------------------------------------


def change(**fields):
    return lambda reading: Reading.objects.filter(pk=reading.pk).update(**fields)


def end(reading):
    change(ends_at=timezone.now())(reading)


def use_another_secret(reading):
    last = "B" if reading.path[-2] == "A" else "A"
    reading.path = f"{reading.path[:-2]}{last}/"


CLOSING = {
    "ended": end,
    "answered": change(answered_at=timezone.now()),
    "tried too often": change(tries=MAX_TRIES),
    "in another language": change(language="fr"),
    "without an address": change(token=""),
    "another secret": use_another_secret,
    "started again": lambda reading: make_reading(story=reading.page.specific),
    "taken down": lambda reading: take_down(reading.contributor, None),
    "withdrawn": lambda reading: withdraw(reading.contributor),
    "not safe any more": lambda reading: record(reading.contributor, link_is_safe=False),
}


@pytest.mark.parametrize("why", CLOSING)
def test_what_does_not_open_any_more_gets_one_answer(client, why):
    reading, unknown = make_reading(), parse(client.get("/reading/unknown/")).main.text
    assert opens(client, reading)
    CLOSING[why](reading)
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
    assert [heading(send(client, reading, wrong)) for wrong in ("", WRONG, "000000x")] == [ASKS] * 3
    code = reading.shown_code.translate(dict(zip(map(ord, "0123456789"), "٠١٢٣٤٥٦٧٨٩", strict=True)))
    assert heading(send(client, reading, code)) == READS, "the digits of an Arabic keyboard"
    assert opens(client, reading), "opening it uses nothing up either"
    send(client, reading, WRONG)
    assert CLOSED in send(client, reading, WRONG).text
    assert not opens(client, reading), "after five wrong ones the right one is too late"


def test_here_it_opens_without_a_code(client):
    reading = make_reading("here")
    assert heading(client.get(reading.path)) == READS


def test_neither_secret_is_stored():
    reading = make_reading()
    token, code = reading.path.split("/")[-2], reading.shown_code.replace(" ", "")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM safeguarding_reading")
        row = " ".join(map(str, cursor.fetchone()))
    assert token not in row and code not in row
    assert not make_reading("paper").token
