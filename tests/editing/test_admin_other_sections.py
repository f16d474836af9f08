"""Lists, choosers and reports of the admin show editors nothing hidden of another section.

This file tests query strings, and hidden pages above and beside others. For each route without a query
string, see tests/editing/test_admin_routes.py; for `writer`, tests/editing/conftest.py.
"""

from copy import deepcopy
from urllib.parse import urlencode

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import override_settings
from django.urls import reverse
from wagtail.models import ModelLogEntry, Page, PageLogEntry, Task, Workflow

from publishing.models import TrashedPage
from tests.support import admin_world, builders
from tests.support.admin_world import SECRET
from tests.support.choosing import may, text_of
from tests.support.files_of_pages import document_block

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

STORY, INDEX, PLAIN = "stories.StoryPage", "stories.StoryIndexPage", "home.StandardPage"
# Values of the page chooser's parameters "page_type" and "user_perms".
TYPES = [STORY, INDEX, PLAIN, f"{STORY},home.HomePage"]
PERMISSIONS = ["move_to", "bulk_move_to", "copy_to", "add_subpage"]


@pytest.fixture(scope="module")
def shared_sections(module_transaction, tmp_path_factory):
    """The sections of `own` and `other` with all their objects, made once for the tests of this module.

    The fixtures `own` and `other` return copies, because tests change the objects in memory. See also
    module_transaction.
    """
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield admin_world.make_section("Own", "Plain"), admin_world.make_section("Other", SECRET)


@pytest.fixture
def own(shared_sections):
    """The section that `writer` may edit, in place of the fixture of tests/editing/conftest.py."""
    return deepcopy(shared_sections[0])


@pytest.fixture
def other(shared_sections):
    return deepcopy(shared_sections[1])


def shown(client, *addresses):
    """Return those of the admin's `addresses` whose responses have SECRET."""
    found = []
    for address in addresses:
        response = client.get(f"/admin/{address}")
        assert response.status_code < 500, address
        if SECRET in text_of(response):
            found.append(address)
    return found


def test_the_check_before_all_views_refuses_what_is_hidden(writer, own, other, subtests):
    """Most of Wagtail's views refuse it too. The site does not rely on that."""
    administrator = builders.make_user(is_superuser=True)
    private = builders.make_private(builders.make_story("For members", other.index))
    root, compare = Page.get_first_root_node().pk, "revisions/compare/live...latest"
    pictures, pages = "bulk/media/cleanimage/delete/?", "bulk/wagtailcore/page/delete/?"
    for address, of_editor, of_administrator in [
        (f"pages/{own.draft.pk}/edit/", True, True),
        (f"pages/{other.draft.pk}/edit/", False, True),
        (f"pages/{other.trashed.page_id}/edit/", False, False),
        (f"pages/{own.trashed.page_id}/edit/", False, False),
        (f"pages/{private.pk}/edit/", False, True),
        # Public pages, one of them with a draft, and a page that does not exist.
        (f"pages/{other.index.pk}/edit/", True, True),
        (f"pages/{other.live.pk}/edit/", True, True),
        ("pages/999999/edit/", True, True),
        # These routes call the primary key "pk". A snippet can have the same number as a hidden page.
        (f"pages/{own.draft.pk}/{compare}/", True, True),
        (f"pages/{other.draft.pk}/{compare}/", False, True),
        (f"snippets/stories/theme/edit/{other.draft.pk}/", True, True),
        # The root page is the start of lists and choosers.
        (f"pages/{root}/", True, True),
        (f"choose-page/{root}/", True, True),
        # The explorer shows titles of pages above one's sections, and of no others.
        (f"pages/{other.draft.pk}/", False, True),
        (f"pages/{other.trashed.page_id}/", False, False),
        # Pages and files that the query string names.
        (f"choose-page/chosen-multiple/?id={own.draft.pk}", True, True),
        (f"choose-page/chosen-multiple/?id={own.draft.pk}&id={other.draft.pk}", False, True),
        (f"{pages}id={own.draft.pk}", True, True),
        (f"{pages}id={own.draft.pk}&id={other.draft.pk}", False, True),
        (f"{pages}id=x", None, None),
        (f"{pages}id=all", False, True),
        (f"{pages}id={own.draft.pk}&id=all", False, True),
        (f"{pages}id=all&childOf={own.index.pk}", True, True),
        (f"{pages}id=all&childOf={other.index.pk}", False, True),
        (f"{pages}id=all&childOf=999999", None, None),
        (f"{pictures}id={own.image.pk}", True, True),
        (f"{pictures}id={own.image.pk}&id={other.image.pk}", False, True),
        # For "all", Wagtail itself takes only the files that the user may change.
        (f"{pictures}id={own.image.pk}&id=all", True, True),
        # No picture has this ID.
        (f"{pictures}id=x", False, True),
        # A model that does not exist.
        ("bulk/media/nothing/delete/?id=1", False, True),
    ]:
        with subtests.test(address):
            assert may(writer.user, address) is of_editor
            assert may(administrator, address) is of_administrator


def test_page_chooser_with_the_parameters_that_change_its_list(writer, admin_client, other):
    builders.make_private(builders.make_story(f"{SECRET} for members", other.index))
    builders.make_story("Public story without a draft", other.index)
    filters = ["can_choose_root=1&multiple=1&locale=en", *(f"page_type={each}" for each in TYPES)]
    filters += [f"page_type={each}&match_subclass=" for each in (TYPES[0], TYPES[-1])]
    permissions = [f"user_perms={each}&target_pages[]={other.draft.pk}" for each in PERMISSIONS]
    # Searched in lower case, because the page repeats the searched word.
    browse, search = f"choose-page/{other.index.pk}/?", f"choose-page/search/?q={SECRET.lower()}&"
    addresses = [f"{browse}{each}" for each in [*filters, *permissions, f"user_perms={PERMISSIONS[0]}"]]
    addresses += [f"{search}{each}" for each in filters]
    addresses += [f"choose-page/?page_type={each}" for each in TYPES]
    assert shown(writer, *addresses, "choose-page/search/?q=story") == []
    listed = writer.get(f"/admin/choose-page/{other.index.pk}/?page_type=stories.StoryPage").json()["html"]
    assert "Public story without a draft" in listed
    shown_to_administrators = [f"choose-page/{other.index.pk}/", f"choose-page/search/?q={SECRET.lower()}"]
    assert shown(admin_client, *shown_to_administrators) == shown_to_administrators


def test_ids_are_checked_however_they_are_written(writer, admin_client, other):
    key = str(other.draft.pk)
    # int() accepts all of these.
    written = [key, f" {key}", f"+{key}", f"{key} ", f"\n{key}", f"0{key}", f"0_{key}"]
    absurd = ["", "x", "\0", f"{key}.0", "9" * 40]
    # The actions share one check, so one of them tries all.
    actions = ("publish", "unpublish", "move", "nobody_described", "looked_at")
    tried = {f"bulk/wagtailcore/page/{action}/": (written[-1:], ["x"]) for action in actions}
    for place in ("choose-page/chosen-multiple/", "bulk/wagtailcore/page/delete/"):
        tried[place] = (written, absurd)
    for place, (keys, invalid) in tried.items():
        addresses = [f"{place}?{urlencode({'id': each})}" for each in keys]
        assert shown(writer, *addresses) == []
        assert shown(admin_client, *addresses) == addresses
        for each in invalid:
            query = urlencode({"id": [key, each]}, doseq=True)
            assert writer.get(f"/admin/{place}?{query}").status_code == 404


def test_hidden_objects_that_refer_to_own_objects(writer, admin_client, own, other):
    theme = builders.make_theme("Debt")
    link = f'<p><a linktype="page" id="{own.live.pk}">To</a></p>'
    body = [{"type": "text", "value": link}, *document_block(own.document)]
    refers = {"body": body, "themes": ["Debt"], "lead_image": own.image}
    builders.make_story(f"{SECRET} refers", other.index, live=False, **refers)
    usages = [
        f"pages/{own.live.pk}/usage/",
        f"documents/usage/{own.document.pk}/",
        f"images/usage/{own.image.pk}/",
        f"snippets/stories/theme/usage/{theme.pk}/",
    ]
    pages = [f"pages/{own.live.pk}/{name}/" for name in ("edit", "delete", "move", "copy", "history")]
    more = [
        f"documents/delete/{own.document.pk}/",
        f"images/{own.image.pk}/delete/",
        f"bulk/wagtailcore/page/move/?id={own.live.pk}",
        f"bulk/wagtailcore/page/delete/?id={own.live.pk}",
        f"bulk/media/cleanimage/delete/?id={own.image.pk}",
        f"api/main/pages/{own.live.pk}/?fields=*",
        f"api/main/pages/{own.index.pk}/?fields=*,parent(*),ancestors(*)",
    ]
    assert shown(writer, *usages, *pages, *more) == []
    assert shown(admin_client, *usages) == usages


def test_reports_with_their_filters(writer, admin_client, other):
    """The reports read a log that has titles of the other section, also of files and of a deleted page."""
    file = {"title": f"{SECRET} changed", "collection": other.collection.pk, "tags": ""}
    picture = file | {"shows": "place", "description": "x"}
    admin_client.post(f"/admin/images/{other.image.pk}/", picture)
    admin_client.post(f"/admin/documents/edit/{other.document.pk}/", file)
    deleted = builders.make_story(f"{SECRET} deleted", other.index, live=False)
    admin_client.post(f"/admin/pages/{deleted.pk}/delete/")
    row = TrashedPage.objects.get(page_id=deleted.pk)
    admin_client.post(reverse("delete_page_for_good", args=[row.pk]))
    assert not Page.objects.filter(pk=deleted.pk).exists()
    assert ModelLogEntry.objects.filter(label=f"{SECRET} changed").count() == 2
    assert PageLogEntry.objects.filter(label=f"{SECRET} deleted", action="wagtail.delete").exists()
    site_history = reverse("wagtailadmin_reports:site_history").removeprefix("/admin/")
    types = {entry.content_type_id for entry in [*ModelLogEntry.objects.all(), *PageLogEntry.objects.all()]}
    addresses = [f"{site_history}?object_type={each}&export=csv" for each in types]
    addresses += [f"{site_history}?{each}" for each in (f"label={SECRET.lower()}", "action=wagtail.delete")]
    for name in ("site_history", "workflow", "workflow_tasks", "aging_pages"):
        report = reverse(f"wagtailadmin_reports:{name}").removeprefix("/admin/")
        filters = ("", "?status=in_progress", "?reviewable=true") if "workflow" in name else ("",)
        addresses += [f"{report}{each}" for each in (*filters, "?export=csv")]
    pages = [f"pages/search/?q={SECRET.lower()}", "pages/search/?content_type=stories.storypage"]
    workflow, task = Workflow.objects.get(), Task.objects.get()
    usage = ["pages/usage/stories/storypage/", f"workflows/usage/{workflow.pk}/"]
    usage.append(f"workflows/tasks/usage/{task.pk}/")
    first_page = ""
    assert shown(writer, *addresses, *pages, *usage, first_page) == []
    stories = ContentType.objects.get(app_label="stories", model="storypage").pk
    filters = ("", "?export=csv", f"?label={SECRET.lower()}", f"?object_type={stories}&export=csv")
    seen = [f"{site_history}{each}" for each in filters]
    assert set(seen) <= set(addresses)
    assert shown(admin_client, *seen) == seen
