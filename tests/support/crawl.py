"""Records the responses of the demo site to four kinds of users.

    python -m tests.support.crawl FOLDER     crawl a new demo site on SQLite
    diff -rU0 OLD NEW                        compare two such folders

Run it before and after a change that must not alter behaviour. A folder has a file for each address of the
public and admin pages that links lead to: status, headers, cookies (without their values), number of queries
and body. Tokens, nonces, UUIDs and names of stored files are normalised, because they differ from run to run.
"""

import html
import json
import logging
import os
import re
import sys
from collections import Counter, deque
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit
from zlib import crc32

import time_machine

# {kind of user: group}. With None, nobody is logged in. With "", the user is a superuser.
GROUPS = {"visitor": None, "editor": "Editors", "moderator": "Moderators", "administrator": ""}
STARTS = ["/", "/fr/", "/ar/", "/search/?q=kenya", "/robots.txt", "/sitemap.xml", "/nothing-here/", "/admin/"]
# Addresses that are not followed. A request for that of logging out would end the crawl as this user.
SKIPPED = ("/admin/logout/", "/static/")
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
# The number of query strings that are followed for each path, because lists link to every combination of
# filter and order.
QUERY_STRINGS_PER_PATH = 4
# Attributes that can hold an address, also the values of form fields.
LINKS = re.compile(
    r'\b(?:href|src|action|data-[\w-]*url[\w-]*|value)="(/[^"]*|https?://testserver[^"]*|\?[^"]*)"'
)
SOURCE_SETS = re.compile(r'\bsrcset="([^"]+)"')
LOCATIONS = re.compile(r"<(?:loc|id)>https?://[^/<]+(/[^<]*)<")
# (what differs from run to run, what takes its place).
VARYING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    # Names of stored pictures, and of their renditions before the filter.
    (re.compile(r'((?:^|[/"])(?:images/)?)[0-9a-f]{12,}\w*(?:\.[0-9a-f]{16})?(?=\.)'), r"\1FILE"),
    (re.compile(r"\b[A-Za-z0-9]{64}\b"), "TOKEN"),
    (re.compile(r"(nonce[-=]\"?)[\w+/=-]{16,}"), r"\1NONCE"),
    (re.compile(r"\bsection-[0-9a-f]{8}\b"), "section-UUID"),
    # Versions of Wagtail's static files: a hash of Wagtail's version and INSTALLED_APPS.
    (re.compile(r"\?v=[0-9a-f]{8}\b"), "?v=HASH"),
    # Numbers of block definitions, by the order in which modules define blocks, and of content types.
    (re.compile(r"\bblockdef-\d+"), "blockdef-NUMBER"),
    (re.compile(r'(content_type\\?"\s+value=\\?"|content_type=)\d+'), r"\1NUMBER"),
    # Keys of the blocks of rich text.
    (re.compile(r'(key\\*(?:&quot;|"):\s*\\*(?:&quot;|"))[0-9a-z]{1,5}(?=\\*(?:&quot;|"))'), r"\1KEY"),
    # Challenges for passkeys, in base64.
    (re.compile(r'(challenge(?:&quot;|"):\s*(?:&quot;|"))[\w-]{43,}'), r"\1CHALLENGE"),
    # The secret of an app for codes, and its QR code.
    (re.compile(r"<code>[A-Z2-7]{32}</code>"), "<code>SECRET</code>"),
    (re.compile(r'\bd="M4,4H5V5H4z[^"]*"'), 'd="QR"'),
    # White space of any kind and length counts as one line end: a new comment in a template adds empty lines.
    (re.compile(r"(?:\\n|\s)+"), "\n"),
]
# Headers that differ from run to run with the body or the time.
UNCOMPARED_HEADERS = {"content-length", "etag", "last-modified", "expires", "date"}


def main(folder):
    """Crawl the site as each kind of user, and write the responses to a folder for each in `folder`."""
    # The secret key is always the same, so that no answer differs because of it.
    os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "SECRET_KEY": "crawl" * 10}
    os.environ.pop("DATABASE_URL", None)
    # Refused requests are part of the record.
    logging.disable(logging.CRITICAL)
    with time_machine.travel(NOW, tick=False):
        for name, user in prepare_site().items():
            (folder / name).mkdir(parents=True)
            statuses = crawl(user, folder / name)
            sys.stdout.write(
                f"{name}: {statuses.total()} addresses, by status {dict(sorted(statuses.items()))}\n"
            )


def prepare_site():
    """Fill the empty database with the demonstration; return {kind of user: a user, or None}."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("load_demo", verbosity=0)
    users = dict.fromkeys(GROUPS)
    for name, group in GROUPS.items():
        if group is not None:
            names = name, f"{name}@example.org", "x"
            users[name] = get_user_model().objects.create_user(*names, is_superuser=not group)
            users[name].groups.set(Group.objects.filter(name=group))
    return users


def crawl(user, folder):
    """Follow all links from STARTS as `user`. Write a file for each answer; return {status: number}.

    The first line of a file is the address.
    """
    from django.test import Client

    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    waiting, seen, per_path, statuses = deque(STARTS), set(STARTS), Counter(), Counter()
    while waiting:
        address = waiting.popleft()
        answer, text = ask(client, address)
        statuses[answer["status"]] += 1
        # A name of a file has at most 255 characters.
        asked = normalised(address)
        name = f"{quote(asked, safe='')[:200]}-{crc32(asked.encode()):x}"
        head = json.dumps(answer, indent=1, sort_keys=True)
        (folder / name).write_text(f"{asked}\n{head}\n{normalised(text)}\n")
        text += f'<a href="{answer["headers"].get("Location", "")}">'
        for link in links_in(text, address):
            path, _, query = link.partition("?")
            is_known = normalised(link) in seen or link.startswith(SKIPPED)
            if not is_known and (not query or per_path[path] < QUERY_STRINGS_PER_PATH):
                per_path[path] += bool(query)
                seen.add(normalised(link))
                waiting.append(link)
    return statuses


def ask(client, address):
    """Return the answer to a GET of `address`, a dictionary, and its body as text.

    The request runs inside a transaction that is rolled back, so no request changes what a later one sees.
    The site doesn't use its caches in a transaction, so the number of queries is that of an uncached answer.
    """
    from django.db import connection, reset_queries, transaction
    from django.test.utils import CaptureQueriesContext

    reset_queries()  # Django's log of queries has a limited length
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        response = client.get(address)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    kind = response.headers.get("Content-Type", "")
    is_text = kind.startswith("text/") or "json" in kind or "xml" in kind or "javascript" in kind
    text = body.decode(errors="replace") if is_text or not body else "(bytes)"
    names = [name for name in response.headers if name.lower() not in UNCOMPARED_HEADERS]
    # The names of the attributes that are set. Values differ from run to run.
    cookies = {name: sorted(filter(each.get, each)) for name, each in response.cookies.items()}
    answer = {"status": response.status_code, "cookies": cookies, "queries": len(queries)}
    answer["headers"] = {name: normalised(response[name]) for name in names}
    return answer, text


def links_in(text, address):
    """Yield the addresses on this site that `text`, the answer of `address`, links to, without fragments."""
    found = LINKS.findall(text) + LOCATIONS.findall(text)
    for sources in SOURCE_SETS.findall(text):
        found += [source.split()[0] for source in sources.split(",")]
    for link in found:
        try:
            parts = urlsplit(urljoin(f"http://testserver{address}", html.unescape(link)))
        except ValueError:
            continue
        if parts.netloc == "testserver":
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def normalised(text):
    """Return `text` with everything that differs from run to run replaced by fixed words."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text.strip()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
