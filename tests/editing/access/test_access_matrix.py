"""Who sees what: a table of objects and places, with the roles that see a word that only the object has.

tests/publishing/test_visibility.py has the public lists, and tests/media/test_access.py the files.
"""

from functools import cached_property

import pytest
from django.db import connection
from django.test import Client
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Locale, Site

from search.models import MissedSearch, VocabularyGroup
from tests.support import admin_world, builders, committed, files_of_pages
from tests.support.admin_world import SECRET
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

ROLES = ["visitor", "member", "other editor", "editor", "moderator", "administrator"]


class World(admin_world.Section):
    """A section with hidden objects. What is not public and is looked for by a word has SECRET."""

    def make_hidden(self, title, hide):
        body = [{"type": "text", "value": f"<p>{SECRET} words.</p>"}]
        story = builders.make_story(f"{SECRET} {title}", self.index, body=body, summary=f"{SECRET} summary.")
        hide(story)
        return story

    @cached_property
    def private(self):
        return self.make_hidden("for members", builders.make_private)

    @cached_property
    def for_group(self):
        return self.make_hidden("for readers", files_of_pages.private_to_group)

    @cached_property
    def unpublished(self):
        return self.make_hidden("unpublished", lambda story: story.unpublish())


def make_world():
    world = World("Here", SECRET)
    world.make_all()
    assert world.private and world.for_group and world.unpublished  # made now
    builders.make_theme(f"{SECRET} theme")
    builders.make_author(f"{SECRET} author")
    VocabularyGroup.objects.create(terms=f"{SECRET}\nother")
    Locale.objects.create(language_code="fr")  # Every story lacks a French version.
    MissedSearch.objects.create(digest="x", words=SECRET, count=9, month="2026-03-01")
    SearchPromotion.objects.create(query=Query.get(f"{SECRET} query"), page=world.live)
    builders.make_user(username=f"{SECRET}-user")
    return world


def make_user(role, section):
    if role != "other editor":
        return admin_world.make_role(role, section)
    user = builders.make_user(username=role)
    user.groups.add(admin_world.make_section_editors(admin_world.Section("There", "Plain")))
    return user


# --- The table ------------------------------------------------------------------------------------
# Rows of (name, word to look for, address, roles that see the word).

ALL, NOBODY = set(ROLES), set()
MEMBERS = ALL - {"visitor"}
OWN = {"editor", "moderator", "administrator"}  # The editor of this section, and the roles above.
EDITORS = OWN | {"other editor"}
MODERATORS = {"moderator", "administrator"}
ADMINISTRATOR = {"administrator"}


def public_things(world):
    """Yield rows for public addresses. Of the stories, drafts, private and unpublished ones have SECRET."""
    yield "live story", "Public story of Here", world.live.url, ALL
    yield "draft change of a live story", SECRET, world.live.url, NOBODY
    yield "draft", SECRET, world.draft.url, NOBODY
    yield "private by login", f"{SECRET} words", world.private.url, MEMBERS
    yield "private by group", f"{SECRET} words", world.for_group.url, ADMINISTRATOR
    yield "unpublished", SECRET, world.unpublished.url, NOBODY
    yield "text-only draft", SECRET, f"{world.draft.url}?text=1", NOBODY
    for place in ("/", "/stories/here/", "/feed.atom", "/sitemap.xml", "/search/?q=summary"):
        yield f"hidden at {place}", SECRET, place, NOBODY


def pages_in_the_admin(section):
    draft, live = f"/admin/pages/{section.draft.pk}/", f"/admin/pages/{section.live.pk}/"
    compare, view = "revisions/compare/{}...latest/", "revisions/{}/view/"
    names = ["edit/", "view_draft/", "history/", compare.format("earliest"), "copy/", "usage/"]
    for name in [*names, view.format(section.draft.latest_revision_id)]:
        yield f"{name} of a draft", SECRET, f"{draft}{name}", OWN
    yield "comparison with what is live", SECRET, f"{live}{compare.format('live')}", OWN
    # The title of this story is public. Only its changes have SECRET.
    changed = builders.make_story("Changed", section.index)
    changed.summary = f"{SECRET} summary."
    for name in ("edit/", "view_draft/", compare.format("live"), view.format(changed.save_revision().pk)):
        yield f"{name} of a changed story", SECRET, f"/admin/pages/{changed.pk}/{name}", OWN
    task = section.waiting.current_task_state.task_id
    preview = f"/admin/pages/workflow/preview/{section.draft.pk}/{task}/"
    yield "preview for a moderator", SECRET, preview, MODERATORS
    yield "history of a live story", "Changed story", f"{live}history/", OWN
    yield "old versions of a live story", "Changed story", f"{live}history/forget/", MODERATORS
    yield "unpublished in the editor", SECRET, f"/admin/pages/{section.unpublished.pk}/edit/", OWN


LISTS = """
    pages/{index}/ choose-page/{index}/ choose-page/search/?q={SECRET} choose-page/chosen-multiple/?id={draft}
    bulk/wagtailcore/page/move/?id={draft} bulk/wagtailcore/page/move/?id=all&childOf={index}
    bulk/media/cleanimage/delete/?id={image} pages/{draft}/move/{index}/confirm/ reports/workflow/
    stories/ stories/results/ stories/?export=csv stories/?q=draft desk/scheduled/ desk/incomplete/
    reports/site-history/ reports/translations/ images/ images/{image}/ images/chooser/
    documents/ documents/edit/{document}/ documents/chooser/
    api/main/images/ api/main/documents/ api/main/pages/?child_of={index}
"""


def lists_in_the_admin(section):
    keys = {name: getattr(section, name).pk for name in ("index", "draft", "image", "document")}
    for address in LISTS.format(SECRET=SECRET, **keys).split():
        yield address, SECRET, f"/admin/{address}", OWN
    yield "search of pages", f"{SECRET} draft", f"/admin/pages/search/?q={SECRET}", OWN
    yield "themes", SECRET, "/admin/snippets/stories/theme/", EDITORS
    yield "authors", SECRET, "/admin/snippets/stories/author/", EDITORS
    for kind in ("theme", "author"):
        suggestions = f"/admin/snippets/choose/stories/{kind}/suggest/?q={SECRET}"
        yield f"suggested {kind}", f"{SECRET} {kind}", suggestions, EDITORS
    yield "countries", "Kenya", "/admin/snippets/stories/country/?q=keny", EDITORS
    yield "vocabulary", SECRET, "/admin/snippets/search/vocabularygroup/", EDITORS
    yield "missed searches", SECRET, "/admin/reports/searches-without-result/", EDITORS
    yield "promotions", f"{SECRET} query".lower(), "/admin/searchpicks/", MODERATORS
    settings = f"/admin/settings/home/sitesettings/{Site.objects.get().pk}/"
    yield "settings", "id_contact_email", settings, MODERATORS
    yield "users", f"{SECRET}-user", "/admin/users/", ADMINISTRATOR
    yield "groups", "Readers", "/admin/groups/", ADMINISTRATOR
    yield "collections", f"{SECRET} files", "/admin/collections/", ADMINISTRATOR


def text_at(client, address):
    response = client.get(address)
    assert response.status_code < 500, address
    return (response.getvalue() if response.streaming else response.content).decode()


def table(world):
    rows = [*public_things(world), *lists_in_the_admin(world)]
    # On SQLite alone: whether a user may open a page is decided by the condition of the lists
    # (admin_access.visible_to), and the lists are tested on both databases.
    if connection.vendor == "sqlite":
        rows += pages_in_the_admin(world)
    assert len({name for name, *_row in rows}) == len(rows)
    return rows


def test_who_sees_what(settings, subtests, monkeypatch):
    world = make_world()
    rows = table(world)
    # With caches, so that the test sees it if what was cached for one role is shown to another.
    committed.act_as_committed(monkeypatch)
    # On PostgreSQL, these three are enough: they make all kinds of queries that could differ there.
    roles = ROLES if connection.vendor == "sqlite" else ["visitor", "editor", "other editor"]
    for role in roles:
        with subtests.test(role), undone():
            assert_sees(logged_in(role, world), rows_for(role, rows), role)
    with subtests.test("An administrator before the second factor is a visitor."):
        settings.SECOND_FACTOR = "ADMINISTRATORS"
        for_visitors = rows_for("visitor", rows)
        for_administrators = [row for row in for_visitors if row[3] >= ADMINISTRATOR and row[3] != ALL]
        assert_sees(logged_in("administrator", world), for_administrators, "visitor")


def rows_for(role, rows):
    """Return those of `rows` to test for `role`.

    Moderators and administrators are tested where they see more than the role below them, and administrators
    also where nobody sees anything. What a public page shows depends only on whether a user is logged in, and
    in which groups. So members and editors are tested on those public pages where they see more than the role
    below them, and on those for a group that none of them is in.

    The whole admin is closed to visitors and to members: see tests/accounts/test_closed_admin.py and
    tests/editing/access/test_admin_routes.py.
    """
    if role in {"visitor", "member"}:
        rows = [row for row in rows if not row[2].startswith("/admin/")]
    if role == "visitor":
        return rows
    below = ROLES[ROLES.index(role) - 1]

    def is_tried(address, who):
        if role == "administrator" and not who:
            return True
        is_low = role not in MODERATORS and (address.startswith("/admin/") or who == ADMINISTRATOR)
        return is_low or (role in who) != (below in who)

    return [row for row in rows if is_tried(*row[2:])]


def logged_in(role, section):
    """Return a new client, in which a user with `role` is logged in."""
    client = Client()
    if user := make_user(role, section):
        client.force_login(user)
    return client


def assert_sees(client, rows, role):
    """Assert that `client` sees what the table says for `role`."""
    texts = {address: text_at(client, address) for _name, _word, address, _who in rows}
    assert [name for name, word, address, who in rows if (word in texts[address]) != (role in who)] == []
