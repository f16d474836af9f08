"""Story pages: their order, the stories to read next, the page's content, and what publishing requires."""

import datetime
from functools import partial

import pytest
from bs4 import BeautifulSoup

from stories import main_context, querysets
from stories.models import StoryPage, StoryTheme
from tests.support import builders, hidden_pages, people, translations
from tests.support.builders import (
    make_author,
    make_index,
    make_story,
    make_user,
    parse,
    pictures_block,
    text_of,
)

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]
# Small pictures, because many renditions are made of each.
make_image = partial(builders.make_image, size=(48, 32))

DAY = datetime.date(2025, 3, 14)


def titles(page, selector):
    """Return the texts of the elements that match `selector` in `page`, an HTML tree."""
    return [element.text.strip() for element in page.select(selector)]


# --- Order ---------------------------------------------------------------------------------------


def test_lists_are_sorted_by_date_and_then_by_primary_key_newest_first(client):
    # C has the same date as B, and a higher primary key.
    for title, days in [("B", 0), ("D", 2), ("C", 0), ("A", -1)]:
        make_story(title, date=DAY + datetime.timedelta(days=days))

    for address in ("/stories/", "/"):
        assert titles(parse(client.get(address)), ".card__title") == ["D", "C", "B", "A"]


# --- Read next -----------------------------------------------------------------------------------


def read_next(client, story):
    return titles(parse(client.get(story.url)), ".band .card__title")


def test_stories_of_the_same_place_come_before_those_of_the_same_theme(client):
    """The list has three stories: by the number of shared places, then of shared themes, then the newest."""
    story = make_story("This", countries=["KE", "UG"], themes=["Debt", "Law"], date=DAY)
    make_story("Nothing shared", countries=["FR"], themes=["Work"], date=DAY)
    make_story("A theme, newer", themes=["Law"], date=DAY + datetime.timedelta(days=1))
    make_story("Both themes", themes=["Debt", "Law"], date=DAY)
    make_story("A place and a theme", countries=["UG", "FR"], themes=["Law"], date=DAY)
    make_story("Both places", countries=["KE", "UG"], date=DAY - datetime.timedelta(days=30))

    assert read_next(client, story) == ["Both places", "A place and a theme", "Both themes"]
    make_story("A place", countries=["KE"], date=DAY - datetime.timedelta(days=9))
    assert read_next(client, story) == ["Both places", "A place and a theme", "A place"]
    make_story("Older", countries=["KE"], date=DAY - datetime.timedelta(days=10))
    assert read_next(client, story) == ["Both places", "A place and a theme", "A place"]
    make_story("Added later", countries=["KE"], date=DAY - datetime.timedelta(days=9))
    assert read_next(client, story) == ["Both places", "A place and a theme", "Added later"]
    # Without a shared theme the number is 0. PostgreSQL would sort NULL before all numbers.
    shared = querysets.count_shared(StoryTheme, theme__in=story.themes)
    assert StoryPage.objects.annotate(shared=shared).get(title="Both places").shared == 0


def test_stories_to_read_next_are_in_the_same_top_index_in_any_of_its_sections(client):
    story = make_story(parent=make_index(make_index(), "A section"), countries=["KE"])
    make_story("Beside the section", countries=["KE"])
    make_story("Elsewhere", make_index(title="Another list"), countries=["KE"])

    assert read_next(client, story) == ["Beside the section", "Elsewhere"]


def test_there_is_something_to_read_next_in_every_language_and_nothing_hidden(client):
    french = make_story("Ici", translations.make_index_in("fr", slug="recits"))
    for way in hidden_pages.WAYS_TO_HIDE:
        way()
    assert parse(client.get(french.url)).select(".band") == []
    shown = make_story("Shown")
    translations.make_translation(french, shown.get_parent(), title="Here", date=DAY, summary="Words.")
    assert read_next(client, french) == [shown.title]
    page = parse(client.get(french.url))
    assert page.select_one(".band .card")["lang"] == "en"
    assert "en anglais" in page.select_one(".band .card .meta").text
    own = make_story("Autre", french.get_parent())
    assert read_next(client, french) == [own.title, shown.title]
    translations.make_translation(shown, french.get_parent(), title="Montrée", date=DAY, summary="Mots.")
    assert "Shown" not in read_next(client, french), "in the language of the page already"


def test_stories_that_an_editor_chose_are_those_to_read_next(client):
    chosen = make_story("Chosen", countries=["KE"])
    make_story("Same place", countries=["KE"])
    block = {"type": "chosen_stories", "value": {"heading": "More", "stories": [chosen.pk]}}
    story = make_story("This", countries=["KE"], body=[block])

    def cards():
        """Return the titles of the cards in the body, and of those below the story."""
        page = parse(client.get(story.url))
        return titles(page, ".prose .card__title"), titles(page, ".band .card__title")

    assert cards() == (["Chosen"], [])
    chosen.unpublish()
    assert cards() == ([], ["Same place"])


# --- The content of the page ----------------------------------------------------------------------------


def test_story_shows_its_words_date_terms_and_authors(client):
    make_author("Amina Sow", role="Programme officer, Dakar")
    terms = {"countries": ["SN"], "themes": ["Going home"], "authors": ["Amina Sow", "Staff"]}
    africa = make_index(make_index(), title="Africa")
    story = make_story("The road back", africa, summary="She came home.", date=DAY, **terms)

    page = parse(client.get(story.url))

    assert page.title.text.startswith("The road back – ")
    assert titles(page, "h1") == ["The road back"]
    assert titles(page, ".story__summary") == ["She came home."]
    assert titles(page, ".block--text p") == ["Words of the story."]
    time = page.select_one(".byline time")
    assert (time["datetime"], time.text) == ("2025-03-14", "14 March 2025")
    assert "By Amina Sow, Programme officer, Dakar · Staff · " in text_of(page.select_one(".byline"))
    # A dot between two elements could begin a line.
    assert not "".join(page.select_one(".byline").find_all(string=True, recursive=False)).strip()
    assert [(tag.text, tag["href"]) for tag in page.select(".story__terms .tag")] == [
        ("Senegal", "/stories/country/senegal/"),
        ("Going home", "/stories/theme/going-home/"),
    ]
    assert text_of(page.select_one(".story__kicker")) == "Senegal · Going home"
    for tag in page.select(".story__terms .tag, .story__kicker a"):
        assert "The road back" in client.get(tag["href"]).content.decode()


def test_theme_of_another_language_leads_to_a_list_of_stories(client):
    """An editor can choose it in the list of all themes. It has no list of its own in this language."""
    _english, french = translations.make_pair(themes=["Going home"])
    kicker, tag = parse(client.get(french.url)).select("main a[href*=theme]")
    assert kicker["href"] == tag["href"]
    assert french.title in client.get(tag["href"]).text


def test_owner_is_never_shown(client):
    owner = make_user("Editors", username="secretlogin", first_name="Secretfirst", last_name="Secretlast")
    make_story(owner=owner, authors=["Staff"])
    story = make_story(owner=owner)

    found = {address: client.get(address) for address in ("/", "/stories/", story.url, "/search/?q=words")}
    for response in found.values():
        assert "Story" in response.text, "the beginning of the titles: the stories are shown"
        assert "secret" not in response.text.lower(), "the beginning of all names of the owner"
        assert owner.email not in response.text
    assert "By " not in parse(found[story.url]).select_one(".byline").text


def test_content_notes_are_shown_before_the_body_and_on_cards(client):
    story = make_story(content_notes=["debt", "violence", "no-longer-a-note"])

    response = client.get(story.url)
    html = response.text
    notes = parse(response).select_one(".content-note").get_text(" ", strip=True)
    assert notes == "This story describes debt bondage, violence."
    assert html.index("This story describes") < html.index("Words of the story")
    for address in ("/", "/stories/", "/search/?q=words"):
        card = parse(client.get(address)).select_one(".content-note--short").get_text(" ", strip=True)
        assert card == "Describes debt bondage, violence"


def test_lead_picture_has_the_alternative_text_of_this_story(client):
    image = make_image(title="IMG_2041", credit="A. Photographer", shows="other")
    make = partial(people.make_story_about, people.make_agreeing_person(), lead_image=image)
    described = make(lead_image_alt="Two chairs by a window")
    decorative = make(lead_image_alt="Unused", lead_image_decorative=True)

    page = parse(client.get(described.url))
    assert page.select_one(".story__lead img")["alt"] == "Two chairs by a window"
    caption = page.select_one(".story__lead figcaption").get_text(" ", strip=True)
    assert caption == "The picture shows someone else. Picture: A. Photographer"
    assert parse(client.get(decorative.url)).select_one(".story__lead img")["alt"] == ""


def test_credit_is_given_once_if_all_pictures_have_the_same(client):
    ours, also_ours, another, same = (make_image(credit=name) for name in ["Ours"] * 2 + ["A. Painter"] * 2)
    lead = {"lead_image": ours, "lead_image_decorative": True}

    def credits(*images):
        """Return the credits below pictures, and the one at the end, of a story with `images` in its body."""
        page = parse(client.get(make_story(body=[pictures_block(*images)] if images else [], **lead).url))
        return titles(page, ".caption__credit"), titles(page, ".story__credit, .gallery__credit")

    assert credits(also_ours) == ([], ["All pictures: Ours"])
    assert credits(also_ours, another) == (["Picture: Ours", "Picture: Ours", "Picture: A. Painter"], [])
    assert credits(another, same) == (["Picture: Ours"], ["All pictures: A. Painter"])
    assert credits() == (["Picture: Ours"], [])


def test_it_is_said_once_that_all_pictures_are_illustrations(client):
    drawn, also_drawn, place = (make_image(shows=each) for each in ("illustration", "illustration", "place"))
    cases = [(drawn, [also_drawn], 1), (None, [drawn, also_drawn, place], 2), (None, [drawn, also_drawn], 1)]
    for lead, others, count in cases:
        story = make_story(body=[pictures_block(*others)], lead_image=lead, lead_image_decorative=True)
        for page in (story, builders.make_plain_page("Home", body=story.body)):
            assert client.get(page.url).text.count("Illustration.") == count


def test_title_of_another_script_has_room_between_its_lines(client):
    for title, is_tall in {"Home": False, "အိမ်": True}.items():
        assert ("tall-script" in parse(client.get(make_story(title).url)).h1["class"]) == is_tall


def test_byline_says_how_long_reading_takes(client):
    story = make_story(body=[{"type": "text", "value": f"<p>{'word ' * 201}</p>"}])
    assert text_of(parse(client.get(story.url)).select_one(".byline__minutes")) == "· 2 minutes to read"
    # At 200 words a minute, rounded up.
    for words, minutes in ((1, 1), (200, 1), (201, 2)):
        story.word_count = words
        assert main_context.get_main_context(story)["minutes"] == minutes, words


# The id of a heading in HTML has the first eight characters of the id of its block.
HEADINGS = [
    {"type": "heading", "value": {"text": text, "level": level}, "id": f"{number}0000000-aaaa"}
    for number, (text, level) in enumerate(
        [("Leaving", "2"), ("A detail", "3"), ("Working", "2"), ("Coming back", "2")], 1
    )
]


def test_table_of_contents_lists_section_headings_by_ids_that_stay(client):
    story = make_story(body=HEADINGS, show_contents=True)
    page = parse(client.get(story.url))
    links = page.select(".contents a")
    assert [page.find(id=link["href"][1:]).text for link in links] == [link.text for link in links]
    assert [(link["href"], link.text) for link in links] == [
        ("#section-10000000", "Leaving"),
        ("#section-30000000", "Working"),
        ("#section-40000000", "Coming back"),
    ]

    def contents(*blocks):
        """Return (id, text) of the entries, after checking that each leads to a heading with its text."""
        story.body = blocks
        html = story.body.render_as_block()
        entries, body = main_context.get_contents(story, html), BeautifulSoup(html, "html.parser")
        assert [body.find(id=key).text for key, _text in entries] == [text for _key, text in entries]
        return entries

    # With another text and order, links from other sites still lead to the same section.
    home = HEADINGS[2] | {"value": {"text": "Home", "level": "2"}}
    assert contents(home, HEADINGS[3], HEADINGS[0]) == [
        ("section-30000000", "Home"),
        ("section-40000000", "Coming back"),
        ("section-10000000", "Leaving"),
    ]
    # Section headings (<h2>) in a text count too. The empty one, which gets the id "…-1", is left out.
    text = (
        '<h2 data-block-key="a0"></h2><h2 data-block-key="a1">On &amp; <b>on</b></h2>'
        '<p data-block-key="a2">Words.</p><h3 data-block-key="a3">Part</h3><h2>Home</h2>'
    )
    assert contents(HEADINGS[0], {"type": "text", "value": text, "id": "50000000-aaaa"}) == [
        ("section-10000000", "Leaving"),
        ("section-50000000-2", "On & on"),
        ("section-50000000-3", "Home"),
    ]
    # The contents have what the page has: no heading that it leaves out, and every other one with its id.
    text = (
        '<!-- <h2>Hidden</h2> --><H2 class="x" id="own">Leaving</H2><h2> </h2><h2\n><b>1</b> &lt; 2</h2>'
        '<script>"<h2>Script</h2>"</script><h2><a linktype="page" id="0">A link</a></h2>'
    )
    assert contents({"type": "text", "value": text, "id": "60000000-aaaa"}, HEADINGS[0]) == [
        ("section-60000000-1", "Leaving"),
        ("section-60000000-3", "1 < 2"),
        ("section-60000000-4", "A link"),
        ("section-10000000", "Leaving"),
    ]
    # Two sections, "Leaving" and "Working", need no table of contents.
    assert contents(*HEADINGS[:3]) == []


def test_only_a_story_kept_out_of_search_engines_has_noindex(client):
    kept_out = make_story("Kept out", keep_out_of_search_engines=True)

    assert parse(client.get(kept_out.url)).select_one('meta[name="robots"]')["content"] == "noindex"
    assert parse(client.get(make_story().url)).select('meta[name="robots"]') == []
    # The site's own lists and search still find it.
    for address in ("/stories/", "/search/?q=kept"):
        assert "Kept out" in titles(parse(client.get(address)), ".card__title")


def test_description_for_search_engines_is_the_summary_unless_there_is_another(client):
    plain = make_story(summary="The summary.")
    other = make_story(summary="The summary.", search_description="Other words.")

    def description(story):
        return parse(client.get(story.url)).select_one('meta[name="description"]')["content"]

    assert description(plain) == "The summary."
    assert description(other) == "Other words."


# --- What publishing requires (tests/editing/test_editing.py tests the forms) ----------------------
