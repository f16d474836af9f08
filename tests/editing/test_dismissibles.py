"""The profile of a user keeps only what the menu of the admin sends."""

import json

import pytest

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


@pytest.mark.parametrize("sent", ['{"help": 1, "other": 1}', "[1]", "{", json.dumps({"help": "x" * 2048})])
def test_profile_keeps_only_what_the_menu_sends(editor, sent):
    for body, status in (('{"help": true}', 200), (sent, 400)):
        answer = editor.patch("/admin/dismissibles/", body, content_type="application/json")
        assert answer.status_code == status
    assert editor.get("/admin/dismissibles/").json() == {"help": True}
