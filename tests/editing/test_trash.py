"""The trash in the admin: how pages get into it, where they are no longer found, and who takes them out.

For the trash itself, see tests/publishing/test_trash.py; for the fixtures `writer`, `own` and `elsewhere`,
tests/editing/conftest.py.
"""

import datetime

import pytest
from django.urls import reverse
from wagtail.actions.delete_page import DeletePagePermissionError
from wagtail.models import Page

from publishing import trash
from publishing.models import TrashedPage
from stories.models import StoryPage
from tests.support import admin_world, builders
from tests.support.admin_world import SECRET
from tests.support.messages import texts_of
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@pytest.fixture
def section():
    return builders.make_index(builders.make_index(), "Section")


@pytest.fixture
def story(section):
    return builders.make_story(f"{SECRET} story", section)


def trashed(page):
    """Put `page` into the trash and return its TrashedPage."""
    trash.move_to_trash(Page.objects.get(pk=page.pk))
    return TrashedPage.objects.get(page=page.pk)


def bulk(action, *pages):
    return f"/admin/bulk/wagtailcore/page/{action}/?{'&'.join(f'id={page.pk}' for page in pages)}"


# --- Into the trash ------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_deleted_page_is_in_the_trash(admin_client, admin_user, story):
    address = reverse("wagtailadmin_pages:delete", args=[story.pk])
    assert "in the trash for 30 days" in admin_client.get(address).text
    response = admin_client.post(address, follow=True)
    row = TrashedPage.objects.get()
    assert (row.page_id, row.user) == (story.pk, admin_user)
    assert "in the trash for 30 days" in response.text


@pytest.mark.sqlite_only
def test_pages_that_are_deleted_at_once_are_in_the_trash(admin_client, admin_user, section, story):
    """A page that is chosen together with the page above it stays below it in the trash."""
    other = builders.make_story()
    response = admin_client.post(f"{bulk('delete', section, story, other)}&next=/admin/", follow=True)
    assert set(TrashedPage.objects.values_list("page", "user")) == {
        (section.pk, admin_user.pk),
        (other.pk, admin_user.pk),
    }
    assert StoryPage.objects.filter(pk__in=[story.pk, other.pk]).count() == 2
    assert "in the trash for 30 days" in response.text


@pytest.mark.sqlite_only
def test_action_of_a_user_checks_the_permission(story):
    with pytest.raises(DeletePagePermissionError):
        story.delete(user=builders.make_user())
    assert not TrashedPage.objects.exists()


@pytest.mark.sqlite_only
def test_home_page_of_the_site_is_not_deleted(admin_client):
    """After 30 days the scheduler would delete the site with it."""
    home, story = builders.home_page(), builders.make_story()
    for address in (reverse("wagtailadmin_pages:delete", args=[home.pk]), bulk("delete", story, home)):
        response = admin_client.post(address, follow=True)
        assert "This is the home page of the site." in response.text
    assert not TrashedPage.objects.exists()


# --- In the trash --------------------------------------------------------------------------------


def places(page):
    """Return addresses of the admin that show the title of `page` to everybody who may publish it."""
    parent = page.get_parent().pk
    return [
        f"/admin/pages/{parent}/",
        f"/admin/pages/{page.pk}/edit/",
        f"/admin/pages/{page.pk}/history/",
        f"/admin/pages/{page.pk}/view_draft/",
        f"/admin/pages/{page.pk}/copy/",
        f"/admin/pages/{page.pk}/delete/",
        f"/admin/pages/{page.pk}/move/",
        f"/admin/pages/{page.pk}/usage/",
        f"/admin/pages/search/?q={SECRET}",
        f"/admin/choose-page/{parent}/",
        f"/admin/choose-page/search/?q={SECRET}",
        f"/admin/choose-page/chosen-multiple/?id={page.pk}",
        f"/admin/api/main/pages/?child_of={parent}",
        f"/admin/api/main/pages/{page.pk}/",
        bulk("publish", page),
        f"/admin/bulk/wagtailcore/page/move/?id=all&childOf={parent}",
        f"/admin/bulk/wagtailcore/page/delete/?id=all&childOf={parent}&q={SECRET}",
        "/admin/pages/usage/stories/storypage/",
        "/admin/reports/aging-pages/",
    ]


@pytest.mark.sqlite_only
def test_nobody_finds_a_page_in_the_trash(client, admin_client, section, story, subtests):
    moderator = admin_world.make_role("moderator", None)
    written, picture = StoryPage.objects.get(pk=story.pk), builders.make_image()
    builders.save_with(written, lead_image=picture, lead_image_decorative=True)
    written.save_revision(user=moderator, log_action=True)
    client.force_login(moderator)
    addresses = [*places(story), f"/admin/images/usage/{picture.pk}/"]
    # Before it is deleted, all of them show the story.
    assert [each for each in addresses if f"{SECRET} story" not in client.get(each, follow=True).text] == []

    for user, page in ((client, story), (admin_client, section)):
        with subtests.test(page.title), undone():
            trashed(page)
            # Its own addresses redirect to the trash, because both may restore it.
            assert [each for each in addresses if f"{SECRET} story" in user.get(each).text] == []


@pytest.mark.sqlite_only
def test_addresses_of_a_page_lead_to_the_trash_if_one_may_restore_it(writer, own, elsewhere):
    below = builders.make_story("Below", builders.make_index(own.index, "Section"))
    trashed(below.get_parent())
    for page in (own.trashed.page, below):
        # The addresses of the page itself in places(): all after the list, up to "usage/".
        for address in places(page)[1:8] + [f"/admin/pages/{page.pk}/", f"/admin/pages/{page.pk}/privacy/"]:
            for response in (writer.get(address), writer.post(address)):
                assert (response.status_code, response.url) == (302, reverse("trash")), address
    assert "This page is in the trash" in writer.get(reverse("trash")).text
    refused = writer.get(f"/admin/pages/{elsewhere.trashed.page_id}/edit/", follow=True)
    assert "Sorry, you do not have permission" in refused.text
    # Nothing tells that the page is in the trash: the word is only where every page of the admin has it.
    assert refused.text.count("trash") == writer.get("/admin/").text.count("trash")
    # A script of the admin gets no redirect.
    assert writer.get(places(below)[1], headers={"x-requested-with": "XMLHttpRequest"}).status_code == 403


@pytest.mark.sqlite_only
def test_nothing_is_done_with_a_page_in_the_trash(admin_client, section, story):
    """Not even by a superuser. The first loop shows that the same requests work before the page is there."""
    target = builders.make_index(builders.make_index(), "Target")
    copy = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": target.pk}
    acts = {
        "edit": (f"/admin/pages/{story.pk}/edit/", builders.story_form("publish", title="Changed")),
        "unpublish": (f"/admin/pages/{story.pk}/unpublish/", {}),
        "publish": (bulk("publish", story), {}),
        "publish all": (bulk("publish", section), {"include_descendants": "on"}),
        "copy": (f"/admin/pages/{story.pk}/copy/", copy),
        "move": (f"/admin/pages/{story.pk}/move/{target.pk}/confirm/", {}),
    }
    for address, form in acts.values():
        assert admin_client.post(address, form).status_code in {200, 302}
    story = StoryPage.objects.get(pk=story.pk)
    assert (story.title, story.live, story.get_parent()) == ("Changed", True, target.page_ptr)
    Page.objects.get(slug="copy").delete()

    story.move(Page.objects.get(pk=section.pk), pos="last-child")
    story = StoryPage.objects.get(pk=story.pk)
    trashed(story)
    acts["edit"][1]["title"] = "Changed again"
    for name, (address, form) in acts.items():
        admin_client.post(address, form)
        story = StoryPage.objects.get(pk=story.pk)
        is_unchanged = (story.title, story.live, story.get_parent()) == ("Changed", False, section.page_ptr)
        assert is_unchanged and not Page.objects.filter(slug="copy").exists(), name


def test_place_of_a_page_is_counted_without_the_trash(admin_client, section, subtests):
    """The page C, before A, a deleted page and B, is moved."""
    moved, _a, deleted, _b = [builders.make_story(title, section) for title in ("C", "A", "deleted", "B")]
    trashed(deleted)
    address = reverse("wagtailadmin_pages:set_page_position", args=[moved.pk])
    orders = {"0": "CAB", "1": "ACB", "2": "ABC"}
    # The place is a number in the list of the explorer. Anything else moves the page to the end.
    for place, order in (orders | dict.fromkeys(["x", "9" * 40, ""], "ABC")).items():
        with subtests.test(place), undone():
            assert admin_client.post(f"{address}?position={place}").status_code == 200
            listed = [page.title for page in section.get_children() if page.pk != deleted.pk]
            assert "".join(listed) == order


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
def test_list_says_on_which_day_a_page_is_deleted_for_good(admin_client, story):
    trashed(story)
    TrashedPage.objects.update(trashed_at=datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC))
    assert "31 March 2026" in admin_client.get(reverse("trash")).text


@pytest.mark.sqlite_only
def test_page_is_deleted_for_good_after_the_question(admin_client, story):
    trashed(story)
    address = f"/admin/trash/{TrashedPage.objects.get().pk}/delete/"
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
    for act, row in (("restore", elsewhere.trashed), ("delete", elsewhere.trashed), ("delete", own.trashed)):
        assert writer.post(f"/admin/trash/{row.pk}/{act}/").status_code == 404, (
            "an editor deletes nothing for good"
        )
    writer.post(reverse("empty_trash"), {"last": TrashedPage.objects.latest("pk").pk})
    assert TrashedPage.objects.count() == 2
    writer.force_login(builders.make_user("Moderators"))
    text = writer.get(reverse("trash")).text
    assert "Plain deleted" in text and f"{SECRET} deleted" in text
    restore, delete = (f"/trash/{own.trashed.pk}/{act}/" for act in ("restore", "delete"))
    assert reverse("empty_trash") in text and text.index(restore) < text.index(delete)


@pytest.mark.sqlite_only
def test_page_below_a_deleted_page_waits_for_it(admin_client, section, story):
    inner = trashed(story)
    outer = trashed(section)
    response = admin_client.post(f"/admin/trash/{inner.pk}/restore/", follow=True)
    assert "Restore that one first." in response.text
    assert TrashedPage.objects.filter(pk=inner.pk).exists()
    for row in (outer, inner):
        response = admin_client.post(f"/admin/trash/{row.pk}/restore/")
        assert response.url == reverse("wagtailadmin_explore", args=[row.page.get_parent().pk])
        [text] = texts_of(response)
        assert text.startswith(f"“{row.page.get_admin_display_title()}” is restored as a draft.")
    assert not TrashedPage.objects.exists()


def test_moderator_empties_the_trash(moderator, own, section, story):
    assert own.trashed  # a page of another section
    for page in (story, section):  # The story is deleted with the section.
        trashed(page)
    assert "3 pages" in moderator.get(reverse("empty_trash")).text
    # The newest page in the trash that the question counted.
    form = {"last": TrashedPage.objects.latest("pk").pk}
    response = moderator.post(reverse("empty_trash"), form, follow=True)
    assert not TrashedPage.objects.exists()
    assert not Page.objects.filter(pk__in=[section.pk, story.pk]).exists()
    assert "The trash is empty." in response.text


def test_page_that_is_deleted_after_the_question_stays_in_the_trash(admin_client, section, story):
    before = trashed(story)
    question = builders.parse(admin_client.get(reverse("empty_trash")))
    form = {field["name"]: field["value"] for field in question.select("main form [name]")}
    after = trashed(builders.make_story("Deleted meanwhile", section))
    for last in ("", "x", "-1", "9" * 30):  # values that the question does not send
        admin_client.post(reverse("empty_trash"), {"last": last})
    assert TrashedPage.objects.count() == 2
    admin_client.post(reverse("empty_trash"), form)
    assert list(TrashedPage.objects.all()) == [after]
    assert not Page.objects.filter(pk=before.page_id).exists()
