"""“Hide now” and “Show again”: who may use them, on which pages, and who is told.

`writer` is a client whose user may edit pages of the section `own`, and none of the section `elsewhere`.
"""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from editing.moderation.hiding import header_buttons
from publishing.hiding import hide
from publishing.models import HiddenPage
from publishing.pages import page_types
from tests.support import admin_world, builders
from tests.support.messages import texts_of
from tests.support.translators import make_editor
from tests.support.undone import undone

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def post(client, act, page, **options):
    return client.post(reverse(f"{act}_page", args=[page.pk]), **options)


def is_hidden(page):
    return HiddenPage.objects.filter(page=page.pk).exists()


def test_editors_hide_and_only_who_may_publish_shows_again(own, subtests):
    page, adder = own.live, make_editor(own.index, permissions=["add_page"])
    for role in [*admin_world.ROLES, "may only add pages"]:
        with subtests.test(role), undone():
            client = Client()
            if user := adder if role == "may only add pages" else admin_world.make_role(role, own):
                client.force_login(user)
            post(client, "hide", page)
            assert is_hidden(page) == (role in {"editor", "moderator", "administrator"})
            hide(page)
            post(client, "show", page)
            assert is_hidden(page) == (role not in {"moderator", "administrator"})


def test_live_pages_are_hidden_unless_all_below_them_would_be(admin_client, admin_user):
    pages = [builders.make_page_of(model) for model in page_types()]
    draft = builders.make_story(live=False)
    for page in (*pages, draft):
        may_be_hidden = page.can_be_hidden and page != draft
        assert names_of(header_buttons(page, admin_user)) == ["Hide now"] * may_be_hidden
        post(admin_client, "hide", page)
        assert is_hidden(page) == may_be_hidden
        assert names_of(header_buttons(page, admin_user)) == ["Show again"] * may_be_hidden
        if may_be_hidden:
            [text] = texts_of(post(admin_client, "show", page))
            assert text.startswith(f"“{page.get_admin_display_title()}” is no longer hidden.")


def names_of(buttons):
    return [str(button.label) for button in buttons]


def test_buttons_are_offered_to_who_may_use_them(writer, own):
    explorer = reverse("wagtailadmin_explore", args=[own.index.pk])
    editor = reverse("wagtailadmin_pages:edit", args=[own.live.pk])  # It shows header_buttons().
    addresses = [reverse(f"{act}_page", args=[own.live.pk]) for act in ("hide", "show")]

    def offered(place=explorer):
        text = writer.get(place).text
        return [address in text for address in addresses]

    assert offered() == offered(editor) == [True, False]
    post(writer, "hide", own.live)
    assert offered() == offered(editor) == [False, False]
    writer.force_login(builders.make_user("Moderators"))
    assert offered() == offered(editor) == [False, True]


def test_those_who_may_publish_are_told(writer, own, django_capture_on_commit_callbacks):
    moderator = builders.make_user("Moderators")
    builders.make_user("Editors")  # may not publish, so is not told
    with django_capture_on_commit_callbacks(execute=True):
        asked = writer.get(reverse("hide_page", args=[own.live.pk]))
        response = post(writer, "hide", own.live, follow=True)
    assert [message.to for message in mail.outbox] == [[moderator.email]]
    names = f"Only these can show it again: {moderator.username}"
    assert names in asked.text and names in response.text
    body = mail.outbox[0].body
    assert own.live.get_admin_display_title() not in body, "a draft's title can have a name in it"
    assert f"/admin/pages/{own.live.pk}/edit/" in body
    assert "are told by e-mail" in response.text
    assert "Hidden from readers" in writer.get(reverse("wagtailadmin_pages:history", args=[own.live.pk])).text


@pytest.mark.parametrize("sends", [False, True])
def test_page_is_hidden_when_no_mail_can_be_sent(
    writer, own, settings, caplog, sends, django_capture_on_commit_callbacks
):
    """Without a mail server, the message asks the user to tell a moderator. A failing server is only logged.

    `sends`: whether a mail server is set up. Here it always fails.
    """
    builders.make_user("Moderators")
    settings.SENDS_MAIL = sends
    settings.MAILERS = {"default": {"BACKEND": "tests.nothing.Backend"}}
    with django_capture_on_commit_callbacks(execute=True):
        response = post(writer, "hide", own.live, follow=True)
    assert is_hidden(own.live)
    assert ("please tell a moderator" in response.text) == (not sends)
    assert ("could not be sent" in caplog.text) == sends


@pytest.mark.parametrize("case", ["hidden", "below a draft"])
def test_editor_is_told_that_a_published_page_is_not_shown(admin_client, case):
    index = builders.make_index(builders.make_index(), "Part", live=case == "hidden")
    story = builders.make_story("Story", index, live=False)
    if case == "hidden":
        hide(story)
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    text = admin_client.post(address, builders.story_form("publish", slug="story"), follow=True).text
    said = {"hidden": "it is hidden", "below a draft": "a page above it is not published"}
    assert {name: words in text for name, words in said.items()} == {name: name == case for name in said}


def test_status_of_every_page_type_says_that_a_page_is_hidden():
    for page in map(builders.make_page_of, page_types()):
        hide(page)
        assert str(type(page).objects.get(pk=page.pk).status_string) == "hidden from readers"


def test_lists_and_the_editor_say_that_a_live_page_is_hidden(admin_client):
    """Hiding a page hides the pages below it too."""
    above, story = builders.make_plain_page("About"), builders.make_story("Story")
    below = builders.make_plain_page("Below", above)
    explore, edit = "wagtailadmin_explore", "wagtailadmin_pages:edit"
    revert = reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, story.save_revision().pk])
    lists = [reverse(explore, args=[page.get_parent().pk]) for page in (story, below)]
    pages = dict.fromkeys((reverse(edit, args=[story.pk]), revert), "This page is hidden from readers")
    for view in (edit, explore):
        pages[reverse(view, args=[below.pk])] = "Readers don't see this page"

    def look(address):
        """Return the text of the page at `address`, and whether it has the badge “Live”."""
        page = builders.parse(admin_client.get(address))
        return page.text, bool(page.select(".page-status-tag"))

    assert "hidden from readers" not in look(lists[0])[0]
    for is_hidden_now in (False, True):
        for address, words in pages.items():
            text, has_badge = look(address)
            assert (has_badge, words in text) == (not is_hidden_now, is_hidden_now), address
        for page in (above, story):
            hide(page)
    for address in lists:
        assert "hidden from readers" in look(address)[0], address
