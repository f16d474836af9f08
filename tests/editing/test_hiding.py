"""“Hide now” and “Show again”: who may use them, on which pages, and who is told.

`writer` is a client whose user may edit pages of the section `own`, and none of the section `other`.
"""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from publishing.hiding import hide
from publishing.models import HiddenPage
from tests.support import admin_world, builders
from tests.support.admin_world import SECRET
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def post(client, act, page, **options):
    return client.post(reverse(f"{act}_page", args=[page.pk]), options, follow=True)


def is_hidden(page):
    return HiddenPage.objects.filter(page=page.pk).exists()


@pytest.mark.sqlite_only
def test_editors_hide_and_only_who_may_publish_shows_again(own, subtests):
    pages = own.live, own.alias
    for role in admin_world.ROLES:
        with subtests.test(role), undone():
            client = Client()
            if user := admin_world.make_role(role, own):
                client.force_login(user)
            for page in pages:
                post(client, "hide", page)
                assert is_hidden(page) == (role in {"editor", "moderator", "administrator"})
                hide(page)
                post(client, "show", page)
                assert is_hidden(page) == (role not in {"moderator", "administrator"})


def test_editor_of_another_section_may_not_hide(writer, other):
    response = post(writer, "hide", other.live)
    assert not is_hidden(other.live)
    assert SECRET not in response.text


@pytest.mark.sqlite_only
def test_only_live_stories_and_plain_pages_are_hidden(admin_client):
    plain, story = builders.make_plain_page("About"), builders.make_story()
    others = [builders.home_page(), builders.make_index(), builders.make_story(live=False)]
    for page in (plain, story, *others):
        post(admin_client, "hide", page)
        assert is_hidden(page) == (page in (plain, story))
        buttons = admin_client.get(reverse("wagtailadmin_pages:edit", args=[page.pk])).text
        assert (reverse("show_page", args=[page.pk]) in buttons) == is_hidden(page)
        assert reverse("hide_page", args=[page.pk]) not in buttons


@pytest.mark.sqlite_only
def test_buttons_are_offered_to_who_may_use_them(writer, own):
    addresses = [reverse("wagtailadmin_pages:edit", args=[own.live.pk])]
    addresses.append(reverse("wagtailadmin_explore", args=[own.index.pk]))
    for address in addresses:
        assert reverse("hide_page", args=[own.live.pk]) in writer.get(address).text
    post(writer, "hide", own.live)
    moderator = builders.make_user("Moderators")
    for address in addresses:
        text = writer.get(address).text
        assert f"{own.live.pk}/hide/" not in text and f"{own.live.pk}/show/" not in text
    writer.force_login(moderator)
    for address in addresses:
        assert reverse("show_page", args=[own.live.pk]) in writer.get(address).text


def test_those_who_may_publish_are_told(writer, own, django_capture_on_commit_callbacks):
    moderator, bystander = builders.make_user("Moderators"), builders.make_user("Editors")
    with django_capture_on_commit_callbacks(execute=True):
        response = post(writer, "hide", own.live)
    assert [message.to for message in mail.outbox] == [[moderator.email]]
    body = mail.outbox[0].body
    assert own.live.get_admin_display_title() in body
    assert f"/admin/pages/{own.live.pk}/edit/" in body
    assert bystander.email not in body
    assert "are told by e-mail" in response.text
    assert "Hidden from readers" in writer.get(reverse("wagtailadmin_pages:history", args=[own.live.pk])).text


@pytest.mark.parametrize(("sends", "told"), [(False, False), (True, True)])
def test_page_is_hidden_when_no_mail_can_be_sent(
    writer, own, settings, caplog, sends, told, django_capture_on_commit_callbacks
):
    """Without a mail server, the message asks the user to tell a moderator. A failing server is only logged.

    `sends`: whether a mail server is set up. `told`: whether the message says that moderators are told.
    """
    builders.make_user("Moderators")
    settings.SENDS_MAIL = sends
    settings.MAILERS = {"default": {"BACKEND": "tests.nothing.Backend"}}
    with django_capture_on_commit_callbacks(execute=True):
        response = post(writer, "hide", own.live)
    assert is_hidden(own.live)
    assert ("please tell a moderator" in response.text) == (not told)
    assert ("could not be sent" in caplog.text) == told


def test_copy_of_a_hidden_page_is_a_draft(admin_client):
    story = builders.make_story("Story")
    hide(story)
    form = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": story.get_parent().pk}
    address = reverse("wagtailadmin_pages:copy", args=[story.pk])
    admin_client.post(address, form | {"publish_copies": "on"})
    assert not Page.objects.get(slug="copy").live


@pytest.mark.sqlite_only
def test_editor_is_told_that_a_published_page_stays_hidden(admin_client):
    story = builders.make_story("Story")
    hide(story)
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    form = builders.story_form("publish", slug=story.slug)
    response = admin_client.post(address, form, follow=True)
    assert "it is hidden" in response.text


@pytest.mark.sqlite_only
def test_lists_and_the_editor_say_that_a_live_page_is_hidden(admin_client):
    story = builders.make_story("Story")
    addresses = [
        reverse("wagtailadmin_explore", args=[story.get_parent().pk]),
        reverse("wagtailadmin_pages:edit", args=[story.pk]),
        reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, story.save_revision().pk]),
    ]
    for is_hidden in (False, True):
        pages = [builders.parse(admin_client.get(address)) for address in addresses]
        assert ["hidden from readers" in page.text for page in pages] == [is_hidden] * 3
        badges = [bool(page.select(f".page-status-tag[href='{story.url}']")) for page in pages]
        assert badges == [False, not is_hidden, not is_hidden]  # “Live”, in the header of the editor
        hide(story)


@pytest.mark.sqlite_only
def test_lists_and_the_editor_say_that_a_live_page_is_hidden_with_another(admin_client):
    """Hiding a page hides the pages below it and its aliases too."""
    above, story = builders.make_plain_page("About"), builders.make_story("Story")
    below = builders.make_plain_page("Below", above)
    alias = story.create_alias(
        parent=builders.make_index(builders.make_index(), "Others"), update_slug="alias"
    )
    words = {}
    for page in (below, alias):
        words[reverse("wagtailadmin_explore", args=[page.get_parent().pk])] = "hidden from readers"
        for name in ("wagtailadmin_explore", "wagtailadmin_pages:edit"):
            words[reverse(name, args=[page.pk])] = "Readers don&#x27;t see this page"
    for is_hidden in (False, True):
        for address, text in words.items():
            response = admin_client.get(address)
            assert (text in response.text) == is_hidden, address
            if text.startswith("Readers"):
                badges = builders.parse(response).select(".page-status-tag")  # “Live”, in the header
                assert bool(badges) == (not is_hidden), address
        for page in (above, story):
            hide(page)
