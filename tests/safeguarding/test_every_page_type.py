"""Pages of every type are guarded as stories are: nobody reads one whose people have not agreed to it.

tests/safeguarding/test_routes.py has all routes by which a story can go live.
"""

import json

import pytest
from django.core.exceptions import ValidationError
from wagtail.models import Locale, Page

from home.models import HomePage
from operations.outage import write_page
from publishing.pages import page_types
from publishing.visibility import is_published, published_pages
from safeguarding.withdrawal.carry_out import withdraw as carry_out_withdrawal
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders, unmet_conditions
from tests.support.hidden_pages import HIDDEN
from tests.support.people import make_agreeing_person, rows_of, withdraw
from tests.support.undone import undone


def make_draft(model, fields):
    """Return a draft of the type `model` with `fields` of a story. None if it can't have one of them."""
    image, _alt = fields.pop("lead_image", None), fields.pop("lead_image_alt", None)
    body = [builders.pictures_block(image)] if image else fields.pop("body", None)
    if "authors" in fields or (body and not hasattr(model, "body")):
        return None
    if body:
        fields["body"] = json.dumps(body)
    if model is HomePage:
        fields["translation_key"] = builders.home_page().translation_key
        fields["locale"] = Locale.objects.get_or_create(language_code="fr")[0]
    page = builders.make_page_of(model, **{"live": False} | fields)
    page.save_revision(clean=False)
    return page


def publish(page):
    page.latest_revision.publish()


def save_without_checks(page):
    builders.save_with(page, check=False, live=True)


def save_base_page(page):
    builders.save_with(Page.objects.get(pk=page.pk), live=True)


def update_queryset(page):
    Page.objects.filter(pk=page.pk).update(live=True)


ROUTES = [publish, save_without_checks, save_base_page, update_queryset]
TYPES = [each for each in page_types() if each is not StoryPage]


def is_read(client, page):
    """Return whether visitors read `page`, after checking that all rules about this agree.

    `client`: None if the page is not to be opened, which takes longest.
    """
    page = type(page).objects.get(pk=page.pk)
    found = {published_pages(few).filter(pk=page.pk).exists() for few in (True, False)} | {is_published(page)}
    if client:
        found.add(client.get(page.url).status_code == 200)
    assert len(found) == 1
    return found.pop()


@pytest.mark.parametrize("model", TYPES)
def test_no_route_shows_a_page_whose_people_have_not_agreed(client, model):
    for name, make_fields in unmet_conditions.CONDITIONS.items():
        with undone():
            if page := make_draft(model, make_fields()):
                unmet_conditions.change_after_decision(name, page)
            # What is not agreed to makes no difference for the routes that check nothing again.
            is_opened = name in {"withdrawn", "child without decision"}
            for route in (ROUTES if is_opened else ROUTES[:2]) if page else ():
                with undone():
                    if route is publish:
                        with pytest.raises(ValidationError):
                            route(page)
                    else:
                        route(page)
                    opens = is_opened and route is update_queryset
                    assert not is_read(client if opens else None, page), (name, route.__name__)


@pytest.mark.parametrize("model", TYPES)
def test_a_page_is_read_while_its_people_agree(client, model):
    person = make_agreeing_person()
    page = make_draft(model, unmet_conditions.about(person))
    for route in ROUTES:
        with undone():
            route(page)
            assert is_read(client, page)
            withdraw(person)
            assert not is_read(client, page)


@pytest.mark.sqlite_only
def test_form_of_every_type_asks_who_is_in_the_page(client):
    client.force_login(builders.make_user(is_superuser=True))
    for page in map(builders.make_page_of, page_types()):
        assert "People in this page" in client.get(f"/admin/pages/{page.pk}/edit/").text
    plain = f"home/standardpage/{builders.home_page().pk}"
    for action, status in (("publish", 200), ("submit", 200), (None, 302)):
        form = builders.story_form(action, people="", introduction="")
        response = client.post(f"/admin/pages/add/{plain}/", form)
        assert response.status_code == status, action
        assert ("Say who is in this page." in response.text) == bool(action)


@pytest.mark.sqlite_only
def test_a_held_home_page_shows_its_texts_nowhere(client, django_capture_on_commit_callbacks):
    person, text = make_agreeing_person(), f"<p>{HIDDEN}</p>"
    helping = builders.make_plain_page("Get help", show_in_menus=True)
    story = builders.make_story("A lantern")
    home = builders.home_page()
    home.headline = home.tagline = home.donate_text = home.search_description = HIDDEN
    home.introduction = home.help_line = home.footer_text = text
    home.help_page, home.people, home.story_people = helping, "listed", rows_of(person)
    home.save()
    others = [helping.url, story.url, "/stories/", "/search/?q=lantern", "/sitemap.xml"]
    assert all(HIDDEN in client.get(address).text for address in ["/", *others[:-1], "/no-such-page/"])
    assert HIDDEN in write_page().read_text()
    with django_capture_on_commit_callbacks(execute=True):
        withdraw(person)
    assert HIDDEN not in write_page().read_text(), "the page for an outage has the help line"
    statuses = {"/": 404, "/no-such-page/": 404, "/feed.atom": 404} | dict.fromkeys(others, 200)
    for address, status in statuses.items():
        response = client.get(address)
        assert (response.status_code, HIDDEN in response.text) == (status, False), address
        if address not in {"/feed.atom", "/sitemap.xml"}:
            assert f'href="{helping.url}"' in response.text, "the help page is still in the menu"


@pytest.mark.sqlite_only
def test_a_withdrawal_deletes_no_home_page_and_no_page_with_others_below(client):
    person = make_agreeing_person(names="Amina Otieno")
    fields = {"people": "listed", "story_people": rows_of(person)}
    leaf, home = builders.make_plain_page("A leaf", **fields), builders.home_page()
    builders.save_with(home, people="listed", story_people=rows_of(person))
    section = builders.make_index(title="Section", **fields | {"story_people": rows_of(person)})
    story = builders.make_story("Somebody else's", parent=section)
    carry_out_withdrawal(person)
    assert not Page.objects.filter(pk=leaf.pk).exists()
    assert not is_read(client, home)
    assert not is_read(client, section)
    assert is_read(client, story)
    section = StoryIndexPage.objects.get(pk=section.pk)
    section.people, section.story_people = "none", []
    section.save_revision().publish()
    assert is_read(client, section)
