"""The form of a story: the order of its fields, and its words."""

import json
import re
from pathlib import Path

import pytest
import wagtail
from babel.messages.pofile import read_po
from django.utils.translation import gettext, ngettext

from home.models import HomePage, StandardPage
from tests.support.builders import client_of, make_index, make_user, parse

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

ADD_STORY = "/admin/pages/add/stories/storypage/{}/"


@pytest.fixture(scope="module")
def form(module_transaction):
    """The page with the form of a new story, for an editor. It is read once for all tests."""
    return parse(client_of(make_user("Editors")).get(ADD_STORY.format(make_index().pk)))


def test_fields_are_in_the_order_of_writing_then_filing_then_options(form):
    headings = form.select("#tab-content .w-panel__heading")
    names = [" ".join(each.get_text(" ", strip=True).rstrip("* ").split()) for each in headings]
    order = [
        "Title", "Lead picture", "Summary", "Body", "Countries", "Themes", "Authors", "Date", "Content notes",
        "Show a table of contents", "Show the “leave quickly” button",
    ]  # fmt: skip

    assert [name for name in names if name in order] == order


def test_stories_are_not_offered_for_menus_and_plain_pages_are(form):
    assert not form.select("[name=show_in_menus]")
    assert "show_in_menus" in StandardPage.get_edit_handler().get_form_class().base_fields
    assert form.select("[name=keep_out_of_search_engines]"), "the tab with the options is in the form"


def test_a_list_of_stories_is_called_a_section(admin_client):
    index = make_index()

    for parent in (HomePage.objects.get(), index):
        assert "Section" in admin_client.get(f"/admin/pages/{parent.pk}/add_subpage/").text
    heading = parse(admin_client.get(f"/admin/pages/add/stories/storyindexpage/{index.pk}/")).h1
    assert "New: Section" in " ".join(heading.get_text(" ").split())


def test_form_says_picture_and_alternative_text(form):
    body = form.select_one("[data-w-block-data-value]")["data-w-block-data-value"]
    labels = re.findall(r'"label": ("[^"]*")', body)
    words = " ".join([form.get_text(" "), *map(json.loads, labels)])

    assert "Choose a picture" in words
    assert "Alternative text" in words
    assert not re.search(r"\b(images?|alt text)\b", words, re.IGNORECASE)


def test_commands_of_texts_are_named_apart_from_the_blocks(form):
    body = form.select_one("[data-w-block-data-value]")["data-w-block-data-value"]

    assert "Heading in the text" in body and "Link to a document" in body
    assert "Heading 2" not in body


def wagtails_words():
    """Yield each message, or (singular, plural), of Wagtail's apps admin and images that names an image."""
    for app in ("admin", "images"):
        path = Path(wagtail.__file__).parent / app / "locale/en/LC_MESSAGES/django.po"
        with path.open("rb") as file:
            for message in read_po(file):
                if re.search(r"\bimages?\b|alt text", str(message.id), re.IGNORECASE):
                    yield message.id


def test_wagtails_words_are_those_of_this_site():
    """Wagtail's English says "image" and "alt text". site_project/locale/en has the words of this site."""
    said = set()
    for words in wagtails_words():
        forms = [gettext(words)] if isinstance(words, str) else [ngettext(*words, n) for n in (1, 2)]
        # Nobody reads the names of placeholders. "Wagtail images" is the name of an app.
        said.update(re.sub(r"%\(\w+\)|Wagtail images", "", form) for form in forms)

    assert len(said) > 60, "the messages were found"
    assert [form for form in said if re.search(r"\bimages?\b|alt text", form, re.IGNORECASE)] == []
