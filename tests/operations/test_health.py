"""The health checks: /livez (the process answers) and /readyz (its database works, and is migrated)."""

import logging

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import ConnectionHandler

from tests.support.environment import read_settings

PATHS = ["/livez", "/readyz"]
# Databases that do not work.
ADDRESSES = ["postgres://nobody:secret@127.0.0.1:1/none", "sqlite:////no/such/folder/db"]
# A load balancer asks for them at the address of the container.
INSIDE = {"host": "10.0.0.7:8000"}
# The same through a proxy: such a response has no details.
ANY_HOST = INSIDE | {"x-forwarded-for": "203.0.113.9"}


@pytest.fixture(autouse=True)
def as_in_production(settings):
    settings.SECURE_SSL_REDIRECT = True


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_health_check_works_with_any_host_and_without_https_but_not_with_post(client, path):
    for method, content in (("get", b"ok\n"), ("head", b"")):
        response = getattr(client, method)(path, headers=ANY_HOST)
        assert (response.status_code, response.content) == (200, content)
        assert (response["Content-Type"], response["Cache-Control"]) == ("text/plain", "no-store")
        assert not response.cookies
    refused = client.post(path, headers=ANY_HOST)
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD")


def test_livez_makes_no_query_and_pages_still_need_an_allowed_host(client):
    # Without the marker django_db, pytest-django lets every query fail.
    assert client.get("/livez", headers=ANY_HOST).content == b"ok\n"
    assert [client.get(path, headers=ANY_HOST).status_code for path in ("/", "/livez/")] == [400, 400]


@pytest.mark.django_db
def test_readyz_fails_while_a_migration_is_missing(client, caplog):
    MigrationRecorder(connection).record_unapplied("stories", "0001_initial")
    assert client.get("/readyz").status_code == 200, "only the last migrations are checked"
    name = MigrationRecorder.Migration.objects.filter(app="search").latest("pk").name
    MigrationRecorder(connection).record_unapplied("search", name)
    with caplog.at_level(logging.DEBUG):
        response = client.get("/readyz")
    assert response.status_code == 503 and response.content.startswith(b"migrations\n")
    assert response["Cache-Control"] == "no-store"
    # Django does not log the status, because the program that made the request knows it.
    assert not [record for record in caplog.records if record.name.startswith("django.request")]
    MigrationRecorder(connection).record_applied("search", name)
    assert client.get("/readyz").status_code == 200


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_readyz_has_details_for_operators(client, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    lines = client.get("/readyz", headers=INSIDE).text.splitlines()
    assert {"scheduler: has not run here", f"version: {settings.VERSION}"} <= {*lines}
    (tmp_path / "due_work_done").touch()
    response = client.get("/readyz", headers=INSIDE)
    assert "scheduler: done 0 minutes ago" in response.text.splitlines()
    assert response.status_code == 200
    assert client.get("/livez", headers=INSIDE).text == "ok\n"


@pytest.fixture
def lost_database(request, tmp_path, django_db_blocker):
    """Let this process use the database at the address `request.param`, which does not work."""
    databases = read_settings(tmp_path, DATABASE_URL=request.param)["DATABASES"]
    own, connections["default"] = connections["default"], ConnectionHandler(databases)["default"]
    with django_db_blocker.unblock():
        yield
    connections["default"] = own


@pytest.mark.sqlite_only
@pytest.mark.parametrize("lost_database", ADDRESSES, indirect=True)
@pytest.mark.usefixtures("lost_database")
def test_without_its_database_livez_succeeds_and_readyz_fails(client, caplog):
    caplog.set_level(logging.DEBUG)
    answers = [client.get(path, headers=ANY_HOST) for path in PATHS]
    assert [(each.status_code, each.content) for each in answers] == [(200, b"ok\n"), (503, b"database\n")]
    assert "secret" not in caplog.text
    assert "Traceback" not in caplog.text
