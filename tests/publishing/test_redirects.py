"""Redirects work only while their target page is public."""

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site

from tests.support.builders import make_index, make_private, make_story, make_user, story_form
from tests.support.translations import make_pair
from tests.support.undone import undone

pytestmark = pytest.mark.django_db

OLD = "/old-address/"


def enter(page, path="/old-address", **fields):
    """Store a redirect from `path` to `page`, as an administrator or an import does. Return OLD."""
    Redirect.objects.create(old_path=path, redirect_page=page, **fields)
    return OLD


def rename(page):
    """Change the slug, for which Wagtail makes a redirect. Return the old path."""
    old, page.slug = page.url, "zanzibar"
    page.save_revision().publish()
    return old


def move(page):
    """Give `page` another parent, for which Wagtail makes a redirect. Return the old path."""
    old = page.url
    page.move(make_index(make_index(), title="Zanzibar"), pos="last-child")
    return old


WITHDRAW = [
    Page.unpublish,
    make_private,
    lambda page: make_private(page.get_parent()),
    lambda page: page.move(make_private(make_index(make_index(), title="Hidden")), pos="last-child"),
    Page.delete,
]
# Each makes a redirect to a page, and returns an address that leads there.
MAKE = [
    rename,
    move,
    lambda page: enter(page) and enter(page, site=Site.objects.get()),  # for all sites, and for this one
    lambda page: enter(page, is_permanent=False),
    lambda page: enter(page, "/old-address?p=12") + "?p=12",
    lambda page: enter(page) + "?utm_source=mail",
    lambda page: "/fr" + enter(page, "/fr/old-address"),
    lambda page: enter(page, "/récit") and "/r%C3%A9cit/",
]


@pytest.mark.sqlite_only
def test_redirect_ends_with_its_page(client, django_capture_on_commit_callbacks, subtests):
    """Check an entered redirect with each way to withdraw its page, and each other way to make a redirect."""
    make_pair()  # The site has two languages.
    key = make_story("A story", make_index(make_index(), "A section")).pk
    editor = make_user("Editors")
    cases = [(enter, withdraw) for withdraw in WITHDRAW] + [(make, Page.unpublish) for make in MAKE]
    for number, (make, withdraw) in enumerate(cases):
        with subtests.test(number), undone():
            with django_capture_on_commit_callbacks(execute=True):
                old = make(Page.objects.get(pk=key).specific)
            story = Page.objects.get(pk=key).specific
            answer, is_permanent = client.get(old), Redirect.objects.first().is_permanent
            assert (answer.status_code, answer["Location"]) == (301 if is_permanent else 302, story.url)
            withdraw(story)
            for _visitor_and_editor in range(2):
                hidden = client.get(old)
                assert hidden.status_code == 404 and "Location" not in hidden
                assert "zanzibar" not in hidden.text
                client.force_login(editor)
            client.logout()


@pytest.mark.sqlite_only
def test_redirects_are_not_cached_by_browsers_and_lead_to_typed_addresses_too(client):
    """Without this header, a browser would follow a permanent redirect after the page is withdrawn."""
    targets = {"/away/": "https://example.org/somewhere", "/list/": "/stories/?country=kenya"}
    for path, target in targets.items():
        enter(None, path.rstrip("/"), redirect_link=target)
    story = make_story()
    for address, target in {enter(story): story.url, **targets}.items():
        answer = client.get(address)
        assert (answer.status_code, answer["Location"]) == (301, target)
        assert answer["Cache-Control"] == "no-store"


def test_redirect_to_a_list_below_a_page(client):
    index = make_index()
    make_story(countries=["KE"])
    old = enter(index, redirect_page_route_path="/country/kenya/")
    assert client.get(old)["Location"] == "/stories/country/kenya/"
    make_private(index)
    assert client.get(old).status_code == 404


def test_redirect_takes_the_place_of_no_page(client):
    story = make_story()
    enter(None, story.url.rstrip("/"), redirect_link="https://example.org/")
    assert client.get(story.url).status_code == 200
    story.unpublish()
    assert client.get(story.url).status_code == 301
    make_private(story)
    story.save_revision().publish()
    assert client.get(story.url).url.startswith("/_util/login/")


def test_redirect_without_a_public_target_is_a_404(client):
    # The missing slash is added whether there is a page or not.
    for address in (make_story(live=False).url.rstrip("/"), "/no-such-page"):
        assert client.get(address).status_code == 301, address
    outside = Page(title="Outside", slug="outside")  # a page of no site
    Page.objects.get(depth=1).add_child(instance=outside)
    for page in (None, outside):
        for route in ("", "/country/kenya/"):
            Redirect.objects.all().delete()
            assert client.get(enter(page, redirect_page_route_path=route)).status_code == 404


@pytest.mark.sqlite_only
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
