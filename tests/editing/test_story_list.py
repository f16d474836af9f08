"""The list of all stories: what it shows to whom, its filters and its search, its order, and its export.

For the fixtures `writer`, `own` and `elsewhere`, see tests/editing/conftest.py.
"""

import csv
import io
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone
from wagtail.models import Locale, Page, Workflow, WorkflowState

from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.queries import count_queries

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
    changed = builders.make_story("Changed", countries=["SN"])
    changed.save_revision()
    draft = builders.make_story("Draft", live=False, themes=["Debt", "Mining"], countries=["KE", "SN"])
    draft.save_revision(user=achieng)
    waiting = builders.make_story("Waiting", live=False)
    Workflow.objects.get().start(waiting, None)
    asked = builders.make_story("Asked", live=False)
    state = Workflow.objects.get().start(asked, None)
    WorkflowState.objects.filter(pk=state.pk).update(status=WorkflowState.STATUS_NEEDS_CHANGES)
    later = builders.make_story("Later", live=False)
    later.go_live_at = timezone.now() + timedelta(days=3)
    later.save_revision().publish()
    ending = builders.make_story("Ending", expire_at=timezone.now() + timedelta(days=1))
    expired = builders.make_story("Expired", live=False, themes=["Law"])
    Page.objects.filter(pk=expired.pk).update(expired=True)
    french = Locale.objects.get_or_create(language_code="fr")[0]
    Page.objects.filter(pk=ending.pk).update(locale=french)
    return achieng


def test_each_filter_keeps_the_stories_that_its_label_says(admin_user):
    achieng = make_stories()
    debt, staff = Theme.objects.get(name="Debt").pk, Author.objects.get(name="Staff").pk
    mining, law = Theme.objects.get(name="Mining").pk, Theme.objects.get(name="Law").pk
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
    found = [(query, titles(admin_user, **query)) for query, _titles in expected]
    assert [(query, set(shown)) for query, shown in found] == expected
    assert all(len(shown) == len(set(shown)) for _query, shown in found)


def test_list_has_the_columns_and_exports_them(admin_client, admin_user):
    make_stories()
    rows = {row["Title"]: row for row in exported(admin_client)}
    assert rows["Draft"] == {
        "Title": "Draft",
        "Status": "draft",
        "Language": "en",
        "Countries": "Kenya, Senegal",
        "Themes": "Debt, Mining",
        "Authors": "",
        "Words": "4",
        "Last written by": "Achieng O.",
        "Updated": rows["Draft"]["Updated"],  # any time
        "Next": "",
        "Consent": "Nobody is described",
    }
    assert rows["Later"]["Next"].startswith("Live: ")
    assert rows["Ending"]["Next"].startswith("Off: ")
    assert [row["Title"] for row in exported(admin_client, status="expired")] == ["Expired"]
    # Several filters together, with which the page is rendered too.
    filters = {"status": ["draft", "scheduled"], "missing": "author", "word_count_max": 5}
    page = admin_client.get(LIST, filters | {"ordering": "-next_change"})
    for text in ("Kenya, Senegal", "Debt, Mining", "Achieng O.", "Download CSV"):
        assert text in page.text
    # The stories that go neither live nor off come last in both orders.
    assert [story.title for story in page.context["pages"]][:2] == ["Later", "Ending"]
    assert titles(admin_user, ordering="next_change")[:2] == ["Ending", "Later"]


def test_list_can_be_sorted_by_each_column_during_a_search(admin_user):
    # “Kiln B” is greater in each column.
    first = builders.make_story("Kiln A", live=False)
    first.go_live_at = timezone.now() + timedelta(days=1)
    first.save_revision().publish()
    words = [{"type": "text", "value": "<p>The brick kiln by the river.</p>"}]
    second = builders.make_story("Kiln B", body=words, expire_at=timezone.now() + timedelta(days=2))
    second.save_revision().publish()
    builders.make_story("Another story")
    for key in ("title", "live", "word_count", "latest_revision_created_at", "next_change"):
        assert titles(admin_user, q="kiln", ordering=key) == ["Kiln A", "Kiln B"], key
        assert titles(admin_user, q="kiln", ordering=f"-{key}") == ["Kiln B", "Kiln A"], key
    assert set(titles(admin_user, q="kiln", ordering="nothing")) == {"Kiln A", "Kiln B"}


@pytest.mark.sqlite_only
def test_list_shows_the_sections_of_its_user_alone(writer, own, elsewhere):
    mine = own.draft
    hidden = builders.make_story(f"{SECRET} in Ghana", elsewhere.index, countries=["GH"])
    hidden.save_revision(user=builders.make_user(username=f"{SECRET}-writer"))
    for address in (LIST, f"{LIST}?export=csv", f"{LIST}results/"):
        response = writer.get(address)
        text = response.getvalue().decode() if response.streaming else response.text
        assert response.status_code == 200
        assert mine.title in text
        assert SECRET not in text
        # Filters offer only what visible stories have.
        assert "Ghana" not in text
    assert titles(writer.user, q=SECRET) == []
    # For this user, Ghana is no choice, and an invalid choice filters nothing.
    everything = titles(writer.user)
    assert titles(writer.user, country="GH") == everything != []


@pytest.mark.sqlite_only
def test_number_of_queries_does_not_grow_with_the_stories(writer, own, committed):
    def make_two():
        for _story in range(2):
            filed = {"countries": ["KE", "SN"], "themes": ["Debt"], "authors": ["Staff"]}
            builders.make_story(None, own.index, live=False, **filed).save_revision(user=writer.user)

    make_two()
    writer.get(LIST)
    few = count_queries(writer, LIST)[0]
    make_two()
    writer.get(LIST)  # fills the caches, which a change empties
    # The number is given so that a query that is added for each request is noticed too.
    assert count_queries(writer, LIST)[0] == few == 34
    assert StoryPage.objects.count() == 4
