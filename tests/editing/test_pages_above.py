"""The explorer leads an editor through the hidden pages above their sections, and shows no more than titles.

`writer` is a client of this editor. What the pages above hide has SECRET in it.
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, PageLogEntry

from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import may, text_of

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.fixture
def above(writer, own):
    """A draft of a list, with the section `own` and a second section of the user of `writer` below it."""
    top = builders.make_index()
    above = builders.make_index(top, "Not public yet", live=False, introduction=f"<p>{SECRET} text.</p>")
    own.index.move(above, pos="last-child")
    second = builders.make_index(Page.objects.get(pk=above.pk), "Second")
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=second, permission=right)
    return Page.objects.get(pk=above.pk)


def test_explorer_and_menu_lead_to_the_sections_below_a_hidden_page(writer, own, above):
    assert own.live and own.trashed  # The explorer lists the first, and not the second.
    response = writer.get("/admin/pages/", follow=True)
    assert response.redirect_chain[-1][0] == f"/admin/pages/{above.pk}/"
    query = f"child_of={above.pk}&for_explorer=1&fields=parent"
    found = [page["title"] for page in writer.get(f"/admin/api/main/pages/?{query}").json()["items"]]
    listed = [page.title for page in response.context["pages"]]
    assert sorted(found) == sorted(listed) == ["Own", "Second"]
    listed = [page.pk for page in writer.get(f"/admin/pages/{own.index.pk}/").context["pages"]]
    assert own.live.pk in listed and own.trashed.page_id not in listed


def test_nothing_else_of_a_hidden_page_above_is_open(writer, admin_client, own, above):
    data = {"comment": {"contentpath": "introduction", "text": f"{SECRET} words"}}
    for page in (above, own.index):
        PageLogEntry.objects.log_action(page.specific, "wagtail.comments.create", data=data)
    names = ["edit", "view_draft", "history", "usage", "copy", "delete", "privacy"]
    for name in names:
        assert not may(writer.user, f"pages/{above.pk}/{name}/")
        answer = writer.get(f"/admin/pages/{above.pk}/{name}/")
        assert answer.status_code == 302 and answer.url == "/admin/", name
    for address in ("", "results/"):
        assert SECRET not in text_of(writer.get(f"/admin/pages/{above.pk}/{address}"))
    assert SECRET not in text_of(writer.get(f"/admin/api/main/pages/{above.pk}/?fields=*"))
    history = reverse("wagtailadmin_reports:site_history")
    counts = [text_of(client.get(history)).count(f"{SECRET} words") for client in (admin_client, writer)]
    assert counts == [2, 1]
