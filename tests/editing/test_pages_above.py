"""Hidden pages above the sections of an editor are not shown to the editor. The explorer leads past them.

`writer` is a client of this editor. Whatever is hidden has SECRET in its title.
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, PageLogEntry

from publishing.trash import in_trash
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import permit, text_of

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def hide_above(section, way):
    """Put a hidden page above the index page `section`, and return it. The page above this one is public."""
    title = "Plain" if way == "renamed in a draft" else f"{SECRET} list"
    page = builders.make_index(builders.make_index(), title, live=way != "draft")
    if way == "renamed in a draft":
        page.title = f"{SECRET} list"
        page.save_revision()
    section.move(page, pos="last-child")
    return Page.objects.get(pk=page.pk)


def permit_second_section(writer, above):
    """Let the user of `writer` edit a new section below `above` too, and return its index page."""
    second = builders.make_index(above, "Second")
    for codename in ("add_page", "change_page"):
        right = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=writer.user.groups.get(), page=second, permission=right)
    builders.make_story("Told in the second", second)
    return Page.objects.get(pk=second.pk)


# With one section, the explorer begins with it. With two, the closest page above both is the hidden one. All
# ways to hide it are one condition of a query (editing.admin_access.visible_to).
def test_explorer_begins_with_the_only_section(writer, own):
    assert own.live and own.trashed  # The explorer lists the first, and not the second.
    above = hide_above(own.index, "draft")
    starts = ["", "choose-page/", *(f"{name}/{above.get_parent().pk}/" for name in ("pages", "choose-page"))]
    for address in [f"pages/{above.pk}/", f"choose-page/{above.pk}/", f"pages/{own.index.pk}/", *starts]:
        assert SECRET not in text_of(writer.get(f"/admin/{address}")), address
    assert_explorer_and_menu_lead_past(writer, above, [Page.objects.get(pk=own.index.pk)])


def test_hidden_page_above_is_shown_nowhere_and_led_past(writer, admin_client, own):
    above = hide_above(own.index, "renamed in a draft")
    sections = [Page.objects.get(pk=own.index.pk), permit_second_section(writer, above)]
    top = above.get_parent()
    for page in (above, *sections):
        PageLogEntry.objects.log_action(page, "wagtail.edit", user=writer.user)
    history = reverse("wagtailadmin_reports:site_history").removeprefix("/admin/")
    shown_to_administrators = [
        f"pages/{top.pk}/",
        f"choose-page/{top.pk}/",
        "choose-page/search/?q=own",
        "pages/search/?q=own",
        f"pages/{top.pk}/?q=own",
        f"api/main/pages/?child_of={top.pk}",
        "api/main/pages/?limit=20",
        f"api/main/pages/{above.pk}/",
        f"api/main/pages/{own.index.pk}/?fields=*",
        history,
        f"{history}?export=csv",
    ]
    # More places that must not name it. Not all of them name it to administrators.
    others = [
        f"pages/{above.pk}/",
        f"api/main/pages/?child_of={above.pk}&fields=parent",
        "choose-page/",
        f"choose-page/{above.pk}/",
        "pages/search/",
    ]
    others += [f"pages/{section.pk}/" for section in sections]
    others += [f"pages/{own.index.pk}/{name}/" for name in ("edit", "history", "copy")]
    for address in shown_to_administrators:
        assert SECRET in text_of(admin_client.get(f"/admin/{address}")), address
    # The dashboard comes last, because it shows the messages of those that redirect to it.
    for address in [*shown_to_administrators, *others, ""]:
        assert SECRET not in text_of(writer.get(f"/admin/{address}")), address
    assert_explorer_and_menu_lead_past(writer, above, sections)


def assert_explorer_and_menu_lead_past(writer, above, sections):
    """With one section, they begin with it. With two, they begin above the hidden page and list both."""
    start = sections[0] if len(sections) == 1 else above.get_parent()
    response = writer.get("/admin/pages/", follow=True)
    assert response.redirect_chain[-1][0] == f"/admin/pages/{start.pk}/"
    query = f"child_of={start.pk}&for_explorer=1&fields=parent"
    found = {page["id"] for page in writer.get(f"/admin/api/main/pages/?{query}").json()["items"]}
    listed = {page.pk for page in response.context["pages"]}
    if len(sections) == 2:
        assert listed == found == {page.pk for page in sections}
        filtered = writer.get(f"/admin/pages/{start.pk}/?q=told").context["pages"]
        assert [page.title for page in filtered] == ["Told in the second"]
    else:
        assert listed == found == set(start.get_children().exclude(in_trash()).values_list("pk", flat=True))


def test_visible_page_above_is_listed(writer):
    top = builders.make_index()
    second = builders.make_index(builders.make_index(title="Other part", parent=top), "Second")
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=second, permission=right)
    listed = writer.get(f"/admin/pages/{top.pk}/").context["pages"]
    assert {page.title for page in listed} == {"Own", "Other part"}
    below = writer.get(f"/admin/pages/{second.get_parent().pk}/").context["pages"]
    assert [page.title for page in below] == ["Second"]


def test_site_history_has_no_earlier_titles_of_pages_above(writer, admin_client):
    """An entry has the title that the page had then.

    To a user with two sections, Wagtail shows the entries of the pages above both.
    """
    top = builders.make_index()
    top.title = f"{SECRET} stories"
    top.save_revision(log_action=True)
    top.title = "Stories"
    top.save_revision(log_action=True)
    second = builders.make_index(top, "Second")
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=second, permission=right)
    PageLogEntry.objects.log_action(second, "wagtail.edit")
    history = reverse("wagtailadmin_reports:site_history")
    for address in (history, f"{history}?export=csv"):
        assert SECRET in text_of(admin_client.get(address))
        shown = text_of(writer.get(address))
        assert SECRET not in shown
        assert "Second" in shown


def test_privacy_does_not_name_the_hidden_page_above(writer, admin_client, own):
    permit(writer, own)
    above = builders.make_private(builders.make_index(builders.make_index(), f"{SECRET} list"))
    own.index.move(above, pos="last-child")
    address = f"/admin/pages/{own.live.pk}/privacy/"
    assert SECRET in text_of(admin_client.get(address))
    shown = text_of(writer.get(address))
    assert "inherited" in shown
    assert SECRET not in shown
