"""The check before all views of the admin refuses what is hidden from an editor, also in query strings.

For each route without a query string, see tests/editing/test_admin_routes.py; for `writer`, conftest.py.
"""

from urllib.parse import urlencode

import pytest
from wagtail.models import Page

from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import may, text_of

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def shown(client, *addresses):
    """Return those of the admin's `addresses` whose responses have SECRET."""
    found = []
    for address in addresses:
        response = client.get(f"/admin/{address}")
        assert response.status_code < 500, address
        if SECRET in text_of(response):
            found.append(address)
    return found


def test_the_check_before_all_views_refuses_what_is_hidden(writer, own, elsewhere, subtests):
    """Most of Wagtail's views refuse it too. The site does not rely on that."""
    administrator = builders.make_user(is_superuser=True)
    private = builders.make_private(builders.make_story("For members", elsewhere.index))
    root, compare = Page.get_first_root_node().pk, "revisions/compare/live...latest"
    pictures, pages = "bulk/media/cleanimage/delete/?", "bulk/wagtailcore/page/delete/?"
    for address, of_editor, of_administrator in [
        (f"pages/{own.draft.pk}/edit/", True, True),
        (f"pages/{elsewhere.draft.pk}/edit/", False, True),
        (f"pages/{elsewhere.trashed.page_id}/edit/", False, False),
        (f"pages/{own.trashed.page_id}/edit/", False, False),
        (f"pages/{private.pk}/edit/", False, True),
        # Public pages, one of them with a draft, and a page that does not exist.
        (f"pages/{elsewhere.index.pk}/edit/", True, True),
        (f"pages/{elsewhere.live.pk}/edit/", True, True),
        ("pages/999999/edit/", True, True),
        # These routes call the primary key "pk". A snippet can have the same number as a hidden page.
        (f"pages/{own.draft.pk}/{compare}/", True, True),
        (f"pages/{elsewhere.draft.pk}/{compare}/", False, True),
        (f"snippets/stories/theme/edit/{elsewhere.draft.pk}/", True, True),
        # The root page is the start of lists and choosers.
        (f"pages/{root}/", True, True),
        (f"choose-page/{root}/", True, True),
        # The explorer shows titles of pages above one's sections, and of no others.
        (f"pages/{elsewhere.draft.pk}/", False, True),
        (f"pages/{elsewhere.trashed.page_id}/", False, False),
        # Pages and files that the query string names.
        (f"choose-page/chosen-multiple/?id={own.draft.pk}", True, True),
        (f"choose-page/chosen-multiple/?id={own.draft.pk}&id={elsewhere.draft.pk}", False, True),
        (f"{pages}id={own.draft.pk}", True, True),
        (f"{pages}id={own.draft.pk}&id={elsewhere.draft.pk}", False, True),
        (f"{pages}id=x", None, None),
        (f"{pages}id=all", False, True),
        (f"{pages}id={own.draft.pk}&id=all", False, True),
        (f"{pages}id=all&childOf={own.index.pk}", True, True),
        (f"{pages}id=all&childOf={elsewhere.index.pk}", False, True),
        (f"{pages}id=all&childOf=999999", None, None),
        (f"{pictures}id={own.image.pk}", True, True),
        (f"{pictures}id={own.image.pk}&id={elsewhere.image.pk}", False, True),
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


def test_ids_are_checked_however_they_are_written(writer, admin_client, elsewhere):
    key = str(elsewhere.draft.pk)
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
