"""The block of helplines: what readers get, how they learn that a number is old, and what they never get."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from caching import outage
from home.demo_site import DEMO_DIR, HELP_PAGE
from operations.outage import write_page
from stories.demo.load import read_toml
from stories.helplines import HelplineBlock
from tests.support import builders

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

PAGE, CHAT = "https://example.org/numbers", "https://example.org/chat"
HELPLINE = {"country": "KE", "name": "A line", "number": "0800-000 000", "chat": CHAT, "page": PAGE}


def days_ago(days):
    return str(timezone.localdate() - timedelta(days=days))


def body_with(*helplines):
    known = HELPLINE | {"checked_on": days_ago(1), "checked_by": "Xanthippe"}
    return [{"type": "helplines", "value": {"helplines": [known | each for each in helplines or [{}]]}}]


@pytest.fixture
def help_page():
    """The help page, with a section before the helplines and one after them."""
    first, last = ({"type": "heading", "value": {"text": each, "level": "2"}, "id": each} for each in "ab")
    page = builders.make_plain_page("Get help", body=json.dumps([first, *body_with(), last]))
    builders.save_with(builders.home_page(), help_page=page)
    return page


def test_readers_open_their_country_and_get_the_number_and_the_chat_in_words(client, help_page):
    for address in (help_page.url, f"{help_page.url}?text=1"):
        page = builders.parse(client.get(address))
        country = page.select_one("main details")
        links = {a["href"]: a.text for a in country.select("a")}
        assert links == {"tel:0800000000": "0800-000 000", CHAT: CHAT, PAGE: PAGE}
        assert builders.text_of(country.find_previous("p")).endswith("number of the country where you are.")
        assert country.summary.text == "Kenya"
        jumps = page.select("nav[aria-label=Contents] a")
        assert [a["href"] for a in jumps] == [f"#{each['id']}" for each in page.select("main h2")]


def test_search_of_somebody_in_danger_shows_the_numbers_in_the_language_of_the_help_page(client, help_page):
    for words, language in (("my husband beats me", "en"), ("mi marido me pega", "es")):
        box = builders.parse(client.get("/search/", {"q": words})).select_one(".help-first")
        assert box["lang"] == language
        assert len(box.select("strong, .helplines__first")) == 1, "what to do at once is said once"
        numbers = box.select_one("[lang=en] > .helplines")
        assert numbers.select_one("summary").text == "Kenya"
        assert numbers.select_one("a[href='tel:0800000000']")
    help_page.unpublish()
    assert "tel:" not in client.get("/search/?q=my+husband+beats+me").text


@pytest.mark.parametrize(("language", "order"), [("en", "BE ET DE"), ("fr", "DE BE ET"), ("ar", "ET DE BE")])
def test_countries_are_in_the_order_of_the_alphabet_of_the_language(language, order):
    story = builders.make_story(body=body_with(*({"country": code} for code in ("BE", "DE", "ET"))))
    with translation.override(language):
        countries = story.body[0].value.countries
    assert [each["country"] for _name, helplines in countries for each in helplines] == order.split()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"checked_on": "2025-01-01"}, "Checked on 1 January 2025. Published at:"),
        ({"checked_on": "2024-12-31"}, "Checked on 31 December 2024. We could not confirm it since."),
        ({"number": ""}, "The number is on this page:"),
    ],
)
def test_readers_are_told_how_old_a_number_is(client, time_machine, changed, words):
    time_machine.move_to("2025-09-28T12:00Z")  # 270 days after 1 January
    page = builders.parse(client.get(builders.make_story(body=body_with(changed)).url))
    assert builders.text_of(page.select_one("main details li:last-child")).startswith(words)


def test_who_checked_it_stays_in_the_admin(client, help_page):
    story = builders.make_story(body=body_with())
    write_page()
    public = ["/feed.atom", "/sitemap.xml", "/search/?q=line"]
    public += [f"{page.url}{query}" for page in (story, help_page) for query in ("", "?text=1")]
    texts = {address: client.get(address).text for address in public}
    texts["outage page"] = outage.page_file().read_text()
    assert [address for address, text in texts.items() if "Xanthippe" in text] == []
    assert not builders.parse(client.get("/search/?q=Xanthippe")).select(".results a")
    client.force_login(builders.make_user("Moderators"))
    assert "Xanthippe" in client.get(f"/admin/pages/{story.pk}/edit/").text


def test_outage_page_has_the_numbers_of_the_help_page_while_it_is_public(help_page):
    write_page()
    assert 'href="tel:0800000000"' in outage.page_file().read_text()
    help_page.unpublish()
    write_page()
    assert "tel:" not in outage.page_file().read_text()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        *(({"number": number}, "number") for number in ("+44 (0)20 000", "0800-HELP", "٠٨٠٠")),
        *(({"checked_on": day}, "checked_on") for day in ("", days_ago(-2))),
        ({"number": "", "page": ""}, "page"),
    ],
)
def test_a_number_is_one_to_dial_and_was_checked_on_some_day(changed, field):
    block, known = HelplineBlock(), HELPLINE | {"checked_on": days_ago(1)}
    for accepted in ({"number": "+254 20-000"}, {"number": "", "checked_on": ""}):
        assert block.clean(block.to_python(known | accepted))
    assert block.clean_deferred(block.to_python(known | {"checked_on": ""})), "a draft"
    with pytest.raises(ValidationError) as error:
        block.clean(block.to_python(known | changed))
    assert list(error.value.block_errors) == [field]


@pytest.mark.parametrize("language", ["", "fr", "ar"])
def test_help_pages_of_the_demo_begin_with_numbers_and_say_where_each_was_read(language):
    heading, helplines, *_others = read_toml(DEMO_DIR / language / f"{HELP_PAGE}.toml")["body"]
    assert (heading["type"], helplines["type"]) == ("heading", "helplines")
    assert all(
        each["page"] and ("number" in each) == ("checked_on" in each) for each in helplines["helplines"]
    )
