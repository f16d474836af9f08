"""Environment variables: a wrong or missing value stops the start with one line that does not repeat it.

Also: the settings that right values lead to, and that production refuses the demo account.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
from contextlib import closing
from importlib import import_module

import pytest
from django.conf import global_settings, settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db.utils import ConnectionHandler
from django.test import override_settings

from accounts import demo_account
from site_project import environment
from tests.run import site_variables
from tests.support.environment import REQUIRED, ROOT, read_settings, run, variables_in_code
from tests.support.production import BARE
from tests.support.queries import database_down

pytestmark = pytest.mark.sqlite_only

# The variables for single sign-on.
OIDC = {"OIDC_ISSUER": "https://login.example.org/realm", "OIDC_CLIENT_ID": "stories"}
OIDC["OIDC_CLIENT_SECRET"] = "hunter2"
# Variables, and values between bars that stop the start. "hunter2" stands for a secret, which the message may
# not repeat. The last SECRET_KEY is long, but no random characters. With https://*, the site would answer to
# any host name. django-environ takes the last two databases for ones in memory. The last mail servers would
# drop mails, and write links that reset a password to the log. The last TRUST_PROXY is an Arabic two.
# The demo account has the name Demo.
WRONG_VALUES = f"""
    SECRET_KEY || short-but-secret | {"a" * 60}
    SECRET_KEY_FALLBACKS | short-but-secret
    BASE_URL || http://stories.example.org | stories.example.net | https://stories.example.org/blog | https://*
    BASE_URL | https://stories.example.org:port | https://stories.example.org?text=1
    BASE_URL | https://user:hunter2@stories.example.org | https://stories.example.org,www.example.org
    ALLOWED_HOSTS | stories.example.org,* | https://stories.example.org | stories.example.org:443
    ALLOWED_HOSTS | stories.example.org www.example.org | "stories.example.org" | www.example.org
    BASE_URL | https://my_stories.example.org
    HSTS_SECONDS | a-year | -1 | 1.5
    HSTS_SUBDOMAINS | perhaps
    HSTS_PRELOAD | perhaps | 1
    DATABASE_URL | postgres-hunter2 | postgres://user:hunter2@host:port/name | mysql://user:hunter2@host/name
    DATABASE_URL | sqlite://name.sqlite3 | sqlite:///:memory:
    EMAIL_URL | smtp-hunter2 | pigeon://user:hunter2@host | smtp+tls://user:hunter2@:587
    EMAIL_URL | dummymail:// | consolemail:// | smtp://mail.example.org:99999 | smtp://:587
    EMAIL_FROM | stories.example.org | a@example.org, b@example.org
    MEDIA_ACCEL_PREFIX | /protected | "/files/"
    S3_BUCKET | s3://bucket | "bucket"
    TIME_ZONE | Mars/Olympus | ../../etc/passwd | ../etc | Asia
    LOG_LEVEL | LOUD
    DEBUG | maybe
    TRY_OUT | perhaps
    TRUST_PROXY | sometimes | on | 10 | -1 | 1.5 | \u0662
    OIDC_ISSUER | https://login.example.org:port | http://login.example.org | sso.example.net | https://[
    OIDC_CLIENT_ID |
    OIDC_CLIENT_SECRET |
    OIDC_CLIENT_SECRET_FILE | /no/such/file-hunter2
    FIRST_ADMIN | two words | Demo
    DATA_DIR | /dev/null/data
    SAFEGUARDING_KEYS | too-short-hunter2 | {"a" * 44}
    SAFEGUARDING_KEYS_FILE | /no/such/file-hunter2
    CONSENT_MONTHS | two | 0 | 121
    CONSENT_MONTHS_CHILD | two
    NAMES_KEPT_MONTHS | two
    SECOND_FACTOR | some
    BACKUP_DIR | backups
    BACKUP_BUCKET | s3://bucket
    BACKUP_DAYS | 0 | two
    BACKUP_KEY | hunter2
    SECRET_KEY_FILE | /no/such/file-hunter2
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in WRONG_VALUES.strip().splitlines()]


def test_wrong_values_of_all_variables_are_tried():
    # Any value is right for these. Those of the image are tried in tests/operations/test_server.py.
    free = {"OIDC_NAME", "BACKUP_IDENTITY_FILE", "PORT", "WEB_CONCURRENCY", "SCHEDULER"}
    assert {name for name, *_values in ROWS} | free == variables_in_code()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, *values in ROWS for value in values])
def test_wrong_value_stops_the_start_with_one_line(tmp_path, name, value):
    variables = (OIDC if name.startswith("OIDC") else {}) | {name: value}
    if name.endswith("_FILE"):
        variables[name.removesuffix("_FILE")] = ""  # otherwise the file is not read
    with pytest.raises(SystemExit, match=f"^{name} .*$") as stopped:
        read_settings(tmp_path, **variables)
    [line] = stopped.value.code.splitlines()
    assert "hunter2" not in line
    assert len(value) < 3 or value not in line  # a short one may be in the explanation


def test_backups_are_not_where_the_front_server_reads(tmp_path):
    with pytest.raises(SystemExit, match=r"^BACKUP_DIR must be outside"):
        read_settings(tmp_path, BACKUP_DIR=str(tmp_path / "served" / "media" / "backups"))


def test_program_that_stops_prints_one_line_only(tmp_path):
    # django-environ warns of this value, and repeats it in the warning.
    result = run("from django.conf import settings as s; s.DEBUG", tmp_path, DATABASE_URL="postgres-hunter2")
    assert (result.returncode, result.stdout) == (1, "")
    [line] = result.stderr.splitlines()
    assert line.startswith("DATABASE_URL must look like")


def mailer(kind, **options):
    return {"default": {"BACKEND": f"django.core.mail.backends.{kind}.EmailBackend"} | options}


TRY_OUT = {"TRY_OUT": "1", "BASE_URL": ""}
DOLLAR_KEY = "$" + REQUIRED["SECRET_KEY"]
FALLBACKS = [f"{word}-key-of-the-tests-with-more-than-fifty-characters-0123456789" for word in ("one", "two")]
MAIL_SERVER = {"host": "mail.example.org", "port": 587, "username": "me", "password": "p@ss", "timeout": 10}
MAIL_SERVER |= {"use_tls": True, "use_ssl": False}
SENDER = "Our Stories <us@example.org>"
PROVIDER = {"issuer": OIDC["OIDC_ISSUER"], "client_id": "stories", "client_secret": "hunter2"}
BUCKET = {"BACKEND": "media.storage.BucketStorage", "OPTIONS": {"bucket_name": "stories.example-1"}}
STATIC_FILES = {"BACKEND": "site_project.static_storage.MinifyingStorage"}
PRODUCTION = {
    **dict.fromkeys(["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"], True),
    **dict.fromkeys(["DEBUG", "LOCAL", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"], False),
    **{"SESSION_COOKIE_NAME": "__Host-sessionid", "CSRF_COOKIE_NAME": "__Host-csrftoken"},
    **{"ALLOWED_HOSTS": ["stories.example.org"], "SECURE_PROXY_SSL_HEADER": None, "TRUST_PROXY": 0},
    "SECURE_HSTS_SECONDS": 86400,  # a day, which can be undone
    **{"MEDIA_ACCEL_PREFIX": "", "SECRET_KEY_FALLBACKS": [], "SECOND_FACTOR": "ADMINISTRATORS"},
    **{"IDENTITY_PROVIDER": {}, "WAGTAIL_PASSWORD_RESET_ENABLED": False, "MAILERS": mailer("dummy")},
    # No request of the admin goes to another site.
    **dict.fromkeys(["WAGTAIL_ENABLE_UPDATE_CHECK", "WAGTAIL_ENABLE_WHATS_NEW_BANNER"], False),
    "WAGTAIL_GRAVATAR_PROVIDER_URL": None,
}
# {case: (environment variables, {setting: its value})}
SETTINGS = {
    "production is the default": ({}, PRODUCTION),
    "try-out mode answers to this machine only": (
        TRY_OUT | {"ALLOWED_HOSTS": "stories.example.org"},
        {"ALLOWED_HOSTS": ["127.0.0.1", "localhost"], "SECOND_FACTOR": "NOBODY", "SENDS_MAIL": False},
    ),
    # django-environ's own readers take such a value for the name of another variable.
    "key with a dollar sign": ({"SECRET_KEY": DOLLAR_KEY}, {"SECRET_KEY": DOLLAR_KEY}),
    "old keys": ({"SECRET_KEY_FALLBACKS": ", ".join(FALLBACKS)}, {"SECRET_KEY_FALLBACKS": FALLBACKS}),
    "second factor": ({"SECOND_FACTOR": "everybody"}, {"SECOND_FACTOR": "EVERYBODY"}),
    "a proxy": (
        {"TRUST_PROXY": "1"},
        {"TRUST_PROXY": 1, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
    ),
    "a subdomain and an address": (
        {"ALLOWED_HOSTS": ".example.org,[2001:db8::1]"},
        {"ALLOWED_HOSTS": [".example.org", "[2001:db8::1]"]},
    ),
    "an address": ({"BASE_URL": "https://[2001:db8::1]:8443"}, {"ALLOWED_HOSTS": ["[2001:db8::1]"]}),
    "a year, subdomains and the list of browsers": (
        {"HSTS_SECONDS": "31536000", "HSTS_SUBDOMAINS": "1", "HSTS_PRELOAD": "1"},
        {
            "SECURE_HSTS_SECONDS": 31536000,
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
            "SECURE_HSTS_PRELOAD": True,
        },
    ),
    "a bucket": (
        # The front server has none of its files.
        {"S3_BUCKET": "stories.example-1", "MEDIA_ACCEL_PREFIX": "/files/"},
        {"STORAGES": {"default": BUCKET, "staticfiles": STATIC_FILES}, "MEDIA_ACCEL_PREFIX": ""},
    ),
    "a sender": ({"EMAIL_FROM": SENDER}, {"DEFAULT_FROM_EMAIL": SENDER}),
    "nine proxies": ({"TRUST_PROXY": "9"}, {"TRUST_PROXY": 9}),
    "mail server": (
        {"EMAIL_URL": "smtp+tls://me:p%40ss@mail.example.org:587"},
        {
            "WAGTAIL_PASSWORD_RESET_ENABLED": True,
            "DEFAULT_FROM_EMAIL": "stories@stories.example.org",
            "MAILERS": mailer("smtp", OPTIONS=MAIL_SERVER),
        },
    ),
    # TLS from the start, and its port.
    "mail server of smtps": (
        {"EMAIL_URL": "smtps://me:p%40ss@mail.example.org"},
        {"MAILERS": mailer("smtp", OPTIONS=MAIL_SERVER | {"port": 465, "use_tls": False, "use_ssl": True})},
    ),
    "identity provider": (OIDC, {"IDENTITY_PROVIDER": PROVIDER | {"name": "login.example.org"}}),
    "identity provider with a name": (
        OIDC | {"OIDC_NAME": "School"},
        {"IDENTITY_PROVIDER": PROVIDER | {"name": "School"}},
    ),
}


@pytest.mark.parametrize(("variables", "expected"), SETTINGS.values(), ids=SETTINGS)
def test_settings_from_the_environment(tmp_path, variables, expected):
    found = read_settings(tmp_path, **variables)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize("name", ["SECRET_KEY", "SAFEGUARDING_KEYS"])
def test_commands_of_the_documentation_make_keys(tmp_path, name):
    row = re.search(rf"^\| `{name}` \| (.*)", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE)[1]
    key = subprocess.check_output(re.search(r"`(openssl [^`]+)`", row)[1].split(), text=True).strip()
    assert read_settings(tmp_path, **{name: key})[name]


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"DATABASE_URL": "postgres://user:hunter2@127.0.0.1:9/name"}, "refused"),
        ({"DATABASE_URL": "postgres://user:hunter2@stories.invalid/name"}, "stories.invalid"),
        ({"DATABASE_URL": "postgres://user:hunter2@127.0.0.1/name?hunter=1"}, "invalid connection option"),
        ({"DATABASE_URL": "sqlite:////no/such/folder/db.sqlite3"}, "unable to open"),
        ({"DATABASE_URL": "sqlite:////etc/passwd"}, "not a database"),
    ],
)
def test_database_that_can_not_be_used_stops_the_start_with_one_line(tmp_path, variables, reason):
    environment = BARE | REQUIRED | {"DATA_DIR": str(tmp_path), "HOME": str(tmp_path)} | variables
    command = [sys.executable, "manage.py", "prepare"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(next(iter(variables)))
    assert reason in line and "user:hunter2" not in line


def test_secret_from_a_file(tmp_path):
    (tmp_path / "secret").write_text(REQUIRED["SECRET_KEY"] + "\n")
    variables = dict(OIDC)
    for name in ("SECRET_KEY", "OIDC_CLIENT_SECRET"):
        variables |= {name: "", f"{name}_FILE": str(tmp_path / "secret")}
    found = read_settings(tmp_path, **variables)
    assert found["SECRET_KEY"] == found["IDENTITY_PROVIDER"]["client_secret"] == REQUIRED["SECRET_KEY"]


def test_try_out_mode_generates_a_secret_key(tmp_path):
    variables = TRY_OUT | {"SECRET_KEY": ""}
    first, again = (read_settings(tmp_path, **variables)["SECRET_KEY"] for _ in range(2))
    assert first == again
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_data_folder_is_readable_by_its_owner_only_and_must_be_writable(tmp_path, monkeypatch):
    read_settings(tmp_path, DATA_DIR=str(tmp_path / "new" / "data"))
    assert stat.S_IMODE((tmp_path / "new" / "data").stat().st_mode) == 0o700
    monkeypatch.setattr(os, "access", lambda *_arguments: False)  # root may write to any folder
    with pytest.raises(SystemExit, match="^DATA_DIR names a folder in which"):
        environment.read_data_dir(tmp_path)


@pytest.mark.django_db  # Otherwise pytest-django refuses each connection.
def test_sqlite_lets_readers_read_while_an_editor_writes(tmp_path):
    database = ConnectionHandler(read_settings(tmp_path)["DATABASES"])["default"]
    with closing(database), database.cursor() as cursor:
        names = ("journal_mode", "synchronous", "busy_timeout")
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    # SQLite's 2 is FULL: a commit waits until it is on the disk. Another writer is waited for 20,000 ms.
    assert values == ["wal", 2, 20_000]
    assert database.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.django_db
def test_demo_account_is_found_also_under_another_name(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert demo_account.find_demo_account() is None
    demo_account.create()
    assert "The demo account 'demo' exists" in demo_account.find_demo_account()
    [user] = get_user_model().objects.all()
    user.username = "somebody"
    user.save()
    assert "the demo account under another name" in demo_account.find_demo_account()
    user.delete()
    assert demo_account.find_demo_account() is None


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_web_server_in_production_refuses_the_demo_account(settings, tmp_path, monkeypatch):
    """While the database is down the server starts all the same, to answer health checks."""
    settings.LOCAL, settings.DATA_DIR = False, tmp_path
    with database_down():
        demo_account.refuse_in_production()
    demo_account.create()
    monkeypatch.delitem(sys.modules, "site_project.wsgi", raising=False)
    with pytest.raises(SystemExit, match="^The demo account 'demo' exists in this database"):
        import_module("site_project.wsgi")


@pytest.mark.django_db
def test_production_passes_the_deploy_checks(tmp_path):
    production = read_settings(tmp_path, EMAIL_URL="smtp+tls://user:password@mail.example.org:587")
    defaults = vars(global_settings)
    # What production sets, and what the tests set and production does not.
    own = {
        name
        for name, value in production.items()
        if name.isupper() and (value is not defaults.get(name) or settings.is_overridden(name))
    }
    own -= {"INSTALLED_APPS", "DATABASES"}  # those of this process stay
    with override_settings(**{name: production[name] for name in own}):
        call_command("check", deploy=True, fail_level="WARNING")


def test_make_run_takes_only_harmless_variables_of_the_shell(tmp_path):
    """Others can be of a site in production, whose database would get the demo account."""
    for folder in (".ci", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(".ci/try-out", tmp_path / ".ci")
    shutil.copy(".env.example", tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.write_text("#!/bin/sh\nenv\n")
    python.chmod(0o755)
    names = site_variables()
    shell = os.environ | dict.fromkeys(names, "of-production")
    shown = subprocess.run(
        [".ci/try-out", "8000"], cwd=tmp_path, env=shell, capture_output=True, text=True, check=True
    )
    assert "DATABASE_URL" in names
    assert set(re.findall(r"^(\w+)=of-production$", shown.stdout, re.MULTILINE)) == {"DEBUG", "LOG_LEVEL"}
    assert "\nTRY_OUT=1\n" in shown.stdout
