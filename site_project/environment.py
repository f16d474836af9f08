"""Reads the environment variables that configure the site, for settings.py. README.md lists them all.

An empty variable counts as not set. A wrong value ends the program with one line on standard error. The line
names the variable and never repeats its value, which may be a secret.
"""

import os
import re
import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from environ import Env

from accounts.secret_files import get_or_create_secret

# What a variable may say for on and off.
SWITCH = dict.fromkeys(["1", "true", "yes", "on"], True) | dict.fromkeys(["0", "false", "no", "off"], False)
# A host name, or an IPv6 address without its brackets, as urlsplit() returns them. Django knows no others.
HOST = re.compile(r"[\w:][\w.:-]*", re.ASCII)
SQLITE_OPTIONS = {
    # In WAL mode readers do not wait for a writer. In IMMEDIATE mode writers wait for each other, up to
    # `timeout` seconds. With synchronous=NORMAL instead of FULL, which is usual in WAL mode, a power cut
    # could lose the last saves.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
}


def stop(name, problem):
    """End the program with the line "`name` `problem`" and exit status 1."""
    sys.exit(f"{name} {problem}")


def read(name, default="", cast=str, problem=""):
    """Return the value of the variable `name`, or `default`, converted by `cast`.

    Stops with `problem` if `cast` raises. The exception and warnings of a library can repeat a password.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return cast(os.environ.get(name, "").strip() or default)
    except Exception:
        stop(name, problem)


def read_switch(name):
    return read(name, "0", lambda value: SWITCH[value.lower()], "must be 1 (on) or 0 (off).")


def read_choice(name, choices, default):
    """Return the one of `choices`, in capitals, that the variable names in any case."""
    problem = f"must be one of {', '.join(choices)}."
    return read(name, default, lambda value: choices[choices.index(value.upper())], problem)


def read_list(name, is_valid, problem):
    """Return the parts of a value with commas between them. Each must satisfy `is_valid`."""
    parts = [part.strip() for part in read(name).split(",") if part.strip()]
    return parts if all(map(is_valid, parts)) else stop(name, problem)


def read_url(name, schemes, problem, default=""):
    """Return the URL in the variable as urlsplit() does. It must have one of `schemes` and a host."""

    def parse(value):
        url = urlsplit(value)
        _ = url.port  # raises ValueError if the port is not a number
        if url.scheme not in schemes or not HOST.fullmatch(url.hostname or ""):
            raise ValueError
        return url

    return read(name, default, parse, problem)


def read_secret(name):
    """Return the value of the variable, or the contents of the file that the variable `name`_FILE names."""
    path = read(f"{name}_FILE")
    if read(name) or not path:
        return read(name)
    return read(f"{name}_FILE", cast=_read_file, problem="names a file that can't be read.")


def _read_file(path):
    return Path(path).read_text().strip()


def read_base_url(default, https_only):
    """Return BASE_URL without a slash at its end."""
    problem = "must be an address like https://stories.example.org, with no path."
    value = read("BASE_URL", default).rstrip("/")
    if not value:
        stop("BASE_URL", "is missing. Set it to the address of the site, like https://stories.example.org")
    url = read_url("BASE_URL", ["http", "https"], problem, default)
    # There is nothing but scheme, host and port: no path, parameters, or user name.
    if value.lower() != f"{url.scheme}://{url.netloc.lower()}" or "@" in value:
        stop("BASE_URL", problem)
    if https_only and url.scheme != "https":
        stop("BASE_URL", "must start with https:// in production.")
    return value


def read_hosts(base_url):
    """Return the host names that the site answers to. The default is the host of `base_url`."""
    problem = "must be host names like stories.example.org, with commas between; * would answer to any name."
    is_host = re.compile(r"\.?[\w-][\w.-]*|\[[\da-f:.]+\]", re.ASCII | re.IGNORECASE).fullmatch
    hosts = read_list("ALLOWED_HOSTS", is_host, problem)
    return hosts or [urlsplit(base_url).hostname]


def read_database(data_dir):
    """Return Django's settings for the database in DATABASE_URL, which is SQLite or PostgreSQL."""
    problem = "must look like postgres://user:password@host:5432/name or sqlite:////path/file"
    database = read("DATABASE_URL", f"sqlite:///{data_dir / 'db.sqlite3'}", Env.db_url_config, problem)
    engine = database.get("ENGINE")
    if engine == "django.db.backends.sqlite3":
        # A database in memory would be another one in each process. sqlite://name is one, too.
        if database["NAME"] == ":memory:":
            stop("DATABASE_URL", problem)
        return database | {"OPTIONS": SQLITE_OPTIONS}
    if engine != "django.db.backends.postgresql" or not database["NAME"]:
        stop("DATABASE_URL", problem)
    # In seconds and milliseconds: a server that is gone must not hold requests for long. A query has a limit
    # too: operations/statement_timeout.py.
    database["OPTIONS"] = {"connect_timeout": 2, "tcp_user_timeout": 5000} | database.get("OPTIONS", {})
    return database | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}


def read_mailer(default):
    """Return Django's settings for the mail server in EMAIL_URL."""
    problem = "must look like smtp+tls://user:password@host:587"
    mail = read("EMAIL_URL", default, Env.email_url_config, problem)
    is_server = mail["EMAIL_BACKEND"].endswith("smtp.EmailBackend")
    # consolemail://, for example, would write links that reset a password to the log.
    if read("EMAIL_URL") and not (is_server and HOST.fullmatch(mail["EMAIL_HOST"] or "")):
        stop("EMAIL_URL", problem)
    if not is_server:
        return {"BACKEND": mail["EMAIL_BACKEND"]}
    options = {
        "host": mail["EMAIL_HOST"],
        "port": mail["EMAIL_PORT"] or 25,
        "username": mail["EMAIL_HOST_USER"] or "",
        "password": mail["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": mail.get("EMAIL_USE_TLS", False),
        "use_ssl": mail.get("EMAIL_USE_SSL", False),
        "timeout": 10,  # seconds
    }
    return {"BACKEND": mail["EMAIL_BACKEND"], "OPTIONS": options}


def read_sender(default):
    """Return the sender in EMAIL_FROM, an address with or without a name."""
    problem = "must be an address like stories@example.org, or Stories <stories@example.org>"
    sender = re.compile(r"(?P<name>[^@<>\n]+<)?[^\s@<>,;]+@[\w.:-]+(?(name)>)").fullmatch
    return read("EMAIL_FROM", default, lambda value: sender(value)[0], problem)


def read_accel_prefix():
    """Return the address of nginx's internal location for media files, or ""."""
    problem = "must be a path with a slash at both ends, like /files/"
    return read("MEDIA_ACCEL_PREFIX", "", lambda path: re.fullmatch(r"((/[\w.-]+)+/)?", path)[0], problem)


def read_bucket():
    """Return the name of the bucket for pictures and documents, or "". An access point has an ARN instead."""
    problem = "must be the name of a bucket, without an address."
    return read("S3_BUCKET", "", lambda name: re.fullmatch(r"([\w.-]{3,255}|arn:\S+)?", name)[0], problem)


def read_time_zone():
    problem = "must be a name like Europe/London or Africa/Dakar."
    return read("TIME_ZONE", "UTC", lambda name: ZoneInfo(name).key, problem)


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


def read_former_keys():
    """Return the earlier secret keys, whose signatures stay valid."""
    problem = "must be earlier secret keys, with commas between them."
    return read_list("SECRET_KEY_FALLBACKS", lambda key: len(key) >= 50, problem)


def read_safeguarding_keys(keep_in=None):
    """Return the list of keys for restricted texts, which may be empty.

    `keep_in` is a folder in which a key is generated and kept if none is set. It is for local use only.
    """
    value = read_secret("SAFEGUARDING_KEYS")
    if not value and keep_in:
        value = get_or_create_secret(keep_in / "safeguarding_key", random_bytes=32)
    # Fernet's keys are 32 bytes in base64, with padding.
    keys = [f"{key.strip().rstrip('=')}=" for key in value.split(",") if key.strip()]
    if not all(re.fullmatch(r"[\w-]{43}=", key, re.ASCII) for key in keys):
        stop("SAFEGUARDING_KEYS", "must be keys of 32 random bytes in URL-safe base64, with commas between.")
    return keys


def read_months(name, default):
    """Return a number of months, 1 to 120 (MAX_MONTHS in safeguarding/scopes.py)."""
    months = read(name, str(default), int, "must be a number of months.")
    return months if 1 <= months <= 120 else stop(name, "must be 1 to 120 months.")


def read_identity_provider(https_only):
    """Return the issuer, client ID, client secret and name of the OpenID Connect provider; {} without one."""
    if not read("OIDC_ISSUER"):
        return {}
    problem = "must be the provider's address, like https://login.example.org/realms/stories"
    url = read_url("OIDC_ISSUER", ["https"] if https_only else ["http", "https"], problem)
    if url.query or url.fragment:
        stop("OIDC_ISSUER", problem)
    secret = read_secret("OIDC_CLIENT_SECRET")
    if not secret:
        stop("OIDC_CLIENT_SECRET", "is missing. Set it, or OIDC_CLIENT_SECRET_FILE, as the provider gave it.")
    client = read("OIDC_CLIENT_ID")
    if not client:
        stop("OIDC_CLIENT_ID", "is missing. Set it as the provider gave it.")
    name = read("OIDC_NAME", url.hostname)
    return {"issuer": read("OIDC_ISSUER"), "client_id": client, "client_secret": secret, "name": name}


def read_proxies():
    """Return the number of proxies in front of the site, 0 to 9."""
    numbers = {str(number): number for number in range(10)}
    problem = "must be the number of proxies in front of the site: 0 for none, or 1 to 9."
    return read("TRUST_PROXY", "0", numbers.__getitem__, problem)


def read_first_admin():
    """Return the user name of the first administrator, "random" for a generated name, or ""."""
    # Production does not start with an account "demo": accounts/demo_account.py.
    name = read("FIRST_ADMIN")
    if name and (not re.fullmatch(r"[\w.@+-]{1,150}", name) or name.lower() == "demo"):
        stop("FIRST_ADMIN", "must be a user name of letters, digits and @ . + - _, and not demo.")
    return name


def read_data_dir(default):
    """Return the folder for the database and uploaded files. It is created if it is missing."""
    folder = Path(read("DATA_DIR", default)).resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        stop("DATA_DIR", "names a folder that can't be made.")
    if not os.access(folder, os.W_OK | os.X_OK):
        stop("DATA_DIR", "names a folder in which this user can't make files.")
    return folder
