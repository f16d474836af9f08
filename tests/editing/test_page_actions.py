"""Copies of pages show and publish nothing that was hidden from their maker or from readers.

A bulk move keeps the tree below the chosen pages, and refuses pages with the same address.
"""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page

from tests.support import builders

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def make_user_with(page, *codenames):
    """Return a user with the permissions `codenames` for `page` and the pages below it."""
    group = Group.objects.create(name="Group of the test")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    rights = Permission.objects.filter(content_type__app_label="wagtailcore", codename__in=codenames)
    for permission in rights:
        GroupPagePermission.objects.create(group=group, page=page, permission=permission)
    user = builders.make_user()
    user.groups.add(group)
    return user


def copy(client, page, **fields):
    """Post the form that copies `page` below its parent. Return the copy, or None if none was made."""
    form = {"new_title": "Copy", "new_slug": "copy", "new_parent_page": page.get_parent().pk}
    client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), form | fields)
    return Page.objects.filter(slug="copy").first()


def test_pages_below_are_copied_only_if_all_may_be_edited(client):
    section = builders.make_index(builders.make_index(), "Section")
    user = make_user_with(section, "add_page")
    top = builders.make_index(section, "List", owner=user)
    draft = builders.make_story("Of somebody else", builders.make_index(top, "Inner", owner=user), live=False)
    client.force_login(user)
    assert copy(client, top, copy_subpages="on") is None
    # The page at the top alone may be copied.
    copy(client, top).delete()
    Page.objects.filter(pk=draft.pk).update(owner=user)
    assert copy(client, top, copy_subpages="on").get_descendants().count() == 2


def test_page_that_may_not_be_edited_is_not_copied(client):
    """The copy would have its drafts. The page itself is shown, because it is public."""
    section = builders.make_index(builders.make_index(), "Section")
    page = builders.make_story("Of somebody else", section)
    client.force_login(make_user_with(section, "add_page"))
    assert copy(client, page) is None


@pytest.mark.parametrize("copied", ["list", "story"])
@pytest.mark.parametrize("hidden", ["list", "section", None])
def test_copy_of_a_hidden_page_is_a_draft(client, hidden, copied):
    """The user may edit the section with the list and the story, and copies to a list that is public."""
    section = builders.make_index(builders.make_index(), "Section")
    above = builders.make_index(section, "List")
    pages = {"section": section, "list": above, "story": builders.make_story("Below", above)}
    to = builders.make_index(builders.make_index(), "To")
    if hidden:
        builders.make_private(pages[hidden])
    client.force_login(builders.make_user("Moderators"))
    page = pages[copied]
    made = copy(client, page, copy_subpages="on", publish_copies="on", new_parent_page=to.pk)
    live = made.get_descendants(inclusive=True).filter(live=True)
    assert live.count() == (0 if hidden else {"list": 2, "story": 1}[copied])


def bulk_move(client, *pages, to):
    """Move `pages` below `to` with the bulk action. Return the addresses of all pages below `to` then."""
    ids = "&".join(f"id={page.pk}" for page in pages)
    client.post(f"/admin/bulk/wagtailcore/page/move/?{ids}&next=/admin/", {"chooser": to.pk})
    return [page.url_path for page in Page.objects.descendant_of(to).order_by("path")]


@pytest.mark.parametrize("order", [1, -1])
def test_page_that_is_chosen_with_the_page_above_it_moves_with_that(admin_client, order):
    top = builders.make_index()
    section, to = builders.make_index(top, "Section"), builders.make_index(top, "To")
    chosen = [section, builders.make_story("Chosen", section)]
    builders.make_story("Other", section)
    addresses = [f"{to.url_path}section/{end}" for end in ("", "chosen/", "other/")]
    assert bulk_move(admin_client, *chosen[::order], to=to) == addresses
    assert not any(Page.find_problems())


def test_pages_with_the_same_address_are_not_moved_to_one_place(admin_client):
    top = builders.make_index()
    to = builders.make_index(top, "To")
    pages = [builders.make_story("Same", builders.make_index(top, title)) for title in ("A", "B")]
    assert bulk_move(admin_client, *pages, to=to) == []
    assert "already in use" in admin_client.get("/admin/").text
