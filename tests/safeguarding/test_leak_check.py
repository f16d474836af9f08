"""The leak check on pages: which words prevent publishing or cause a warning, and which places it names."""

import pytest

from publishing.pages import page_types
from safeguarding.leak_check.checking import check
from safeguarding.leak_check.sources import read_texts
from safeguarding.leak_check.texts import text_fields
from safeguarding.leak_check.words import load_words, split_names
from safeguarding.scopes import Naming
from tests.support.builders import home_page, make_image, make_plain_page, make_story, pictures_block
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.protected_person import NAMES, ORDINARY, PHONE, PLACE

pytestmark = pytest.mark.django_db


def places_in(findings):
    """Return {name of a list: its places} of `findings`, a Findings."""
    return {name: getattr(findings, name) for name in ("stops", "warnings", "ordinary")}


# --- What is refused -----------------------------------------------------------------------------


# (summary of a story, how the story names the person, or None if the story doesn't list this person, the list
# of Findings that has the summary, or None if no list has it). Those in `stops` prevent publishing.
GRADES = [
    (NAMES, Naming.CHANGED, "stops"),
    ("Bachelal", Naming.CHANGED, "stops"),
    (PLACE, Naming.CHANGED, "stops"),
    (PLACE, Naming.REAL, "stops"),
    ("Call 0700123456", Naming.REAL, "stops"),
    ("Write to AMINA.O@example.org", Naming.REAL, "stops"),
    ("She is @amina_o there", Naming.REAL, "stops"),
    (NAMES, Naming.REAL, None),
    ("Bachelal", Naming.REAL, None),
    (ORDINARY, Naming.CHANGED, "ordinary"),
    (ORDINARY, None, "ordinary"),
    (NAMES, None, "stops"),
    ("Xuyimana, Bachelal", None, "stops"),
    ("Bachelal", None, "warnings"),
    (PLACE, None, "warnings"),
    ("0254700123456", None, "warnings"),
    ("Nothing of that", Naming.CHANGED, None),
]


def test_words_are_refused_or_warned_of():
    # The name is not public, because the person did not agree to the real name.
    person = make_agreeing_person(
        {"naming": Naming.CHANGED},
        names=NAMES,
        protected_words=f"{PLACE}\n{ORDINARY}",
        ordinary_words=ORDINARY,
        contact=f"Sister {PHONE}, amina.o@example.org, @amina_o",
    )
    named = make_story_about(person, naming=Naming.REAL, live=False)
    changed = make_story_about(person, live=False)
    stories = {Naming.REAL: named, Naming.CHANGED: changed, None: make_story(live=False)}
    words = load_words().words
    for text, naming, grade in GRADES:
        story = stories[naming]
        story.summary = text
        findings = places_in(check(story, words))
        found = [name for name, places in findings.items() if places]
        assert found == ([grade] if grade else []), (text, naming)


def test_who_agreed_to_the_real_name_may_be_named_on_other_pages(person):
    page = make_plain_page("About", introduction=f"Read what {NAMES} says.")
    # Nothing stops the page, there is a warning, and the word is not an ordinary one.
    found = places_in(check(page, load_words().words)).values()
    assert [bool(each) for each in found] == [False, True, False]


def test_names_are_split_as_people_write_them():
    full, words = split_names("Amina de la Otieno (called Mina)")
    assert words == {"Amina", "Otieno", "Mina"}
    assert not any("called" in name for name in full)
    assert {"Amina de la Otieno", "Amina Otieno", "Otieno Amina"} <= full
    assert {"Amina Otieno", "Otieno Amina"} <= split_names("Otieno, Amina")[0]
    assert split_names("amina otieno")[1] == {"amina", "otieno"}


def test_word_over_two_cells_of_a_table_is_refused():
    person = make_agreeing_person({"naming": Naming.CHANGED}, names="Amina")
    columns = [{"type": "text", "heading": heading} for heading in "AB"]
    table = {"caption": "", "columns": columns, "rows": [{"values": ["Ami", "na"]}]}
    story = make_story_about(person, body=[{"type": "table", "value": table}], live=False)
    assert check(story, load_words().words).stops


# --- The places that are named -------------------------------------------------------------------


def leaking_story(person):
    """Return a draft with a protected word in every kind of place, disguised in some of them."""
    images = [make_image(), make_image(credit=f"By {NAMES}")]
    pictures = pictures_block(*images)
    pictures["value"]["pictures"][1]["image"]["alt_text"] = f"The market of {PLACE}"
    pictures["value"]["pictures"][0]["caption"] = "X%75yimana"
    # Its credit is shown if all pictures have the same one.
    still_picture = {"image": make_image(credit=NAMES).pk, "decorative": True}
    body = [
        {"type": "text", "value": "<p>One.</p><ul><li>Two.</li></ul>"},
        {"type": "text", "value": f"<p>In {PLACE}.</p>"},
        {"type": "heading", "value": {"text": "Nothing", "level": "2"}},
        {"type": "quote", "value": {"text": "I.", "attribution": "B&#97;chelal"}},
        pictures,
        {"type": "media_link", "value": {"title": "A film", "poster": still_picture}},
    ]
    return make_story_about(
        person,
        title="Of BACHELAL",
        slug="bachelal-in-leeds",
        summary="Xuyimanas all.",
        seo_title=NAMES,
        search_description=PLACE,
        authors=[NAMES],
        themes=[f"Life in {PLACE}"],
        lead_image=make_image(credit=NAMES),
        lead_image_alt=NAMES,
        body=body,
        live=False,
    )


# {field with the error: names of the places in it that have a protected word}.
PLACES = {
    "title": "title",
    "slug": "address of the page",
    "summary": "summary",
    "seo_title": "title tag",
    "search_description": "meta description",
    "lead_image_alt": "alternative text of the lead picture",
    "lead_image": "credit of the lead picture",
    "body": "paragraph 3, Quote 1, caption of picture 1, alternative text of picture 2, credit of picture 2, "
    "Video or audio 1",
    "__all__": "author, theme",
}


def test_places_are_told_in_words_and_beside_the_field(person):
    story = leaking_story(person)
    errors = story.find_errors()
    assert sorted(errors) == sorted(PLACES)
    for field, places in PLACES.items():
        assert f": {places}. " in errors[field][0].message, field
    told = str(errors).lower()
    assert not any(word.lower() in told for word in [*NAMES.split(), PLACE])


def test_checked_fields_are_in_the_form_of_each_page_type():
    """Django's add_error() raises ValueError for a field that is not in the form."""
    for model in page_types():
        form = model.get_edit_handler().get_form_class()
        names = {field.name for field in text_fields(model)}
        assert {"title", "slug"} < names <= set(form.base_fields), model
    fields = {place.field for place in read_texts(home_page())}
    assert {"title", "slug", "headline"} <= fields, "places name the fields as the form does"
