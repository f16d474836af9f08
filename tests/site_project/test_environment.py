"""Environment variables: a wrong or missing value stops the start with one line that does not repeat it."""

import os
import stat
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection

from tests.support.production import BARE

pytestmark = pytest.mark.one_database

# The variables that production needs.
GOOD = {
    "SECRET_KEY": "k3y-of-the-tests-with-many-characters-0123456789-abcdefgh",
    "BASE_URL": "https://stories.example.org",
}


def run(code, tmp_path, **variables):
    """Run Python code in production mode, with `tmp_path` as data folder; return the finished process."""
    environment = BARE | {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "site_project.settings"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=environment | GOOD | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def read_settings(tmp_path, expression, **variables):
    """Return the printed value of a Python expression about `settings` in production mode."""
    code = f"from django.conf import settings; print({expression})"
    result = run(code, tmp_path, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short-but-secret"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY_FALLBACKS", "short-but-secret"),
        ("BASE_URL", ""),
        ("BASE_URL", "http://stories.example.org"),
        ("BASE_URL", "stories.example.net"),
        ("BASE_URL", "https://stories.example.org/blog"),
        ("BASE_URL", "https://stories.example.org:port"),
        ("ALLOWED_HOSTS", "stories.example.org,*"),
        ("DATABASE_URL", "postgres-hunter2"),
        ("DATABASE_URL", "postgres://user:hunter2@host:port/name"),
        ("DATABASE_URL", "mysql://user:hunter2@host/name"),
        ("CACHE_URL", "memcached://:hunter2@host"),
        ("CACHE_URL", "redis://:hunter2@host:port"),
        ("EMAIL_URL", "smtp-hunter2"),
        ("EMAIL_URL", "pigeon://user:hunter2@host"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", "../../etc/passwd"),
        ("LOG_LEVEL", "LOUD"),
        ("DEBUG", "maybe"),
        ("TRY_OUT", "perhaps"),
        ("TRUST_PROXY", "sometimes"),
        ("OIDC_ISSUER", "https://login.example.org:port"),
        ("FIRST_ADMIN", "two words"),
        ("FIRST_ADMIN", "Demo"),
        ("DATA_DIR", "/dev/null/data"),
        ("SECRET_KEY_FILE", "/no/such/file-hunter2"),
    ],
)
def test_wrong_value_stops_the_start_with_one_line(tmp_path, name, value):
    variables = {name: value} | ({"SECRET_KEY": ""} if name == "SECRET_KEY_FILE" else {})
    result = run("from django.conf import settings; settings.DEBUG", tmp_path, **variables)
    assert result.returncode != 0
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith(f"{name} ")
    assert not value or value not in lines[0]
    assert "hunter2" not in lines[0]


def test_secret_key_may_begin_with_a_dollar_sign(tmp_path):
    """django-environ's own readers take such a value for the name of another variable."""
    key = "$" + GOOD["SECRET_KEY"]
    assert read_settings(tmp_path, "settings.SECRET_KEY", SECRET_KEY=key) == key


def test_secret_key_from_a_file(tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text(GOOD["SECRET_KEY"] + "\n")
    found = read_settings(tmp_path, "settings.SECRET_KEY", SECRET_KEY="", SECRET_KEY_FILE=str(key_file))
    assert found == GOOD["SECRET_KEY"]


def test_production_is_the_default(tmp_path):
    expression = (
        "settings.DEBUG, settings.LOCAL, settings.SESSION_COOKIE_SECURE, settings.SECURE_SSL_REDIRECT"
    )
    assert read_settings(tmp_path, expression) == "False False True True"
    expression = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.CSRF_COOKIE_SECURE"
    assert read_settings(tmp_path, expression) == "__Host-sessionid __Host-csrftoken True"
    expression = "settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS"
    assert read_settings(tmp_path, expression) == "31536000 True"
    assert read_settings(tmp_path, "settings.ALLOWED_HOSTS") == "['stories.example.org']"
    assert read_settings(tmp_path, "settings.SECURE_PROXY_SSL_HEADER") == "None"
    header = read_settings(tmp_path, "settings.SECURE_PROXY_SSL_HEADER", TRUST_PROXY="1")
    assert header == "('HTTP_X_FORWARDED_PROTO', 'https')"


def test_try_out_mode_answers_to_this_machine_only(tmp_path):
    hosts = read_settings(
        tmp_path, "settings.ALLOWED_HOSTS", TRY_OUT="1", ALLOWED_HOSTS="stories.example.org", BASE_URL=""
    )
    assert hosts == "['127.0.0.1', 'localhost']"


def test_try_out_mode_generates_a_secret_key(tmp_path):
    first = read_settings(tmp_path, "settings.SECRET_KEY", TRY_OUT="1", SECRET_KEY="", BASE_URL="")
    again = read_settings(tmp_path, "settings.SECRET_KEY", TRY_OUT="1", SECRET_KEY="", BASE_URL="")
    assert first == again
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_data_folder_is_readable_by_its_owner_only(tmp_path):
    read_settings(tmp_path, "settings.DATA_DIR", DATA_DIR=str(tmp_path / "new" / "data"))
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o700


def test_mail_server_from_email_url(tmp_path):
    code = """
import json
from django.conf import settings
print(json.dumps(settings.MAILERS["default"]["OPTIONS"], sort_keys=True))
print(settings.DEFAULT_FROM_EMAIL)
"""
    result = run(code, tmp_path, EMAIL_URL="smtp+tls://me:p%40ss@mail.example.org:587")
    options, sender = result.stdout.splitlines()
    assert options == (
        '{"host": "mail.example.org", "password": "p@ss", "port": 587, "timeout": 10, '
        '"use_ssl": false, "use_tls": true, "username": "me"}'
    )
    assert sender == "stories@stories.example.org"


def test_password_reset_needs_a_mail_server(tmp_path):
    assert read_settings(tmp_path, "settings.WAGTAIL_PASSWORD_RESET_ENABLED") == "False"
    assert "dummy" in read_settings(tmp_path, "settings.MAILERS")
    enabled = read_settings(
        tmp_path, "settings.WAGTAIL_PASSWORD_RESET_ENABLED", EMAIL_URL="smtp://mail.example.org"
    )
    assert enabled == "True"


def test_mail_can_be_sent():
    mail.send_mail("Subject", "Words", None, ["somebody@example.org"])
    assert mail.outbox[0].from_email == settings.DEFAULT_FROM_EMAIL


@pytest.mark.django_db
def test_sqlite_lets_readers_read_while_an_editor_writes(tmp_path):
    code = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for pragma in ("journal_mode", "synchronous", "busy_timeout"):
        print(cursor.execute(f"PRAGMA {pragma}").fetchone()[0])
print(connection.settings_dict["OPTIONS"]["transaction_mode"])
"""
    assert run(code, tmp_path).stdout.split() == ["wal", "2", "20000", "IMMEDIATE"]


def database_of_the_test():
    """Return {"DATABASE_URL": address} if the test runs on PostgreSQL, else {}."""
    if connection.vendor == "sqlite":
        return {}
    return {"DATABASE_URL": os.environ["DATABASE_URL"]}


def test_deploy_checks_are_clean(tmp_path):
    code = (
        "import django; django.setup(); from django.core.management import call_command; "
        "call_command('check', deploy=True, fail_level='WARNING', databases=['default'])"
    )
    mail_server = {"EMAIL_URL": "smtp+tls://user:password@mail.example.org:587"}
    result = run(code, tmp_path, **mail_server, **database_of_the_test())
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_production_refuses_the_demo_account(tmp_path):
    prepare = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", "auth", verbosity=0)
call_command("demo_login", stdout=open("/dev/null", "w"))
"""
    assert run(prepare, tmp_path, TRY_OUT="1").returncode == 0
    (tmp_path / "static").mkdir(exist_ok=True)
    start = "import warnings; warnings.simplefilter('ignore'); import site_project.wsgi; print('started')"
    refused = run(start, tmp_path)
    assert refused.returncode == 1
    assert "demo account" in refused.stderr
    assert "started" not in refused.stdout
    remove = """
import django; django.setup()
from django.db import connection
connection.cursor().execute("DELETE FROM auth_user")
"""
    assert run(remove, tmp_path, TRY_OUT="1").returncode == 0
    assert run(start, tmp_path).stdout.strip() == "started"
    assert run(start, tmp_path / "empty").stdout.strip() == "started", "no tables yet, so no account"


def test_admin_contacts_no_other_site():
    assert settings.WAGTAIL_GRAVATAR_PROVIDER_URL is None
    assert settings.WAGTAIL_ENABLE_UPDATE_CHECK is False
    assert settings.WAGTAIL_ENABLE_WHATS_NEW_BANNER is False
