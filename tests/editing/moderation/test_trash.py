"""The trash in the admin: how pages get into it, where they are no longer found, and who takes them out.

For the trash itself, see tests/publishing/test_trash.py; for the fixtures `writer`, `own` and `elsewhere`,
tests/editing/conftest.py.
"""

import datetime

import pytest
from django.urls import reverse
from wagtail.actions.delete_page import DeletePagePermissionError
from wagtail.models import Page

from publishing.models import TrashedPage
from stories.models import StoryPage
from tests.support import admin_world, builders, messages
from tests.support.admin_world import SECRET, trashed
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@pytest.fixture
def section():
    return builders.make_index(builders.make_index(), "Section")


@pytest.fixture
def story(section):
    return builders.make_story(f"{SECRET} story", section)


def bulk(action, *pages):
    return f"/admin/bulk/wagtailcore/page/{action}/?{'&'.join(f'id={page.pk}' for page in pages)}"


def form_to_empty():
    """Return what the question before the trash is emptied sends: the newest page that it counted."""
    return {"last": TrashedPage.objects.latest("pk").pk}


# --- Into the trash ------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_deleted_pages_are_in_the_trash(admin_client, admin_user, section, story):
    """A page that is chosen together with the page above it stays below it in the trash."""
    other, third = builders.make_story(), builders.make_story()
    delete = reverse("wagtailadmin_pages:delete", args=[third.pk])
    assert "in the trash for 30 days" in admin_client.get(delete).text
    for address in (f"{bulk('delete', section, story, other)}&next=/admin/", delete):
        assert "in the trash for 30 days" in admin_client.post(address, follow=True).text
    rows = {(page.pk, admin_user.pk) for page in (section, other, third)}
    assert set(TrashedPage.objects.values_list("page", "user")) == rows
    assert StoryPage.objects.count() == 3


@pytest.mark.sqlite_only
def test_what_may_not_be_deleted_stays(admin_client, story):
    """After 30 days the scheduler would delete the site with its home page."""
    with pytest.raises(DeletePagePermissionError):
        story.delete(user=builders.make_user())
    home = builders.home_page()
    for address in (reverse("wagtailadmin_pages:delete", args=[home.pk]), bulk("delete", story, home)):
        assert "This is the home page of the site." in admin_client.post(address, follow=True).text
    assert not TrashedPage.objects.exists()


# --- In the trash --------------------------------------------------------------------------------

# Addresses of the admin that show the title of a page to everybody who may publish it. OF_PAGE: its own.
OF_PAGE = """
    pages/{page}/edit/ pages/{page}/history/ pages/{page}/view_draft/ pages/{page}/copy/ pages/{page}/delete/
    pages/{page}/move/ pages/{page}/usage/
"""
PLACES = """
    pages/{parent}/ pages/search/?q={SECRET} choose-page/{parent}/ choose-page/search/?q={SECRET}
    choose-page/chosen-multiple/?id={page} api/main/pages/?child_of={parent} api/main/pages/{page}/
    bulk/wagtailcore/page/publish/?id={page} bulk/wagtailcore/page/move/?id=all&childOf={parent}
    bulk/wagtailcore/page/delete/?id=all&childOf={parent}&q={SECRET} pages/usage/stories/storypage/
    reports/aging-pages/
"""


def addresses(text, page):
    keys = {"page": page.pk, "parent": page.get_parent().pk, "SECRET": SECRET}
    return [f"/admin/{address}" for address in text.format(**keys).split()]


@pytest.mark.sqlite_only
def test_nobody_finds_a_page_in_the_trash(client, admin_client, section, story, subtests):
    moderator = admin_world.make_role("moderator", None)
    written, picture = StoryPage.objects.get(pk=story.pk), builders.make_image()
    builders.save_with(written, lead_image=picture, lead_image_decorative=True)
    written.save_revision(user=moderator, log_action=True)
    client.force_login(moderator)
    places = [*addresses(OF_PAGE + PLACES, story), f"/admin/images/usage/{picture.pk}/"]
    # Before it is deleted, all of them show the story.
    assert [each for each in places if f"{SECRET} story" not in client.get(each, follow=True).text] == []
    for user, page in ((client, story), (admin_client, section)):
        with subtests.test(page.title), undone():
            trashed(page)
            # Its own addresses redirect to the trash, because both may restore it.
            assert [each for each in places if f"{SECRET} story" in user.get(each).text] == []


@pytest.mark.sqlite_only
def test_addresses_of_a_page_lead_to_the_trash_if_one_may_restore_it(writer, own, elsewhere):
    below = builders.make_story("Below", builders.make_index(own.index, "Section"))
    trashed(below.get_parent())
    for page in (own.trashed.page, below):
        for address in addresses(OF_PAGE + "pages/{page}/ pages/{page}/privacy/", page):
            for response in (writer.get(address), writer.post(address)):
                assert (response.status_code, response.url) == (302, reverse("trash")), address
    assert "This page is in the trash" in writer.get(reverse("trash")).text
    refused = writer.get(f"/admin/pages/{elsewhere.trashed.page_id}/edit/", follow=True)
    assert "Sorry, you do not have permission" in refused.text
    # Nothing tells that the page is in the trash: the word is only where every page of the admin has it.
    assert refused.text.count("trash") == writer.get("/admin/").text.count("trash")
    # A script of the admin gets no redirect.
    script = {"x-requested-with": "XMLHttpRequest"}
    assert writer.get(f"/admin/pages/{below.pk}/edit/", headers=script).status_code == 403


@pytest.mark.sqlite_only
def test_nothing_is_done_with_a_page_in_the_trash(admin_client, section, story):
    """Not even by a superuser. The first loop shows that the same requests work before the page is there."""
    target, key = builders.make_index(builders.make_index(), "Target"), story.pk
    copy = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": target.pk}
    acts = {
        f"/admin/pages/{key}/edit/": builders.story_form("publish", title="Changed"),
        f"/admin/pages/{key}/unpublish/": {},
        bulk("publish", story): {},
        bulk("publish", section): {"include_descendants": "on"},
        f"/admin/pages/{key}/copy/": copy,
        f"/admin/pages/{key}/move/{target.pk}/confirm/": {},
    }

    def state():
        story = StoryPage.objects.get(pk=key)
        return story.title, story.live, story.get_parent().pk, Page.objects.filter(slug="copy").exists()

    for address, form in acts.items():
        assert admin_client.post(address, form).status_code in {200, 302}
    assert state() == ("Changed", True, target.pk, True)
    Page.objects.get(slug="copy").delete()
    StoryPage.objects.get(pk=key).move(Page.objects.get(pk=section.pk), pos="last-child")
    trashed(story)
    for address, form in acts.items():
        admin_client.post(address, form | ({"title": "Changed again"} if "title" in form else {}))
        assert state() == ("Changed", False, section.pk, False), address


def test_copy_of_a_section_leaves_out_what_is_in_the_trash(admin_client, section, story):
    inner = builders.make_index(section, "Inner")
    for parent, title in ((section, "Last"), (inner, "Deep")):
        builders.make_story(title, parent)
    trashed(story)
    trashed(builders.make_story("Deeper", inner))
    form = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": section.get_parent().pk}
    form |= {"copy_subpages": "on", "publish_copies": "on"}
    admin_client.post(reverse("wagtailadmin_pages:copy", args=[section.pk]), form)
    copied = Page.objects.get(slug="copy")
    assert list(copied.get_descendants().values_list("title", flat=True)) == ["Inner", "Deep", "Last"]
    assert all(copied.get_descendants().values_list("live", flat=True))
    assert Page.find_problems() == ([], [], [], [], [])  # five kinds of faults in the tree


# --- Out of the trash ----------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_page_is_deleted_for_good_after_the_question(admin_client, story):
    address = f"/admin/trash/{trashed(story).pk}/delete/"
    TrashedPage.objects.update(trashed_at=datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC))
    assert "31 March 2026" in admin_client.get(reverse("trash")).text
    assert "Nobody can restore them." in admin_client.get(address).text
    assert Page.objects.filter(pk=story.pk).exists()
    admin_client.post(address)
    assert not Page.objects.filter(pk=story.pk).exists()


@pytest.mark.sqlite_only
def test_list_shows_ones_own_sections_alone(writer, own, elsewhere):
    assert own.trashed and elsewhere.trashed
    text = writer.get(reverse("trash")).text
    assert '"name": "trash"' in text, "the trash is not in the menu"
    assert "Plain deleted" in text and 'aria-label="Restore: Plain deleted"' in text
    assert f"/trash/{own.trashed.pk}/restore/" in text and f"/trash/{own.trashed.pk}/delete/" not in text
    assert SECRET not in text and f"/trash/{elsewhere.trashed.pk}/" not in text
    assert reverse("empty_trash") not in text
    # An editor deletes nothing for good.
    for act, row in (("restore", elsewhere.trashed), ("delete", elsewhere.trashed), ("delete", own.trashed)):
        assert writer.post(f"/admin/trash/{row.pk}/{act}/").status_code == 404, act
    writer.post(reverse("empty_trash"), form_to_empty())
    assert TrashedPage.objects.count() == 2
    writer.force_login(builders.make_user("Moderators"))
    text = writer.get(reverse("trash")).text
    assert "Plain deleted" in text and f"{SECRET} deleted" in text and reverse("empty_trash") in text


@pytest.mark.sqlite_only
def test_page_below_a_deleted_page_waits_for_it(admin_client, section, story):
    inner, outer = trashed(story), trashed(section)
    response = admin_client.post(f"/admin/trash/{inner.pk}/restore/", follow=True)
    assert "Restore that one first." in response.text
    assert TrashedPage.objects.filter(pk=inner.pk).exists()
    for row in (outer, inner):
        response = admin_client.post(f"/admin/trash/{row.pk}/restore/")
        assert response.url == reverse("wagtailadmin_explore", args=[row.page.get_parent().pk])
        [text] = messages.texts_of(response)
        assert text.startswith(f"“{row.page.get_admin_display_title()}” is restored as a draft.")
    assert not TrashedPage.objects.exists()


def test_moderator_empties_the_trash_of_what_the_question_counted(moderator, own, section, story):
    assert own.trashed  # a page of another section
    for page in (story, section):  # The story is deleted with the section.
        trashed(page)
    question = moderator.get(reverse("empty_trash"))
    assert "3 pages" in question.text
    form = {field["name"]: field["value"] for field in builders.parse(question).select("main form [name]")}
    after = trashed(builders.make_story("Deleted meanwhile"))
    for last in ("", "x", "-1", "9" * 30):  # values that the question does not send
        moderator.post(reverse("empty_trash"), {"last": last})
    assert TrashedPage.objects.count() == 4
    assert "The trash is emptied." in moderator.post(reverse("empty_trash"), form, follow=True).text
    assert list(TrashedPage.objects.all()) == [after]
    assert not Page.objects.filter(pk__in=[section.pk, story.pk]).exists()
    assert "The trash is empty." in moderator.post(reverse("empty_trash"), form_to_empty(), follow=True).text
