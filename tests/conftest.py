"""Fixtures that many tests use, and the order of all tests. `pytest_plugins` names modules with more."""

import gc
from functools import partial

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.template import RequestContext
from django.template.base import Template
from django.test.utils import instrumented_test_render
from django.utils import translation
from PIL import AvifImagePlugin, Image, WebPImagePlugin

from caching import content_version
from caching.versioned_cache import VersionedLocMemCache
from media.cleaning import CleanFile
from stories.demo import load
from tests.support import builders, uncommitted
from tests.support.committed import act_as_committed

# Modules with further fixtures, each after those that it imports: pytest warns if a module of this list is
# imported already.
pytest_plugins = [
    "tests.support.database_fixtures",
    "tests.support.network_fixtures",
    "tests.support.server_fixtures",
    "tests.support.browser_fixtures",
]
# Fixtures that give a test the database, as the marker django_db does.
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """Run tests without a database first. pytest-django would run them last.

    Some of them start whole servers and take long. At the end, the other processes would wait for them. This
    comes after pytest-django's own sorting (trylast), whose order stays among the tests with a database.
    """
    items.sort(key=uses_database)


def uses_database(item):
    return bool(item.get_closest_marker("django_db") or DATABASE_FIXTURES.intersection(item.fixturenames))


uncommitted.start()
# Only a change lets a process read the version again, so that the number of queries doesn't depend on time.
content_version.READ_SECONDS = 3600


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Start each test, and its fixtures, in the default language.

    Django leaves the language of a request active after it. The order of tests would decide in which language
    a test without a request renders.
    """
    translation.deactivate()


def pytest_collection_finish():
    """Exclude the objects that exist now from garbage collection, which saves one second in twenty."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def quick_pictures():
    """Encode AVIF and WebP with the least effort: in a quarter of the time, into slightly larger files.

    Where the code under test names an effort, that one is used.
    """
    for name, plugin, options in (
        ("AVIF", AvifImagePlugin, {"speed": 10}),
        ("WEBP", WebPImagePlugin, {"method": 0}),
    ):
        Image.register_save(name, partial(save_with, options, plugin._save))


@pytest.fixture(scope="session", autouse=True)
def contexts_of_whole_pages(django_test_environment):
    """Let the test client record the contexts of pages, not those of the many templates inside of them.

    To record all, as `django_test_environment` lets it do, takes an eighth of the time of a page with a long
    form.
    """

    def render(template, context):
        if context.template is template and isinstance(context, RequestContext):
            return instrumented_test_render(template, context)
        return template.nodelist.render(context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


def save_with(options, save, image, *arguments):
    image.encoderinfo = options | image.encoderinfo
    return save(image, *arguments)


@pytest.fixture
def wagtail_cache(monkeypatch):
    """Let Wagtail cache within the transaction of a test, as outside of one. For counts of queries."""
    monkeypatch.setattr(VersionedLocMemCache, "make_key", LocMemCache.make_key)
    caches["default"].clear()


@pytest.fixture
def media_root(settings, tmp_path):
    """Store the pictures and documents of this test in an empty folder of its own, and return the folder."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def small_pictures(monkeypatch):
    """Give the demo one small picture instead of its own. To clean and scale those takes most of its time."""
    small = CleanFile(builders.picture_bytes(160, 100), ".png")
    monkeypatch.setattr(load, "clean_picture", lambda _file: small)


@pytest.fixture
def committed(monkeypatch):
    """Make the caches store what they are given, although the test runs in a transaction.

    See act_as_committed().
    """
    act_as_committed(monkeypatch)


@pytest.fixture
def editor(client):
    """A client in which a member of Editors is signed in. Editors may not publish."""
    client.force_login(builders.make_user("Editors"))
    return client


@pytest.fixture
def moderator(client):
    """A client in which a member of Moderators, who may publish, is signed in: `moderator.user`."""
    client.user = builders.make_user("Moderators")
    client.force_login(client.user)
    return client


@pytest.fixture
def filters_on_short_lists(monkeypatch):
    """Make lists of any length offer filters, so that tests of filters need only a few stories."""
    monkeypatch.setattr("stories.listing.MAX_UNFILTERED", 0)
