"""An editor's change shows at the next request to every process and every replica."""

import secrets
from contextlib import ExitStack

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth import get_user_model
from django.db import connection
from wagtail.models import Site

from tests.drills.sites import Editor
from tests.support import builders, redis_server
from tests.support.production import database_of_the_test, running_site

# The user name is that of tests/drills/sites.py, whose Editor signs in.
NAME, PASSWORD = "drill", secrets.token_urlsafe(20)


@pytest.fixture
def sites(request, tmp_path, transactional_db, django_db_serialized_rollback):
    """Two servers of one site. With SQLite, they have a common data folder.

    With PostgreSQL, they have separate ones and a shared cache, as replicas do.
    """
    database = database_of_the_test()
    folders, shared = (tmp_path / "one", tmp_path / "two"), {"DATA_DIR": str(tmp_path)}
    key = secrets.token_urlsafe(60)
    with ExitStack() as stack:
        if connection.vendor == "postgresql":
            cache = redis_server.running(request.getfixturevalue("redis_path"))
            shared = {"CACHE_URL": stack.enter_context(cache)}
        servers = []
        for folder in folders:
            folder.mkdir()
            server = running_site(folder, database, workers=1, SECRET_KEY=key, **shared)
            servers.append(stack.enter_context(server))
        yield servers


def get_from_all(sites, address):
    """Return (status, text) of the responses of `sites`."""
    answers = [site.ask(address) for site in sites]
    return [(status, body.decode()) for status, _headers, body in answers]


def rename(editor, name):
    """Change the name of the organisation in the site settings."""
    address = f"/admin/settings/home/sitesettings/{Site.objects.get().pk}/"
    form = BeautifulSoup(editor.ask(address)[2], "html.parser").select_one(f"form[action='{address}']")
    fields = {field["name"]: field.get("value", "") for field in form.select("input[name]")}
    # Without the first two, the form would send the last of several radio buttons.
    chosen = {"palette": "earth", "robots": "all", "social_links-count": "0", "organisation_name": name}
    assert editor.post(address, fields | chosen)[0] == 302


def test_change_shows_at_the_next_request_to_each(sites, settings):
    # Django's default, as in the servers. They refuse the MD5 hashes that tests/settings.py has made.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    get_user_model().objects.create_superuser(NAME, password=PASSWORD)
    story = builders.make_story("The old words")
    editors = []
    for site in sites:
        site.facts = {"password": PASSWORD}  # Editor reads it from here
        editors.append(Editor(site))
    edit, hide, unpublish = (f"/admin/pages/{story.pk}/{what}/" for what in ("edit", "privacy", "unpublish"))
    for address in ("/", "/stories/", story.url):
        assert all("The old words" in text for _status, text in get_from_all(sites, address))

    editors[0].post(edit, builders.story_form("publish", title="The new words", slug=story.slug))
    for address in ("/", "/stories/", story.url):
        for status, text in get_from_all(sites, address):
            assert status == 200
            assert "The new words" in text, address
            assert "The old words" not in text, address

    rename(editors[1], "Another name")
    assert all("Another name" in text for _status, text in get_from_all(sites, "/stories/"))

    editors[1].post(hide, {"restriction_type": "login"})
    assert [status for status, _text in get_from_all(sites, story.url)] == [302, 302]
    assert all("The new words" not in text for _status, text in get_from_all(sites, "/stories/"))

    editors[0].post(hide, {"restriction_type": "none"})
    assert [status for status, _text in get_from_all(sites, story.url)] == [200, 200]

    editors[0].post(unpublish, {})
    assert [status for status, _text in get_from_all(sites, story.url)] == [404, 404]
    assert all("The new words" not in text for _status, text in get_from_all(sites, "/stories/"))
