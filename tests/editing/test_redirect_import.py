"""Redirects in the admin: an import imports all rows or none; a malformed address is refused with words."""

import tempfile

import pytest
from django.core.files.base import ContentFile
from wagtail.contrib.redirects.models import Redirect

from tests.support import builders

pytestmark = pytest.mark.django_db

START, PROCESS = "/admin/redirects/import/", "/admin/redirects/import/process/"
COLUMNS = {"from_index": "0", "to_index": "1", "permanent": "on"}


@pytest.fixture
def admin(admin_client, tmp_path, monkeypatch):
    # Wagtail stores the uploaded file in this folder until the second step.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return admin_client


def upload(admin, text):
    """Do the first step. Return the form data for the second step."""
    page = builders.parse(admin.post(START, {"import_file": ContentFile(text, name="redirects.csv")}))
    names = ("import_file_name", "input_format")
    return COLUMNS | {name: page.select_one(f"input[name={name}]")["value"] for name in names}


def assert_refused(response):
    assert response.redirect_chain == [(START, 302)]
    assert "Nothing was imported" in response.text
    assert not Redirect.objects.exists()


def test_file_is_imported(admin):
    fields = upload(admin, "from,to\n/old,https://example.org/\n/older,https://example.org/\n")
    response = admin.post(PROCESS, fields, follow=True)
    assert "Imported 2 redirects" in response.text
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"/old", "/older"}


def test_row_without_a_target_imports_nothing(admin):
    fields = upload(admin, "from,to\n/old,https://example.org/\n/older\n")
    assert_refused(admin.post(PROCESS, fields, follow=True))


def test_file_deleted_between_the_steps_imports_nothing(admin, tmp_path):
    fields = upload(admin, "from,to\n/old,https://example.org/\n")
    for path in tmp_path.glob("tmp*"):
        path.unlink()
    assert_refused(admin.post(PROCESS, fields, follow=True))


# Python's urlsplit() raises ValueError for each of these.
@pytest.mark.parametrize("address", ["http://[x", "//[", "http://\u2100.com/"])
def test_malformed_address_is_refused_in_the_form(admin_client, address):
    fields = {"old_path": address, "redirect_link": "https://example.org/", "is_permanent": "on"}
    response = admin_client.post("/admin/redirects/add/", fields)
    assert "This is not an address." in response.text
    assert not Redirect.objects.exists()
