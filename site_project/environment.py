"""Reads the environment variables that configure the site, for settings.py. docs/deploying.md lists them all.

An empty variable counts as not set. A wrong value ends the program with one line that names the variable.
"""

import os
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.db import DatabaseError, connection
from django.http.request import split_domain_port, validate_host
from environ import Env

from accounts.secret_files import get_or_create_secret

# A host name, or an IPv6 address between brackets.
HOST = r"([\w-][\w.-]*|\[[\da-f:.]+\])"
SQLITE_OPTIONS = {
    # In WAL mode readers do not wait for a writer. In IMMEDIATE mode writers wait for each other, up to
    # `timeout` seconds. With synchronous=NORMAL instead of FULL, which is usual in WAL mode, a power cut
    # could lose the last saves.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}
# What PostgreSQL's planner gets with each connection. With many stories, compiling a query (jit) takes longer
# than the query. The default of random_page_cost, 4, is for a hard disk that moves its head for each row, so
# that whole tables would be read to look up some dozens of rows. These tables are in memory.
POSTGRESQL_OPTIONS = "-c jit=off -c random_page_cost=1.1"


def stop(name, problem):
    """End the program with the line "`name` `problem`" and exit status 1."""
    sys.exit(f"{name} {problem}")


def matches(pattern, value):
    return re.fullmatch(pattern, value, re.ASCII | re.IGNORECASE)


def read(name, pattern=".*", problem="must be one line.", default="", cast=str):
    """Return the value of the variable `name`, or `default`, converted by `cast`; "" if there is neither.

    Stops with `problem` if the value does not match `pattern`, or if `cast` raises.
    """
    value = os.environ.get(name, "").strip() or default
    try:
        if value and not matches(pattern, value):
            raise ValueError
        return value and cast(value)
    except Exception:  # its message can repeat a password
        stop(name, problem)


def read_switch(name):
    pattern = "1|true|yes|on|0|false|no|off"
    return Env.parse_value(read(name, pattern, "must be 1 (on) or 0 (off).", "0"), bool)


def read_choice(name, choices, default):
    """Return the one of `choices`, in capitals, that the variable names in any case."""
    return read(name, "|".join(choices), f"must be one of {', '.join(choices)}.", default).upper()


def read_months(name, default):
    """Return a number of months, 1 to 120 (MAX_MONTHS in safeguarding/scopes.py)."""
    return read(name, r"[1-9]\d?|1[01]\d|120", "must be 1 to 120 months.", default, int)


def read_secret(name):
    """Return the value of the variable, or the contents of the file that the variable `name`_FILE names."""
    problem = "names a file that can't be read."
    return read(name) or read(
        f"{name}_FILE", problem=problem, cast=lambda path: Path(path).read_text().strip()
    )


def read_list(name, pattern, problem, value=None):
    """Return the parts of a value with commas between them. Each must match `pattern`.

    `value`: that of the variable, unless it is another.
    """
    value = read(name) if value is None else value
    parts = [part.strip() for part in value.split(",") if part.strip()]
    return parts if all(matches(pattern, part) for part in parts) else stop(name, problem)


def read_base_url(default, https_only):
    """Return BASE_URL without a slash at its end."""
    problem = "must be an address like https://stories.example.org, with https and with no path."
    # Django answers to no name with an underscore.
    pattern = rf"https{'' if https_only else '?'}://(?!.*_){HOST}(:\d+)?/?"
    url = read("BASE_URL", pattern, problem, default) or stop("BASE_URL", f"is missing. It {problem}")
    return url.rstrip("/")


def read_hosts(base_url):
    """Return the host names that the site answers to. The default is the host of `base_url`."""
    problem = "must be host names like stories.example.org, with commas between; * would answer to any name."
    own, _port = split_domain_port(urlsplit(base_url).netloc)
    hosts = read_list("ALLOWED_HOSTS", rf"\.?{HOST}", problem) or [own]
    return (
        hosts if validate_host(own, hosts) else stop("ALLOWED_HOSTS", "must have the host of BASE_URL too.")
    )


def read_database(data_dir):
    """Return Django's settings for the database in DATABASE_URL, which is SQLite or PostgreSQL."""
    problem = "must look like postgres://user:password@host:5432/name or sqlite:////path/file"
    # A database in memory would be another one in each process. Options are only for PostgreSQL.
    pattern = r"sqlite:///(?!:memory:)[^?]+|(postgres|postgresql|psql|pgsql)://[^/]*/[^?].*"
    database = read(
        "DATABASE_URL", pattern, problem, f"sqlite:///{data_dir / 'db.sqlite3'}", Env.db_url_config
    )
    if database["ENGINE"] == "django.db.backends.sqlite3":
        # To open a file and read its schema takes a fifth of the time of a page.
        return database | {"OPTIONS": SQLITE_OPTIONS, "CONN_MAX_AGE": 60}
    # In seconds and milliseconds: a server that is gone must not hold requests for long. A query has a limit
    # too: operations/statement_timeout.py.
    limits = {"connect_timeout": 2, "tcp_user_timeout": 5000}
    database["OPTIONS"] = limits | {"options": POSTGRESQL_OPTIONS} | database.get("OPTIONS", {})
    return database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def refuse_wrong_database():
    """Stop if the database of DATABASE_URL can't be used. What PostgreSQL says about that has no password."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        stop("DATABASE_URL", f"names a database that can't be used: {' '.join(str(error).split())}")


def read_mailer(default):
    """Return Django's settings for the mail server in EMAIL_URL, or those of the backend `default`."""
    # With consolemail://, which django-environ knows too, links that reset a password would be in the log.
    pattern = rf"smtp(s|\+tls|\+ssl)?://(\S*@)?{HOST}(:\d+)?/?"
    problem = "must look like smtp+tls://user:password@host:587"
    # For django-environ, smtps:// is STARTTLS. Elsewhere it is TLS from the start, which smtp+ssl:// is here.
    mail = read(
        "EMAIL_URL",
        pattern,
        problem,
        cast=lambda url: Env.email_url_config(re.sub("(?i)^smtps", "smtp+ssl", url)),
    )
    if not mail:
        return {"BACKEND": f"django.core.mail.backends.{default}.EmailBackend"}
    use_tls, use_ssl = (mail.get(f"EMAIL_USE_{name}", False) for name in ("TLS", "SSL"))
    options = {
        "host": mail["EMAIL_HOST"],
        "port": mail["EMAIL_PORT"] or (465 if use_ssl else 587 if use_tls else 25),
        "username": mail["EMAIL_HOST_USER"] or "",
        "password": mail["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": use_tls,
        "use_ssl": use_ssl,
        "timeout": 10,  # seconds
    }
    return {"BACKEND": mail["EMAIL_BACKEND"], "OPTIONS": options}


def read_secret_key(keep_in=None):
    """Return the secret key.

    `keep_in` is a folder in which a key is generated and kept if none is set. It is for local use only.
    """
    key = read_secret("SECRET_KEY")
    if keep_in:
        return key or get_or_create_secret(keep_in / "secret_key")
    if not key:
        stop("SECRET_KEY", "is missing. Set it, or SECRET_KEY_FILE, to at least 50 random characters.")
    # The same limits as in Django's system check security.W009.
    if len(key) < 50 or len(set(key)) < 5:
        stop("SECRET_KEY", "must be at least 50 random characters.")
    return key


def read_safeguarding_keys(keep_in=None):
    """Return the list of keys for restricted texts, which may be empty.

    `keep_in` is a folder in which a key is generated and kept if none is set. It is for local use only.
    """
    value = read_secret("SAFEGUARDING_KEYS")
    if not value and keep_in:
        value = get_or_create_secret(keep_in / "safeguarding_key", random_bytes=32)
    problem = "must be keys of 32 random bytes in base64, with commas between."
    # Fernet's keys are 32 bytes in URL-safe base64, with padding.
    value = value.replace("+", "-").replace("/", "_")
    keys = read_list("SAFEGUARDING_KEYS", r"[\w-]{43}=?", problem, value)
    return [f"{key.rstrip('=')}=" for key in keys]


def read_identity_provider(https_only):
    """Return the issuer, client ID, client secret and name of the OpenID Connect provider; {} without one."""
    problem = "must be the provider's address, like https://login.example.org/realms/stories"
    pattern = f"https{'' if https_only else '?'}://{HOST}" + r"(:\d+)?(/[^\s?#]*)?"
    issuer = read("OIDC_ISSUER", pattern, problem)
    if not issuer:
        return {}
    missing = "is missing. Set it as the provider gave it."
    return {
        "issuer": issuer,
        "client_id": read("OIDC_CLIENT_ID") or stop("OIDC_CLIENT_ID", missing),
        "client_secret": read_secret("OIDC_CLIENT_SECRET") or stop("OIDC_CLIENT_SECRET", missing),
        "name": read("OIDC_NAME", default=urlsplit(issuer).hostname),
    }


def read_data_dir(default):
    """Return the folder for the database and uploaded files. It is created if it is missing."""
    folder = Path(read("DATA_DIR", default=str(default))).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        stop("DATA_DIR", "names a folder that can't be made.")
    if not os.access(folder, os.W_OK | os.X_OK):
        stop("DATA_DIR", "names a folder in which this user can't make files.")
    return folder
