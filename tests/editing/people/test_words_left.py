"""After "Take down", a lead sees where names and words of the person are on the site."""

import re

import pytest
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Site

from home.models import HomePage
from home.site_settings import SiteSettings
from safeguarding.scopes import Naming
from stories.models import StoryIndexPage
from stories.terms import Theme
from tests.support.builders import make_author, make_image, make_index, make_plain_page, make_story, parse
from tests.support.leads import address
from tests.support.people import make_agreeing_person, make_story_about, rows_of, withdraw
from tests.support.undone import undone

NAME, SENTENCE = "Zahrawi", "Nothing of this person is on the site."


# {part of the line that the lead sees: function that writes the name there}
PLACES = {
    "headline": lambda: HomePage.objects.update(headline=f"{NAME} came"),
    "help line": lambda: HomePage.objects.update(help_line=f"<p>Ask {NAME}</p>"),
    "Quote 1": lambda: make_plain_page(
        "About", body=[{"type": "quote", "value": {"text": "I.", "attribution": NAME}}]
    ),
    "Section: Stories": lambda: StoryIndexPage.objects.update(introduction=f"<p>With {NAME}</p>"),
    "Theme: Lamps": lambda: Theme.objects.create(name="Lamps", description=f"As {NAME} has"),
    "Theme: Debt": lambda: Theme.objects.create(name="Debt", slug=f"debt-of-{NAME.lower()}"),
    "Author": lambda: make_author(f"Sister {NAME}"),
    "Search promotion": lambda: SearchPromotion.objects.create(
        query=Query.get(f"lamps of {NAME}"), external_link_url="https://e.org", description=NAME, sort_order=0
    ),
    "Site ": lambda: Site.objects.update(site_name=f"House of {NAME}"),
    "name of the organisation": lambda: SiteSettings.objects.update_or_create(
        site=Site.objects.get(), defaults={"organisation_name": f"House of {NAME}"}
    ),
}


def make_named(**fields):
    """Return a person with a story that says the name, and a picture that does, too. Both agree to it."""
    person = make_agreeing_person(names=f"{NAME} Otieno", **fields)
    make_story_about(person, naming=Naming.REAL, title=f"{NAME} walks")
    make_image(f"{NAME} smiles", shows="person").people.add(person)
    return person


@pytest.mark.parametrize("place", PLACES)
def test_each_place_with_a_name_is_listed_with_a_link(place, lead):
    person = make_named()
    with undone():
        PLACES[place]()
        page = lead.post(address(person, "take_down"), follow=True)
        (line,) = parse(page).select("main ul li:has(> a)") or [None]
        assert place in line.text
        assert line.a["href"]
        assert SENTENCE not in page.text
        assert NAME.lower() not in line.text.lower()
    assert SENTENCE in lead.post(address(person, "take_down"), follow=True).text


def test_sentence_is_said_only_if_it_is_true(lead, settings):
    person, unnamed = make_named(), make_agreeing_person(names="Qovondo Zed")
    make_story_about(unnamed, title="Lamps")
    for each, title in ((person, f"{NAME} walks"), (unnamed, "Lamps")):
        text = lead.get(address(each, "words")).text
        assert title in text and SENTENCE not in text, "the story can be read"
    withdraw(person)
    text = lead.get(address(person, "words")).text
    assert SENTENCE in text and "the headline" in text, "what was looked at"
    assert "No story or picture with this person is shown." in lead.get(address(person, "inspect")).text
    unsearched = [{}, {"contact": "+254 700 123 456"}, {"ordinary_words": "Rose"}, {"names": "Bo"}]
    unsearched += [{"names": "Rose Qovondo", "ordinary_words": "Rose"}, {"names": "Qovondo Vy"}]
    texts = [lead.get(address(make_agreeing_person(**each), "words")).text for each in unsearched]
    settings.SAFEGUARDING_KEYS = []
    texts.append(lead.get(address(person, "words")).text)
    assert [SENTENCE not in each and "can’t look for each name" in each for each in texts] == [True] * 7


@pytest.mark.sqlite_only
def test_slug_of_a_held_section_is_listed_while_a_story_below_is_read(lead):
    person = make_agreeing_person(names=f"{NAME} Otieno")
    fields = {"people": "listed", "story_people": rows_of(person, naming=Naming.REAL)}
    section = make_index(make_index(), title=NAME, introduction=f"<p>{NAME}</p>", **fields)
    story = make_story("Another", parent=section)
    page = lead.post(address(person, "take_down"), follow=True)
    (line,) = parse(page).select("main ul li:has(> a)")
    assert "address of the page" in line.text
    assert "introduction" not in line.text
    assert SENTENCE not in page.text
    story.delete()
    assert SENTENCE in lead.get(address(person, "words")).text


def test_pages_without_people_are_named_with_the_label_and_if_nobody_looked(lead):
    person = make_agreeing_person(names=f"{NAME} Otieno", label="The woman in the market, called Zainab here")
    make_story_about(make_agreeing_person(), title="Zainab and others")
    make_story("The market", summary="Zainab sold nets.")
    page = parse(lead.get(address(person, "words")))
    (line,) = page.select("main ul li:has(> a)")
    assert "The market" in line.text
    unread = page.find("p", string=re.compile("said to be about nobody")).find_next("ul").select("li")
    titles = {each.text for each in unread}
    assert "The market" in titles
    assert "Zainab and others" not in titles
