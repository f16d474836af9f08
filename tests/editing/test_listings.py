"""Lists and choosers of the admin can be searched, filtered and sorted at once.

Odd values are no server error, and no cell of an exported file is a formula.
"""

import csv

import pytest
from django.core.exceptions import ValidationError
from django_filters import RangeFilter
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.models import Locale

from editing.exports import preprocess_field_value
from tests.support import builders
from tests.support.choosing import text_of
from tests.support.missed_searches import make_reported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

BY_TYPE = ["content_type__model", "-content_type__model"]
# {list: orders}. One column of each list is tried in descending order, the others in ascending order, and the
# type of a page in both.
ORDERS = {
    "pages/{index}/": ["-title", "latest_revision_created_at", "live", *BY_TYPE],
    "snippets/stories/author/": ["-name", "role", "story_count"],
    "snippets/stories/theme/": ["-name", "description", "story_count"],
    "snippets/stories/country/": ["-code", "region", "story_count"],
}


def test_list_can_be_sorted_while_it_is_searched(admin_client, subtests):
    story = builders.make_story("Kenyan Kendi", countries=["KE"], themes=["Kenya"], authors=["Kendi"])
    for address, orders in ORDERS.items():
        path = address.format(index=story.get_parent().pk)
        for order in orders:
            with subtests.test(path, order=order):
                response = admin_client.get(f"/admin/{path}?q=ken&ordering={order}")
                assert response.status_code == 200
                assert "Ken" in response.text


def test_explorer_can_be_searched_while_it_is_filtered(admin_client):
    section = builders.make_index(builders.make_index(), "Kenya above")
    builders.make_story("Kenya below", section)
    found = {"true": "Kenya above", "false": "Kenya below"}
    for value, title in found.items():
        for search in ("", "q=kenya&"):
            address = f"/admin/pages/{section.get_parent().pk}/?{search}has_child_pages={value}"
            pages = admin_client.get(address).context["pages"]
            assert [page.title for page in pages] == [title], address


# taggit calls a method that Django has renamed.
@pytest.mark.filterwarnings("ignore:SQLCompiler.quote_name_unless_alias")
def test_image_chooser_can_be_searched_within_a_tag(admin_client):
    for title, tag in (("Road one", "red"), ("Road two", "blue"), ("House", "red")):
        builders.make_image(title).tags.add(tag)
    for path in ("", "results/"):
        for search, expected in (("", {"Road one", "House"}), ("&q=road", {"Road one"})):
            response = admin_client.get(f"/admin/images/chooser/{path}?tag=red{search}")
            assert {image.title for image in response.context["results"]} == expected


def test_search_counts_in_pages(admin_client):
    for found in ("1-1 of 1 page", "1-2 of 2 pages"):
        builders.make_story("Bricks")
        page = builders.parse(admin_client.get("/admin/pages/search/?q=bricks"))
        assert found in " ".join(page.get_text(" ").split())


# Each list gets another one of them.
ODD_COUNTS = ["1e40000", "9" * 40, "-1", "1.5"]


@pytest.mark.sqlite_only
def test_count_that_is_no_whole_number_or_too_large_is_an_error_of_its_filter(admin_client):
    field = RangeFilter().field
    assert field.clean(["7", ""]) == slice(7, None)
    for number in ODD_COUNTS:
        with pytest.raises(ValidationError):
            field.clean([number, ""])
    lists = {"stories": "word_count", "images": "usage_count", "documents": "usage_count"}
    for number, (path, name) in zip(ODD_COUNTS, lists.items(), strict=False):
        response = admin_client.get(f"/admin/{path}/?{name}_min={number}")
        assert response.context["filters"].form.errors.keys() == {name}


REPORTS = ["translations", "searches-without-result", "site-history"]
# A spreadsheet would calculate a cell with this text. After an apostrophe, it is text.
FORMULA = "=1+1"
# {value: cell of a CSV file}. The wide forms of the signs are those of Japanese keyboards.
CELLS = {
    **{f"{sign}1": f"'{sign}1" for sign in "=+-@\uff1d\uff0b\uff0d\uff20"},
    **{f"{start}=1": f"'{start}=1" for start in (" ", "\u3000", '"', "'", ' " ')},
    **{f"a{end}=1": f"a{end}'=1" for end in ",;|\t\r\n"},
    **{f"{start}words": f"'{start}words" for start in "\t\r\n"},
    "a; -1\n@b": "a;' -1\n'@b",
    "+44 20 7946 0000": "'+44 20 7946 0000",
    -5: "'-5",
    **{same: same for same in ("a = b", "e-mail at home; x", "amina@example.org", "'words'", "")},
    5: "5",
    None: None,
}


@pytest.mark.sqlite_only
def test_no_cell_of_a_csv_file_is_a_formula(admin_client, subtests):
    Locale.objects.create(language_code="fr")
    story = builders.make_story(FORMULA)
    story.save_revision(log_action=True)
    make_reported(FORMULA)
    for path in ("stories", *(f"reports/{name}" for name in REPORTS)):
        with subtests.test(path):
            text = text_of(admin_client.get(f"/admin/{path}/?export=csv"))
            cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
            assert f"'{FORMULA}" in cells and FORMULA not in cells


@pytest.mark.sqlite_only
def test_apostrophe_is_put_where_a_formula_could_begin():
    view = SpreadsheetExportMixin()
    cells = {value: preprocess_field_value(view, "title", value, view.FORMAT_CSV) for value in CELLS}
    assert cells == CELLS
    assert preprocess_field_value(view, "title", FORMULA, view.FORMAT_XLSX) == FORMULA
