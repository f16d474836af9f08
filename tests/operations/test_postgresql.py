"""Connections to PostgreSQL: their password can be in a file, and no query is compiled."""

import pytest
from django.db import OperationalError, connection
from django.db.utils import ConnectionHandler

from tests.support.environment import read_settings

other = connection.vendor != "postgresql"
pytestmark = [pytest.mark.django_db, pytest.mark.skipif(other, reason="about connections to PostgreSQL")]


def test_no_query_is_compiled():
    """Compiling (JIT) takes longer than it saves."""
    with connection.cursor() as cursor:
        assert cursor.execute("SHOW jit").fetchone() == ("off",)


def test_password_is_read_from_a_file(monkeypatch, tmp_path):
    """compose.yaml has it in such a file, which libpq reads."""
    database = connection.settings_dict
    place = "{HOST}:{PORT}".format(**database)
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"{place}:postgres:{database['USER']}:{database['PASSWORD']}\n")
    passwords.chmod(0o600)
    address = f"postgres://{database['USER']}@{place}/postgres"
    site = ConnectionHandler(read_settings(tmp_path, DATABASE_URL=address)["DATABASES"])["default"]
    with pytest.raises(OperationalError, match="no password supplied"):
        site.ensure_connection()
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    site.ensure_connection()
    site.close()
