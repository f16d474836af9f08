"""The lists of stories and of translations, and other lists of the admin: what they show to whom; exports.

Lists and choosers can be searched, filtered and sorted at once. Odd values are no server error, and no cell
of an exported file is a formula. For the fixtures `writer`, `own` and `elsewhere`, see conftest.py.
"""

import csv
import datetime
import io
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone
from django_filters import RangeFilter
from wagtail.admin.views.mixins import SpreadsheetExportMixin
from wagtail.models import Locale, Page, Workflow, WorkflowState

from editing.overrides.exports import preprocess_field_value
from publishing.trash import move_to_trash
from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import text_of
from tests.support.missed_searches import make_reported
from tests.support.translations import make_index_in, make_translation

pytestmark = pytest.mark.django_db


LIST = "/admin/stories/"


def titles(user, **query):
    """Return the titles in the list of `user`, in their order, without rendering the page."""
    request = RequestFactory().get(LIST, query)
    request.user = user
    found = resolve(LIST).func
    view = found.view_class(**found.view_initkwargs)
    view.setup(request)
    return [page.get_admin_display_title() for page in view.get_queryset()]


def exported(client, **query):
    """Return the rows of the CSV export, each {heading: cell}."""
    response = client.get(f"{LIST}?{urlencode({'export': 'csv', **query}, doseq=True)}")
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


def make_stories():
    """Make one story for each status, and return the user who wrote the draft."""
    achieng = builders.make_user("Editors", username="achieng", first_name="Achieng", last_name="O.")
    # Six words. The other stories have four, from make_story().
    words = [{"type": "text", "value": "<p>The brick kiln by the river.</p>"}]
    filed = {"countries": ["KE"], "themes": ["Debt"], "authors": ["Staff"]}
    builders.make_story("Complete", body=words, **filed)
    builders.make_story("Changed", countries=["SN"]).save_revision()
    draft = builders.make_story("Draft", live=False, themes=["Debt", "Mining"], countries=["KE", "SN"])
    draft.save_revision(user=achieng)
    for title in ("Waiting", "Asked"):
        state = Workflow.objects.get().start(builders.make_story(title, live=False), None)
    WorkflowState.objects.filter(pk=state.pk).update(status=WorkflowState.STATUS_NEEDS_CHANGES)
    later = builders.make_story("Later", live=False)
    later.go_live_at = timezone.now() + timedelta(days=3)
    later.save_revision().publish()
    ending = builders.make_story("Ending", expire_at=timezone.now() + timedelta(days=1))
    expired = builders.make_story("Expired", live=False, themes=["Law"])
    Page.objects.filter(pk=expired.pk).update(expired=True)
    Page.objects.filter(pk=ending.pk).update(locale=Locale.objects.get_or_create(language_code="fr")[0])
    return achieng


def test_each_filter_keeps_the_stories_that_its_label_says(admin_user):
    achieng = make_stories()
    debt, mining, law = (Theme.objects.get(name=name).pk for name in ("Debt", "Mining", "Law"))
    staff = Author.objects.get(name="Staff").pk
    expected = [
        ({"status": "live"}, {"Complete", "Changed", "Ending"}),
        ({"status": "changed"}, {"Changed"}),
        ({"status": "draft"}, {"Draft", "Waiting", "Asked"}),
        ({"status": "waiting"}, {"Waiting"}),
        ({"status": "changes_asked"}, {"Asked"}),
        ({"status": "scheduled"}, {"Later", "Ending"}),
        ({"status": "expired"}, {"Expired"}),
        ({"status": ["waiting", "expired"]}, {"Waiting", "Expired"}),
        ({"country": "KE"}, {"Complete", "Draft"}),
        ({"theme": debt}, {"Complete", "Draft"}),
        ({"theme": [debt, mining, law]}, {"Complete", "Draft", "Expired"}),  # one has two of them
        ({"author": staff}, {"Complete"}),
        ({"word_count_min": 5}, {"Complete"}),
        ({"word_count_max": 5, "status": "live"}, {"Changed", "Ending"}),
        ({"writer": achieng.pk}, {"Draft"}),
        ({"locale": "fr"}, {"Ending"}),
        ({"missing": "country", "status": "live"}, {"Ending"}),
        ({"missing": "theme", "status": "live"}, {"Changed", "Ending"}),
        ({"theme": debt, "country": "SN"}, {"Draft"}),
        ({"q": "kiln"}, {"Complete"}),
        ({"q": "compl"}, {"Complete"}),
        ({"q": "kiln", "theme": mining}, set()),
    ]
    found = [(query, sorted(titles(admin_user, **query))) for query, _titles in expected]
    assert found == [(query, sorted(shown)) for query, shown in expected]


def test_list_has_the_columns_and_exports_them(admin_client, admin_user):
    make_stories()
    rows = {row["Title"]: row for row in exported(admin_client)}
    columns = {"Title": "Draft", "Status": "draft", "Language": "en", "Authors": "", "Words": "4", "Next": ""}
    columns |= {"Countries": "Kenya, Senegal", "Themes": "Debt, Mining", "Last written by": "Achieng O."}
    columns |= {"Consent": "Nobody is described", "Updated": rows["Draft"]["Updated"]}  # any time
    assert rows["Draft"] == columns
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", columns["Updated"]), "a spreadsheet reads it as a time"
    assert [rows[title]["Next"].partition(": ")[0] for title in ("Later", "Ending")] == ["Live", "Off"]
    assert [row["Title"] for row in exported(admin_client, status="expired")] == ["Expired"]
    # Several filters together, with which the page is rendered too. Stories without a next change come last.
    filters = {"status": ["draft", "scheduled"], "missing": "author", "word_count_max": 5}
    page = admin_client.get(LIST, filters | {"ordering": "-next_change"})
    assert "Kenya, Senegal" in page.text and "Achieng O." in page.text
    assert [story.title for story in page.context["pages"]][:2] == ["Later", "Ending"]
    assert titles(admin_user, ordering="next_change")[:2] == ["Ending", "Later"]


@pytest.mark.sqlite_only
def test_sorting_pages_says_how_to_end_it(writer, admin_client, own):
    explorer = reverse("wagtailadmin_explore", args=[own.index.pk])
    cases = [(admin_client, {"ordering": "ord"}), (admin_client, {}), (writer, {"ordering": "ord"})]
    pages = [builders.parse(client.get(explorer, query)) for client, query in cases]
    ends = [page.select_one(f".messages a[href='{explorer}']") for page in pages]
    assert [end and end.get_text(strip=True) for end in ends] == ["Done sorting", None, None]


@pytest.mark.sqlite_only
def test_list_shows_the_sections_of_its_user_alone(writer, own, elsewhere):
    mine = own.draft
    hidden = builders.make_story(f"{SECRET} in Ghana", elsewhere.index, countries=["GH"])
    hidden.save_revision(user=builders.make_user(username=f"{SECRET}-writer"))
    for address in (LIST, f"{LIST}?export=csv", f"{LIST}results/"):
        text = text_of(writer.get(address))
        assert mine.title in text and SECRET not in text
        assert "Ghana" not in text, "filters offer only what visible stories have"
    assert titles(writer.user, q=SECRET) == []
    # For this user, Ghana is no choice, and an invalid choice filters nothing.
    assert titles(writer.user, country="GH") == titles(writer.user) != []


# --- The report of translations ------------------------------------------------------------------

FIELDS = {"summary": "Words.", "date": datetime.date(2025, 1, 1)}


def report(client, **query):
    """Return {title: (language, missing, older)} of the rows, as in the export."""
    query["export"] = "csv"
    lines = text_of(client.get(reverse("translation_report"), query)).splitlines()
    assert next(csv.reader(lines)) == ["Title", "Language", "Missing", "Older than its source"]
    return {row[0]: tuple(row[1:]) for row in list(csv.reader(lines))[1:]}


def changed(page, moment):
    """Set when `page` was published, or when its draft was saved, to `moment`."""
    field = "last_published_at" if page.live else "latest_revision_created_at"
    Page.objects.filter(pk=page.pk).update(**{field: moment})


@pytest.fixture
def scene():
    """English stories with and without French and Spanish versions, and a French story without English."""
    indexes = {code: make_index_in(code) for code in ("fr", "es")}
    stories, new = {}, {"French": True, "All": True, "Old": False, "Old draft": False, "New draft": True}
    for name in ("None", *new):
        story = stories[name] = builders.make_story(name)
        for code in {"None": [], "French": ["fr"]}.get(name, indexes):
            live = not name.endswith("draft")
            page = make_translation(story, indexes[code], title=f"{name} {code}", live=live, **FIELDS)
            changed(page, story.last_published_at + datetime.timedelta(days=1 if new[name] else -1))
    builders.make_story("Seulement", parent=indexes["fr"])
    return stories


# {title: (language, languages in which it is missing, languages in which it is older)}.
EXPECTED = {
    "None": ("English", "French, Spanish", ""),
    "French": ("English", "Spanish", ""),
    "Old": ("English", "", "French, Spanish"),
    "Old draft": ("English", "", "French, Spanish"),
    "Seulement": ("French", "English, Spanish", ""),
}


def test_report_lists_what_is_missing_and_what_is_older_and_can_be_filtered(admin_client, scene, subtests):
    assert report(admin_client) == EXPECTED
    for query, titles in (
        ({"state": "missing"}, {"None", "French", "Seulement"}),
        ({"state": "older"}, {"Old", "Old draft"}),
        ({"language": "fr"}, {"None", "Old", "Old draft"}),
        ({"language": "es", "state": "missing"}, {"None", "French", "Seulement"}),
        ({"language": "en"}, {"Seulement"}),
        ({"language": "en", "state": "older"}, set()),
        ({"language": "xx", "state": "?"}, set(EXPECTED)),
    ):
        with subtests.test(query):
            assert set(report(admin_client, **query)) == titles


@pytest.mark.sqlite_only
def test_links_lead_to_translating_and_editing_and_the_trash_is_left_out(admin_client, scene):
    page = builders.parse(admin_client.get(reverse("translation_report")))
    links, old = {link["href"] for link in page.select("tbody a")}, StoryPage.objects.get(title="Old es")
    edit, translate = "wagtailadmin_pages:edit", "simple_translation:submit_page_translation"
    for view, each in ((edit, scene["None"]), (edit, old), (translate, scene["French"])):
        assert reverse(view, args=[each.pk]) in links, each.title
    move_to_trash(scene["None"])
    move_to_trash(old)
    left = EXPECTED | {"Old": ("English", "", "French")}
    left.pop("None")
    assert report(admin_client) == left


def test_report_tells_nothing_of_other_sections(writer, admin_client, own, elsewhere):
    french = make_index_in("fr")
    Locale.objects.create(language_code="es")
    # `writer` may edit the section "Own". They see that there is a French version, and not that it is older.
    story = builders.make_story("Mine", own.index)
    page = make_translation(story, french, title=f"{SECRET} fr", live=False, **FIELDS)
    changed(page, story.last_published_at - datetime.timedelta(days=1))
    hidden = builders.make_story(f"{SECRET} story", elsewhere.index, live=False)
    mine = own.live

    assert report(admin_client)["Mine"] == ("English", "Spanish", "French")
    assert hidden.title in report(admin_client)
    rows = report(writer)
    assert rows["Mine"] == ("English", "Spanish", "")
    assert rows[mine.draft_title] == ("English", "French, Spanish", "")
    assert "Mine" not in report(writer, state="older")
    # A public story of another section has no links of the admin.
    public = builders.make_story("Public", elsewhere.index)
    response = writer.get(reverse("translation_report"))
    assert response.status_code == 200
    assert SECRET not in text_of(response)
    row = next(row for row in builders.parse(response).select("tbody tr") if "Public" in row.get_text())
    assert [link["href"] for link in row.select("a")] == [public.url]


# --- Other lists ----------------------------------------------------------------------------------

BY_TYPE = ["content_type__model", "-content_type__model"]
# {list: orders}. One column of each list is tried in descending order, the others in ascending order, and the
# type of a page in both.
ORDERS = {
    "stories/": ["title", "-live", "word_count", "-latest_revision_created_at", "next_change", "nothing"],
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


# taggit calls a method that Django has renamed.
@pytest.mark.filterwarnings("ignore:SQLCompiler.quote_name_unless_alias")
def test_image_chooser_can_be_searched_within_a_tag(admin_client):
    for title, tag in (("Road one", "red"), ("Road two", "blue"), ("House", "red")):
        builders.make_image(title).tags.add(tag)
    for path in ("", "results/"):
        for search, expected in (("", {"Road one", "House"}), ("&q=road", {"Road one"})):
            response = admin_client.get(f"/admin/images/chooser/{path}?tag=red{search}")
            assert {image.title for image in response.context["results"]} == expected


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


EXPORTS = ["stories", "reports/translations", "reports/searches-without-result", "reports/site-history"]
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
    builders.make_story(FORMULA).save_revision(log_action=True)
    make_reported(FORMULA)
    for path in EXPORTS:
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
