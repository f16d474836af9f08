"""Requests that no form of the admin sends get status 400. Those to change the root page are redirected.

Errors in the site's own code are still raised.
"""

import json

import pytest
from django.test import RequestFactory
from django.urls import reverse
from wagtail.models import Page

from editing.bad_input import refuse_malformed_values
from stories.models import StoryPage
from tests.support import builders

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "images/chooser/chosen-multiple/?id=x",
        "images/chooser/chosen/x/",
        "documents/chooser/chosen-multiple/?id=x",
        "documents/chooser/chosen/x/",
    ],
)
def test_primary_key_that_is_no_number(editor, path):
    assert editor.get(f"/admin/{path}").status_code == 400


def rich_text(text):
    block = {
        "key": "a",
        "type": "unstyled",
        "depth": 0,
        "text": text,
        "inlineStyleRanges": [],
        "entityRanges": [],
    }
    return json.dumps({"blocks": [block], "entityMap": {}})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body-count", "x"),
        ("body-count", "2"),  # The form has one block.
        ("body-0-order", "x"),
        ("body-0-value", "{"),
        ("body-0-value", "[]"),
        # Half of a pair of surrogates, and NUL: JSON can contain both, and PostgreSQL refuses them.
        ("body-0-value", rich_text("\ud800")),
        ("body-0-value", rich_text("\0")),
    ],
)
def test_malformed_block(editor, field, value):
    index = builders.make_index()
    address = reverse("wagtailadmin_pages:add", args=["stories", "storypage", index.pk])
    form = builders.story_form()
    assert editor.post(address, form | {field: value}).status_code == 400
    assert not StoryPage.objects.exists()
    assert editor.post(address, form | {"body-0-value": rich_text("Words")}).status_code == 302
    assert StoryPage.objects.exists()


def test_error_in_the_code_of_a_view_is_raised():
    @refuse_malformed_values
    def view(request):
        return {}["no such key"]

    with pytest.raises(KeyError):
        view(RequestFactory().get("/"))


@pytest.mark.parametrize("path", ["lock/", "unlock/", "set_position/?position=0", "move/{root}/confirm/"])
def test_request_to_change_the_root_page_is_redirected(admin_client, path):
    root = Page.get_first_root_node().pk
    response = admin_client.post(f"/admin/pages/{root}/{path.format(root=root)}")
    assert response.status_code == 302
    assert response.url == "/admin/"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("sent", ['{"help": 1, "other": 1}', "[1]", "{", json.dumps({"help": "x" * 2048})])
def test_profile_keeps_only_what_the_menu_sends(editor, sent):
    for body, status in (('{"help": true}', 200), (sent, 400)):
        answer = editor.patch("/admin/dismissibles/", body, content_type="application/json")
        assert answer.status_code == status
    assert editor.get("/admin/dismissibles/").json() == {"help": True}
