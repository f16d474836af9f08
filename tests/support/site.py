"""A small site with a page of each type, and a story with all blocks, for tests that look at all of it."""

from dataclasses import dataclass
from itertools import count

from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from home.models import FeaturedStory, HomePage, SiteSettings, StandardPage
from media.models import CleanImage
from publishing.pages import page_types
from stories.blocks import StoryBody
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders, people, translations
from tests.support.filled_blocks import fill

# A word that is wider than a column on a small screen.
LONG_WORD = "Rechtsschutzversicherungsgesellschaften"


@dataclass
class Site:
    """The site that make_site creates: its story with all blocks, and {short name: address} of its pages."""

    story: StoryPage
    addresses: dict


def make_site():
    """Create a Site with a page of each type, on which every optional part is shown."""
    index = builders.make_index(introduction="<p>Told by those who lived them.</p>")
    help_page = builders.make_plain_page("Get help", show_in_menus=True, body=[("quote", QUOTE)])
    builders.make_plain_page(f"Words: {LONG_WORD}", parent=help_page, introduction="What words mean.")
    story = make_rich_story(builders.make_index(index, "Africa"))
    builders.make_story("Bricks and debts", countries=["IN"], themes=["Debt bondage"])
    builders.make_story("Home from the sea", countries=["KE", "TH"], themes=["Forced labour"])
    home = builders.save_with(
        builders.home_page(),  # loaded only now, because adding pages changes its number of children
        headline="Stories of people who got free",
        introduction="<p>Each told by somebody who chose to tell it.</p>",
        tagline="In their own words",
        help_page=help_page,
        help_line="<p>Call <b>0800 000 000</b>, day and night.</p>",
        footer_text='<p>Read more on <a href="https://example.org/">another site</a>.</p>',
        donate_text="Donate",
        featured_stories=[FeaturedStory(story=story)],
    )
    settings = {"donate_url": "https://donate.example.org/", "contact_email": "change@example.org"}
    settings["organisation_name"] = "A charity with quite a long name"
    settings["social_links"] = [("profile", {"name": "Mastodon", "url": "https://social.example.org/"})]
    builders.save_with(SiteSettings.for_site(home.get_site()), **settings)
    addresses = {"home": "/", "index": "/stories/", "section": "/stories/africa/", "story": story.url}
    addresses |= {"theme": "/stories/theme/forced-labour/", "country": "/stories/country/kenya/"}
    addresses |= {"filtered": "/stories/?country=kenya", "search": "/search/?q=wages"}
    addresses |= {"nothing found": "/search/?q=zeppelin", "plain": help_page.url, "404": "/nothing/here/"}
    others = set(page_types()) - {HomePage, StoryIndexPage, StoryPage, StandardPage}
    addresses |= {model.__name__: builders.make_page_of(model).url for model in others}
    return Site(story, addresses)


# The states whose address is known beforehand, as make_states() returns them.
STATES = {
    "pages": ("/stories/?page=2", "text=Page 2 of"),
    "one story": ("/stories/country/india/", "text=1 story"),
    "empty index": ("/stories/nothing-yet/", "text=There is no story here yet."),
    "filtered to nothing": ("/stories/?country=india&theme=forced-labour", "text=No story fits"),
    "bad filter": ("/stories/?year=soon", "text=A filter in the address fits no story here"),
    "text-only index": ("/stories/?text=1", "text=Full version"),
    "empty search": ("/search/", "text=Newest stories"),
    "results": ("/search/?q=road", ".listing__filters >> text=Kenya"),
    "filtered results": ("/search/?q=road&country=kenya", "ul:has(.tag--active)"),
    "pages of results": ("/search/?q=road&page=2", "text=Page 2 of"),
    "promoted": ("/search/?q=road", ".promoted >> text=Begin here."),
    "also searched": ("/search/?q=forced+labour", "text=Similar words were searched too"),
    "exact": ("/search/?q=forced+labour&exact=1", "text=Only the words just as you typed them."),
    "corrected": ("/search/?q=wagess", "text=These are the results for"),
    "some of the words": ("/search/?q=wages+zeppelin", "text=These results have some of them."),
    "cry for help": ("/search/?q=help+escape+passport+taken", ".help-first"),
    "too long": (f"/search/?q={'x' * 201}", "[role=alert]"),
    "French home": ("/fr/", "text=Aller au contenu"),
    "French story": ("/fr/stories/un-récit/", "text=Un récit"),
    "French search": ("/fr/search/?q=rien", "html[lang=fr]"),
    "Arabic home": ("/ar/", "html[dir=rtl]"),
    "Arabic index": ("/ar/stories/", "html[dir=rtl]"),
    "Arabic search": ("/ar/search/?q=passport", "html[dir=rtl] .result"),
}


def make_states(site):
    """Add pages to `site` for its other states; return {name of the state: (address, selector)}.

    The selector of Playwright matches an element that the page shows only in such a state.
    """
    index = builders.make_index()
    builders.make_index(index, "Nothing yet")
    make_many_stories(index)
    title = f"What {LONG_WORD} meant to us, and what we did. " * 6
    long_title = builders.make_story(title[:255], countries=["KE"], show_leave_quickly=True)
    bare = builders.make_story("In one sentence")
    private = builders.make_private(builders.make_plain_page("For members"))
    query = Query.get("road")
    SearchPromotion.objects.create(query=query, page=bare, description="Begin here.", sort_order=0)
    french = translations.make_index_in("fr", "Récits")
    builders.make_story("Un récit", french, locale=french.locale, content_notes=["debt"])
    arabic = translations.make_index_in("ar", "قصص")
    arabic_story = make_rich_story(arabic, locale=arabic.locale)
    return STATES | {
        "long title and leaving": (long_title.url, ".story__title--long >> visible=true"),
        "bare story": (bare.url, "article:not(:has(img, ul.tags)) >> text=In one sentence"),
        "text-only story": (f"{site.story.url}?text=1", "text=Full version"),
        "login": (private.url, "text=This page is for readers with an account."),
        "Arabic story": (arabic_story.url, "html[dir=rtl]"),
    }


def make_many_stories(parent):
    """Add so many stories below `parent` that lists, and searches for “road”, have a second page."""
    for number in range(11):
        country = ["KE", "SN"][number % 2]
        builders.make_story(f"The road, part {number}", parent, countries=[country], themes=["On the road"])


def make_rich_story(parent, **fields):
    """Return a new story below `parent` that uses every block and most fields."""
    lead = builders.make_image("Court house", shows=CleanImage.Shows.ILLUSTRATION, credit="A. Painter")
    # A picture shows somebody who is not in it. A page about nobody would wait for a lead with that.
    terms = {"countries": ["KE"], "themes": ["Forced labour", "Recruitment fees"], "authors": ["Staff"]}
    return people.make_story_about(
        people.make_agreeing_person(),
        title="Wages after three years",
        parent=parent,
        body=all_blocks(),
        **terms,
        # The lines of a card are full, in any typeface, and are not enough for it.
        summary="She asked for her wages in court, with the help of a lawyer, and of all of us who had come "
        f"to see it, and then with that of a {LONG_WORD}.",
        lead_image=lead,
        lead_image_alt="A court house with open doors",
        content_notes=["debt", "violence"],
        show_contents=True,
        **fields,
    )


# “I asked for my wages”, in Swahili.
QUOTE = {"text": "Niliomba mshahara wangu.", "attribution": "A survivor in Kenya", "own_words": True}

ACTION = {"heading": "Need help now?", "text": "Day and night, in your language."}
ACTION |= {"label": "Talk to us", "url": "https://help.example.org/"}
FACT = {"title": "What is debt bondage?", "text": "<p>Work to repay a debt that never ends.</p>"}
FACT |= {"source": "A convention", "source_url": "https://law.example.org/"}
TABLE = {
    "caption": "Who helps with what",
    "columns": [{"type": "text", "heading": "Question"}, {"type": "link", "heading": "Ask"}],
    "rows": [
        {"values": ["Wages not paid", '<p><a href="https://labour.example.org/">Labour office</a></p>']},
        {"values": [LONG_WORD, "<p>Nobody yet</p>"]},
    ],
}


def all_blocks():
    """Return the raw body of a story with every block, and pictures twice: a single one and a gallery.

    A block that isn't named here is filled with words that say nothing.
    """
    road = builders.make_image("Road", credit="B. Photographer")
    other = builders.make_image("Somebody", shows=CleanImage.Shows.SOMEONE_ELSE)
    leaflet = builders.make_document("Leaflet", "Real Name.txt", b"Questions to ask before you go.")
    more = builders.make_story("Gold dust", countries=["SN"], themes=["Forced labour"])
    alone = {"pictures": [picture(road, "A road between fields", caption="The road to the coast")]}
    gallery = {"pictures": [picture(road, "The same road at night"), picture(other, "A woman at a desk")]}
    film = {"kind": "video", "title": "The road home", "url": "https://www.film.example.org/42", "voice": "0"}
    film |= {"minutes": 6, "transcript": "<p>You hear the sea and a bus.</p>"}
    film["poster"] = picture(road, "A road from above")["image"]
    words = f"<p>They took her <b>passport</b>. {LONG_WORD}</p><ul><li>One</li></ul>"
    blocks = [
        ("heading", {"text": "The journey", "level": "2"}),
        ("text", f"<h3>At the agency</h3>{words}"),
        ("pictures", alone),
        ("pictures", gallery),
        ("heading", {"text": "The court", "level": "2"}),
        ("quote", QUOTE | {"language": "sw"}),
        ("callout", FACT),
        ("document", {"document": leaflet.pk, "title": "Questions before you go"}),
        ("media_link", film),
        ("action", ACTION),
        ("heading", {"text": "Afterwards", "level": "2"}),
        ("table", TABLE),
        ("chosen_stories", {"heading": "Read next", "stories": [more.pk]}),
        (
            "helplines",
            {"helplines": [{"country": "KE", "name": "A line", "page": "https://example.org/numbers"}]},
        ),
    ]
    others = StoryBody().child_blocks.keys() - {kind for kind, _value in blocks}
    blocks += [(kind, fill(StoryBody().child_blocks[kind], road, more, leaflet)) for kind in sorted(others)]
    ids = (f"{number:08}-0000-4000-8000-000000000000" for number in count())
    return [{"type": kind, "value": value, "id": next(ids)} for kind, value in blocks]


def picture(image, alt_text, caption=""):
    """Return the raw value of a picture in the block of pictures."""
    return {"image": {"image": image.pk, "decorative": False, "alt_text": alt_text}, "caption": caption}
