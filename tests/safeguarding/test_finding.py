"""A lead finds a person by name, contact or code. Nobody else searches names, and each look is recorded."""

import logging

from wagtail.log_actions import log

from safeguarding.models import RestrictedView
from safeguarding.policies import NAMES_CLOSED
from tests.support.builders import parse
from tests.support.leads import address
from tests.support.people import make_agreeing_person, make_person

INDEX = "/admin/safeguarding/people/"


def find(client, words):
    """Return the codes that `client` finds by `words`."""
    links = parse(client.post(INDEX, {"words": words})).select("tbody tr a")
    return {each.get_text(strip=True) for each in links}


def test_each_way_finds_the_person_and_looks_are_recorded(lead, caplog):
    caplog.set_level(logging.DEBUG)
    person = make_agreeing_person(names="Amína Otieno-Ndege\nMama Kito", contact="+254 700 123 456")
    make_person(names="Somebody Else", protected_words="Kisumu")
    for words in ("amina", "OTIENO NDEGE", "kito", "0700 123456"):
        assert find(lead, words) == {person.code}, words
        assert words not in caplog.text
        looks = RestrictedView.objects.filter(contributor=person, user=lead.user, reason="found")
        assert looks.delete()[0] == 1, words
    assert find(lead, person.code) == find(lead, person.code[2:].lower()) == {person.code}
    for words in ("", "a", "-", "Kisumu", "Nobody"):
        assert find(lead, words) == set(), words
    assert not RestrictedView.objects.exists(), "a code tells nothing, and nobody was found"
    page = parse(lead.get(f"{INDEX}?q=amina&words=amina"))
    assert len(page.select("tbody tr")) == 2, "an address searches nothing"
    assert page.select_one("form:has([name=words])")["method"] == "post"
    assert not page.select("[name=q]"), "there is no other search, whose words an address would have"
    assert not parse(lead.get(address(person, "restricted"))).select("[name=reason][value=found]")


def test_only_who_sees_names_searches_them(lead):
    person = make_agreeing_person(names="Amina Otieno")
    log(lead.user, NAMES_CLOSED)
    assert (find(lead, "amina"), find(lead, person.code)) == (set(), {person.code})
    assert not RestrictedView.objects.exists()
