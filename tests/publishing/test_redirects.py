"""Redirects work only while their target page is public."""

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from tests.support.builders import make_index, make_private, make_story, make_user, story_form
from tests.support.translations import make_pair
from tests.support.undone import undone

pytestmark = pytest.mark.django_db

OLD = "/old-address/"


def make_section_private(page):
    make_private(page.get_parent())


def move_to_private_section(page):
    page.move(make_private(make_index(make_index(), title="Hidden")), pos="last-child")


# The ways to withdraw a page.
WITHDRAW = [Page.unpublish, make_private, make_section_private, move_to_private_section, Page.delete]


# Each function makes a redirect to `page` in another way, and returns its old path.


def renamed(page):
    """Wagtail makes a redirect when the slug changes."""
    old = page.url
    page.slug = "zanzibar"
    page.save_revision().publish()
    return old


def moved(page):
    """Wagtail makes a redirect when the page gets another parent."""
    old = page.url
    page.move(make_index(make_index(), title="Zanzibar"), pos="last-child")
    return old


def typed(page, **fields):
    """An administrator enters a redirect, by hand or by an import.

    Returns OLD, also if `fields` have another path.
    """
    fields = {"old_path": OLD.rstrip("/"), "redirect_page": page} | fields
    Redirect.objects.create(**fields)
    return OLD


def for_one_site_too(page):
    """An administrator enters two for the same path: for all sites and for this one."""
    typed(page)
    return typed(page, site=Site.objects.get())


def temporary(page):
    return typed(page, is_permanent=False)


def with_query(page):
    return typed(page, old_path="/old-address?p=12") + "?p=12"


def asked_with_query(page):
    return typed(page) + "?utm_source=mail"


def in_another_language(page):
    return "/fr" + typed(page, old_path="/fr/old-address")


def not_ascii(page):
    typed(page, old_path="/récit")
    return "/r%C3%A9cit/"


MAKE = [
    *(renamed, moved, for_one_site_too, temporary, with_query),
    *(asked_with_query, in_another_language, not_ascii),
]


@pytest.mark.sqlite_only
def test_redirect_ends_with_its_page(client, django_capture_on_commit_callbacks):
    """Check a typed redirect with each way to withdraw its page, and each other way to make a redirect."""
    make_pair()  # The site has two languages.
    key = make_story("A story", make_index(make_index(), "A section")).pk
    editor = make_user("Editors")
    cases = [(typed, withdraw) for withdraw in WITHDRAW] + [(make, Page.unpublish) for make in MAKE]
    for make, withdraw in cases:
        with undone():
            with django_capture_on_commit_callbacks(execute=True):
                old = make(Page.objects.get(pk=key).specific)
            story = Page.objects.get(pk=key).specific
            answer = client.get(old)
            assert answer.status_code == (302 if make is temporary else 301), make
            assert answer["Location"] == story.url

            withdraw(story)

            hidden = client.get(old)
            assert hidden.status_code == 404, (make, withdraw)
            assert "Location" not in hidden
            assert "zanzibar" not in hidden.text
            if make is typed:
                client.force_login(editor)
                assert client.get(old).status_code == 404, withdraw
                client.logout()


@pytest.mark.sqlite_only
def test_redirects_are_not_cached_by_browsers(client):
    """Without this header, a browser would follow a permanent redirect after the page is withdrawn."""
    typed(None, old_path="/away", redirect_link="https://example.org/")
    for address in (typed(make_story()), "/away/"):
        assert client.get(address).headers["Cache-Control"] == "no-store"


@pytest.mark.sqlite_only
def test_redirect_to_a_typed_address_stays(client):
    for number, target in enumerate(("https://example.org/somewhere", "/stories/?country=kenya")):
        typed(None, old_path=f"/old-{number}", redirect_link=target)
        answer = client.get(f"/old-{number}/")
        assert (answer.status_code, answer["Location"]) == (301, target)


def test_redirect_to_a_list_below_a_page(client):
    index = make_index()
    make_story(countries=["KE"])
    old = typed(index, redirect_page_route_path="/country/kenya/")
    assert client.get(old)["Location"] == "/stories/country/kenya/"

    make_private(index)
    assert client.get(old).status_code == 404


def test_redirect_takes_the_place_of_no_page(client):
    story = make_story()
    typed(None, old_path=story.url.rstrip("/"), redirect_link="https://example.org/")
    assert client.get(story.url).status_code == 200
    story.unpublish()
    assert client.get(story.url).status_code == 301
    make_private(story)
    story.save_revision().publish()
    assert client.get(story.url).url.startswith("/_util/login/")


def test_redirect_without_a_public_target_is_a_404(client):
    # A page of no site.
    outside = Page(title="Outside", slug="outside")
    Page.objects.get(depth=1).add_child(instance=outside)
    for page in (None, outside):
        for route in ("", "/country/kenya/"):
            Redirect.objects.all().delete()
            assert client.get(typed(page, redirect_page_route_path=route)).status_code == 404


@pytest.mark.sqlite_only
def test_missing_slash_is_added_whether_there_is_a_page_or_not(client):
    story = make_story(live=False)
    answers = [client.get(address) for address in (story.url.rstrip("/"), "/no-such-page")]
    assert {answer.status_code for answer in answers} == {301}


@pytest.mark.sqlite_only
def test_only_administrators_see_redirects(client):
    """The list shows the titles of hidden pages of all sections."""
    # Editors are sent to the first page of the admin. It lists stories that lack something, so this one must
    # lack nothing.
    filed = {"countries": ["KE"], "themes": ["Debt"], "authors": ["Amina"]}
    typed(make_private(make_story("zanzibar", **filed)))
    client.force_login(make_user("Editors", "Moderators"))
    answer = client.get("/admin/redirects/", follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert "zanzibar" not in answer.text
    client.force_login(make_user(is_superuser=True))
    assert "zanzibar" in client.get("/admin/redirects/").text


def test_address_of_a_draft_leads_nowhere(client, moderator, django_capture_on_commit_callbacks):
    """It was never public, and can be the name of somebody whose name was changed before it was published."""
    story = make_story("Zahrawi", make_index(), slug="zahrawi", live=False)
    for action in (None, "publish"):
        with django_capture_on_commit_callbacks(execute=True):
            form = story_form(action, title="A new start", slug="a-new-start")
            moderator.post(f"/admin/pages/{story.pk}/edit/", form)
    moderator.logout()
    assert Redirect.objects.filter(redirect_page=story).exists(), "Wagtail made one"
    assert client.get("/stories/a-new-start/").status_code == 200
    assert client.get("/stories/zahrawi/").status_code == 404
