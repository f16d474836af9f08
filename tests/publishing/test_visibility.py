"""Hidden pages appear nowhere: no drafts, no unpublished pages and no private pages.

Where pages are listed, a test also looks for a public story: an empty list proves nothing. That the queries
of hidden pages are right on PostgreSQL too is tested by tests/publishing/test_aliases.py, and for each way to
hide a page by tests/search/test_hidden_pages.py.
"""

import datetime
import re

import pytest
from django.test import Client

from home.models import FeaturedStory
from tests.support import builders
from tests.support.committed import act_as_committed
from tests.support.hidden_pages import HIDDEN, SHOWN, WAYS_TO_HIDE
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


class TwoWayClient(Client):
    """A client that sends each request twice, once for each way in which the site finds out what is hidden.

    Inside of a transaction each query finds hidden pages itself. Otherwise their paths are cached.
    """

    def __init__(self, monkeypatch):
        super().__init__()
        self.monkeypatch = monkeypatch

    def get(self, address, **options):
        """Return the response, after checking that it is the same in both ways."""
        with_queries = super().get(address, **options)
        with self.monkeypatch.context() as patch:
            act_as_committed(patch)
            with_cache = super().get(address, **options)
        assert without_token(with_cache) == without_token(with_queries)
        return with_queries


def without_token(response):
    """Return status, target of a redirect, and content without the CSRF token, which always changes."""
    content = re.sub(rb'name="csrfmiddlewaretoken" value="\w+"', b"", response.content)
    return response.status_code, response.headers.get("Location"), content


@pytest.fixture
def client(monkeypatch):
    return TwoWayClient(monkeypatch)


SHOWN_DAY = datetime.date(2025, 5, 6)


def make_shown():
    """Return a public story with the same country and theme as the hidden ones."""
    return builders.make_story(
        f"{SHOWN} title", summary=f"{SHOWN} summary.", date=SHOWN_DAY, countries=["KE"], themes=["Debt"]
    )


def html_of(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def assert_only_shown(html):
    assert SHOWN in html
    assert HIDDEN not in html


# --- Places in which hidden stories must not be: functions of a client and the stories -------------


def at_their_own_addresses(client, hidden):
    for story in hidden:
        response = client.get(story.url)

        # A private page redirects to the login, and no other one redirects.
        assert response.status_code == 404 or response.url.startswith("/_util/login/")
        assert HIDDEN not in response.content.decode()


def featured_on_the_home_page(client, hidden):
    home, shown = builders.home_page(), make_shown()
    home.featured_stories = [
        FeaturedStory(story=story, sort_order=number) for number, story in enumerate([*hidden, shown])
    ]
    home.save()

    response = client.get("/")

    assert_only_shown(response.content.decode())
    assert len(builders.parse(response).select(".cards--featured .card")) == 1


def in_the_list_its_count_and_its_filters(client, _hidden):
    make_shown()
    builders.make_story("Other", countries=["UG"], themes=["Other"], date=datetime.date(2024, 1, 1))

    response = client.get("/stories/")

    assert_only_shown(response.content.decode())
    page = builders.parse(response)
    assert page.select_one(".listing__count").text == "2 stories"
    choices = [choice.get_text(" ", strip=True) for choice in page.select(".facet__choice")]
    assert choices == ["Kenya (1)", "Uganda (1)", "Debt (1)", "Other (1)", "2025 (1)", "2024 (1)"]


def in_any_other_list(client, _hidden):
    shown = make_shown()
    assert_only_shown(html_of(client, "/"))  # The public story is among the newest stories.
    assert_only_shown(html_of(client, "/stories/?country=kenya&theme=debt&year=2025"))
    nothing = html_of(client, "/stories/?theme=kept-quiet")
    assert "0 stories" in nothing
    assert HIDDEN not in nothing
    for address in ("/stories/country/kenya/", "/stories/theme/debt/"):
        html = html_of(client, address)
        assert_only_shown(html)
        assert "1 story" in html

    nothing = builders.parse(client.get(f"/search/?q={HIDDEN}"))
    assert nothing.select_one(".listing__count").text == f"0 results for “{HIDDEN}”"
    titles = [title.text for title in nothing.select(".result .card__title, .card .card__title")]
    assert titles == [shown.title]  # A search without results offers the newest stories.
    both = html_of(client, "/search/?q=title")
    assert_only_shown(both)
    assert "1 result " in both
    assert "Kept quiet" not in both  # a theme of hidden stories only
    assert "Kept quiet" not in html_of(client, "/search/?q=title&theme=kept-quiet")

    response = client.get("/stories/there-is-no-such-story/")
    assert response.status_code == 404
    assert HIDDEN not in response.content.decode()

    client.force_login(builders.make_user("Editors"))  # They may see some of them at their addresses.
    assert_only_shown(html_of(client, "/stories/"))
    assert_only_shown(html_of(client, "/search/?q=title"))


def in_a_list_of_what_only_they_are_filed_under(client, _hidden):
    builders.make_theme("Kept quiet")
    for address in ("/stories/country/kenya/", "/stories/theme/kept-quiet/"):
        response = client.get(address)

        assert response.status_code == 404
        assert HIDDEN not in response.content.decode()
        assert "Kept quiet" not in response.content.decode()


def related_to_another_story(client, _hidden):
    shown = make_shown()
    other = builders.make_story(
        countries=["KE"], themes=["Debt", "Kept quiet"], date=datetime.date(2020, 1, 1)
    )

    page = builders.parse(client.get(other.url))

    assert [link["href"] for link in page.select(".band .card__title a")] == [shown.url]
    assert HIDDEN not in str(page)


def among_chosen_stories_or_behind_a_button(client, hidden):
    shown = make_shown()
    chosen = {"heading": "More", "stories": [story.pk for story in [*hidden, shown]]}
    buttons = [{"label": "Hidden button", "page": story.pk} for story in hidden]
    buttons.append({"label": "Shown button", "page": shown.pk})
    body = [{"type": "chosen_stories", "value": chosen}]
    body += [{"type": "action", "value": button} for button in buttons]
    other = builders.make_story(body=body, date=datetime.date(2020, 1, 1))

    page = builders.parse(client.get(other.url))

    assert [link["href"] for link in page.select(".chosen-stories .card__title a")] == [shown.url]
    assert [link["href"] for link in page.select(".action a")] == [shown.url]
    assert "Hidden button" not in str(page)
    assert HIDDEN not in str(page)


PLACES = [
    at_their_own_addresses,
    featured_on_the_home_page,
    in_the_list_its_count_and_its_filters,
    in_any_other_list,
    in_a_list_of_what_only_they_are_filed_under,
    related_to_another_story,
    among_chosen_stories_or_behind_a_button,
]


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("filters_on_short_lists")
def test_hidden_stories_are_in_no_place(monkeypatch, subtests):
    """This is one test, because making the hidden stories takes longer than the requests."""
    hidden = [hide() for hide in WAYS_TO_HIDE]
    for place in PLACES:
        with subtests.test(place.__name__), undone():
            place(TwoWayClient(monkeypatch), hidden)


def test_list_of_a_private_index_asks_for_the_login(client):
    index = builders.make_private(builders.make_index())
    builders.make_story(f"{HIDDEN} title", countries=["KE"], themes=["Debt"])

    for address in ("", "country/kenya/", "theme/debt/", "?country=kenya"):
        response = client.get(f"{index.url}{address}")
        assert response.status_code == 302, address
        assert response.url.startswith("/_util/login/"), address


@pytest.mark.sqlite_only
def test_changes_to_a_live_story_stay_hidden_until_they_are_published(client):
    story = builders.make_story(f"{SHOWN} title", countries=["KE"])
    story.title, story.summary = f"{HIDDEN} title", f"{HIDDEN} summary."
    story.save_revision()

    for address in ("/", "/stories/", story.url, "/stories/country/kenya/", "/search/?q=title"):
        assert_only_shown(html_of(client, address))
    assert builders.parse(client.get(f"/search/?q={HIDDEN}")).select(".result") == []
