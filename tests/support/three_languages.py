"""A site with stories in English, French and Arabic, to measure its pages in a browser."""

import datetime

from home.models import FeaturedStory
from tests.support import builders
from tests.support.translations import make_home, make_translation

LANGUAGES = ["en", "fr", "ar"]
# How many stories are featured on the home page, and how many are about Kenya. Three is the longest list
# without filters (MAX_UNFILTERED in stories/listing.py).
COUNTS = {"en": 3, "fr": 2, "ar": 1}
TITLES = {
    "en": "Twelve workers go to court for safer work abroad",
    "fr": "Douze travailleuses saisissent la justice pour un travail plus sûr",
    "ar": "اثنا عشر كينيًّا وكينية يلجؤون إلى القضاء من أجل عمل أكثر أمانًا",
}
SUMMARIES = {
    "en": "Twelve people who were trafficked brought a case to protect those who work in other countries. "
    "They ask for rules on recruitment that are not only written down but also kept by all.",
    "fr": "Douze personnes victimes de la traite ont engagé une procédure pour protéger qui travaille à "
    "l’étranger. Elles demandent des règles de recrutement qui soient écrites, et aussi respectées.",
    "ar": "رفع اثنا عشر ناجيًا وناجية من الاتجار بالبشر دعوى لحماية العاملين في بلدان أخرى. وهم يطالبون "
    "بقواعد للتوظيف لا تُكتب فحسب بل تُحترم.",
}


def make_site_in_three_languages():
    """Make a site with four stories in each language. Return {(language, name of a page): its address}."""
    indexes = {"en": builders.make_index()}
    for language in LANGUAGES[1:]:
        indexes[language] = make_translation(indexes["en"], make_home(language), slug="stories")
    found = {}
    picture = builders.make_image()
    for language, index in indexes.items():
        count = COUNTS[language]
        countries = ["KE"] * count + ["SN"] * (4 - count)
        years = enumerate(countries, 2021)
        stories = [make_story(language, index, picture, country, year) for year, country in years]
        builders.save_with(
            index.get_parent().specific,
            headline=TITLES[language],
            # Shorter than a summary, as introductions are.
            introduction=f"<p>{SUMMARIES[language][:120]}</p>",
            featured_stories=[FeaturedStory(story=story) for story in stories[:count]],
            help_line=f"<p>{TITLES[language]}</p>",
        )
        prefix = "" if language == "en" else f"/{language}"
        word = TITLES[language].split()[-1]
        addresses = {"home": f"{prefix}/", "list": index.url, "country": f"{index.url}country/kenya/"}
        addresses |= {"search": f"{prefix}/search/?q={word}", "story": stories[0].url}
        addresses |= {"text only": f"{stories[0].url}?text=1", "two sections": stories[1].url}
        found |= {(language, name): address for name, address in addresses.items()}
    for title in ["Get help", "About this organisation", "Privacy"]:
        builders.make_plain_page(title, show_in_menus=title != "Privacy")
    return found


def make_story(language, index, picture, country, year):
    """Return a new story in `language` with a part of each kind that is measured.

    It has three sections and three pictures in a row. That of 2022 has two sections and five pictures.
    """
    sections = 2 if year == 2022 else 3
    parts = [{"text": f"Part {n}", "level": "2"} for n in range(1, sections + 1)]
    headings = [{"type": "heading", "value": part} for part in parts]
    # Enough lines for an average of the characters in each.
    words = " ".join([SUMMARIES[language]] * 4)
    own_words = {"type": "quote", "value": {"text": TITLES[language], "own_words": True}}
    callout = {"type": "callout", "value": {"title": TITLES[language], "text": f"<p>{words}</p>"}}
    gallery = builders.pictures_block(*[picture] * (5 if year == 2022 else 3))
    columns = [{"type": "text", "heading": TITLES[language]}, {"type": "number", "heading": "2024"}]
    rows = [{"values": [TITLES[language], number]} for number in ("1111", "88")]
    table = {"type": "table", "value": {"columns": columns, "rows": rows}}
    terms = (
        [country],
        ["Work"] if language == "en" else [],
        ["Staff"],
    )  # The builder makes English themes only.
    body = [{"type": "text", "value": f"<p>{words}</p>"}, own_words, callout, gallery, table, *headings]
    fields = {"date": datetime.date(year, 10, 1), "summary": SUMMARIES[language], "locale": index.locale}
    fields |= {"lead_image": picture, "lead_image_decorative": True}
    fields |= {"content_notes": ["forced_labour"], "show_contents": True}
    return builders.make_story(TITLES[language], index, *terms, body, **fields)
