"""Reads the environment variables that configure the site. README.md lists them all."""

import os
import re
import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import environ

from accounts.secret_files import kept_secret

TRUE = {"1", "true", "yes", "on"}
FALSE = {"", "0", "false", "no", "off"}


def stop(name, problem):
    """End the program with one line that names the variable `name`, never its value."""
    sys.exit(f"{name} {problem}")


def read(name, default=""):
    """Return the value of the environment variable `name`; an empty one counts as not set."""
    return os.environ.get(name, "").strip() or default


def read_switch(name):
    """Return True or False for a variable that is on or off; off when it is not set."""
    value = read(name).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    stop(name, "must be 1 (on) or 0 (off).")


def read_choice(name, choices, default):
    """Return the variable's value in capitals; stop when it is none of `choices`."""
    value = read(name, default).upper()
    if value not in choices:
        stop(name, f"must be one of {', '.join(choices)}.")
    return value


def read_base_url(default, https_only):
    """Return BASE_URL without a slash at its end; stop when it is no usable web address."""
    value = read("BASE_URL", default).rstrip("/")
    if not value:
        stop("BASE_URL", "is missing. Set it to the address of the site, like https://stories.example.org")
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.path
        _ = parts.port  # raises ValueError when it is no number
    except ValueError:
        usable = False
    if not usable:
        stop("BASE_URL", "must be an address like https://stories.example.org, with no path.")
    if https_only and parts.scheme != "https":
        stop("BASE_URL", "must start with https:// in production.")
    return value


def read_hosts(base_url):
    """Return the host names that the site answers to: BASE_URL's when ALLOWED_HOSTS is not set."""
    hosts = [host.strip() for host in read("ALLOWED_HOSTS").split(",") if host.strip()]
    if "*" in hosts:
        stop("ALLOWED_HOSTS", "must name the hosts of the site; * would answer to any name.")
    return hosts or [urlsplit(base_url).hostname]


def read_database(data_dir):
    """Return Django's settings of the database that DATABASE_URL names: SQLite or PostgreSQL."""
    url = read("DATABASE_URL", f"sqlite:///{data_dir / 'db.sqlite3'}")
    try:
        # What the library says of a wrong address would repeat the password in it.
        with warnings.catch_warnings(action="ignore"):
            database = environ.Env.db_url_config(url)
        engine = database["ENGINE"]
    except Exception:
        engine = ""
    if engine == "django.db.backends.sqlite3":
        database["OPTIONS"] = {
            # Readers are not kept waiting by an editor's autosave, and writers queue, not fail.
            # With NORMAL in the place of FULL a power cut may take the last saves along.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
        return database
    if engine == "django.db.backends.postgresql" and database["NAME"]:
        database["OPTIONS"] = {"connect_timeout": 2} | database.get("OPTIONS", {})
        return database | {
            "ENGINE": "operations.postgresql",
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    stop("DATABASE_URL", "must look like postgres://user:password@host:5432/name or sqlite:////path/file")


def read_cache_url():
    """Return the address of the Redis or Valkey that all processes share, or ""; stop when it is none."""
    url = read("CACHE_URL")
    try:
        parts = urlsplit(url)
        usable = not url or (parts.scheme in {"redis", "rediss"} and parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable:
        stop("CACHE_URL", "must look like redis://:password@host:6379/0, or rediss:// for TLS.")
    return url


def read_mailer(default):
    """Return Django's settings of the mail server that EMAIL_URL names, or that `default` does."""
    try:
        mail = environ.Env.email_url_config(read("EMAIL_URL", default))
        backend = mail["EMAIL_BACKEND"]
    except Exception:
        stop("EMAIL_URL", "must look like smtp+tls://user:password@host:587")
    if not backend.endswith("smtp.EmailBackend"):
        return {"BACKEND": backend}
    options = {
        "host": mail["EMAIL_HOST"],
        "port": mail["EMAIL_PORT"] or 25,
        "username": mail["EMAIL_HOST_USER"] or "",
        "password": mail["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": mail.get("EMAIL_USE_TLS", False),
        "use_ssl": mail.get("EMAIL_USE_SSL", False),
        "timeout": 10,
    }
    return {"BACKEND": backend, "OPTIONS": options}


def read_time_zone():
    """Return the name of the site's time zone; stop when no such zone is known."""
    name = read("TIME_ZONE", "UTC")
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        stop("TIME_ZONE", "must be a name like Europe/London or Africa/Dakar.")
    return name


def read_secret_key(keep_in=None):
    """Return the secret key from SECRET_KEY or the file that SECRET_KEY_FILE names.

    `keep_in`: a folder where a key of its own is made and kept when neither is set (local use only).
    """
    key = read("SECRET_KEY") or _read_file("SECRET_KEY_FILE", read("SECRET_KEY_FILE"))
    if not key and keep_in:
        return kept_secret(keep_in / "secret_key")
    if not key:
        stop("SECRET_KEY", "is missing. Set it, or SECRET_KEY_FILE, to at least 50 random characters.")
    if not keep_in and (len(key) < 50 or len(set(key)) < 5):
        stop("SECRET_KEY", "must be at least 50 random characters.")
    return key


def _read_file(name, path):
    """Return what is in the file that the variable `name` names; "" when there is none."""
    try:
        return Path(path).read_text().strip() if path else ""
    except (OSError, UnicodeDecodeError):
        stop(name, "names a file that can't be read.")


def read_identity_provider(https_only):
    """Return what is needed to sign in through an identity provider (OpenID Connect); {} without one."""
    issuer = read("OIDC_ISSUER")
    if not issuer:
        return {}
    try:
        parts = urlsplit(issuer)
        usable = parts.hostname and parts.scheme in ({"https"} if https_only else {"http", "https"})
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        stop("OIDC_ISSUER", "must be the provider's address, like https://login.example.org/realms/stories")
    secret = read("OIDC_CLIENT_SECRET") or _read_file(
        "OIDC_CLIENT_SECRET_FILE", read("OIDC_CLIENT_SECRET_FILE")
    )
    if not secret:
        stop("OIDC_CLIENT_SECRET", "is missing. Set it, or OIDC_CLIENT_SECRET_FILE, as the provider gave it.")
    client = read("OIDC_CLIENT_ID")
    if not client:
        stop("OIDC_CLIENT_ID", "is missing. Set it as the provider gave it.")
    name = read("OIDC_NAME", parts.hostname)
    return {"issuer": issuer, "client_id": client, "client_secret": secret, "name": name}


def read_former_keys():
    """Return the keys in SECRET_KEY_FALLBACKS: what they signed is still good."""
    keys = [key.strip() for key in read("SECRET_KEY_FALLBACKS").split(",") if key.strip()]
    if any(len(key) < 50 for key in keys):
        stop("SECRET_KEY_FALLBACKS", "must be earlier secret keys, with commas between them.")
    return keys


def read_proxies():
    """Return how many proxies TRUST_PROXY says are in front of the site: 0 to 9; stop on anything else."""
    value = read("TRUST_PROXY", "0").lower()
    if value.isdecimal() and len(value) == 1:
        return int(value)
    if value not in TRUE | FALSE:
        stop("TRUST_PROXY", "must be the number of proxies in front of the site: 0 for none, or 1 to 9.")
    return int(value in TRUE)


def read_first_admin():
    """Return the name of the first administrator, or ""; stop when no account can have it.

    For "random" `manage.py prepare` makes up a name that nobody can guess.
    """
    name = read("FIRST_ADMIN")
    if name and (not re.fullmatch(r"[\w.@+-]{1,150}", name) or name.lower() == "demo"):
        stop("FIRST_ADMIN", "must be a user name of letters, digits and @ . + - _, and not demo.")
    return name


def read_data_dir(default):
    """Return the folder that holds the database, pictures and documents; made when it is missing."""
    folder = Path(read("DATA_DIR", str(default))).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        stop("DATA_DIR", "names a folder that can't be made.")
    return folder
