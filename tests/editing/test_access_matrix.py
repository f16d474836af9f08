"""Who sees what: a table of objects and places, with the roles that see a word that only the object has."""

import datetime
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import Client
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import CollectionViewRestriction, Locale, Site

from search.models import MissedSearch, VocabularyGroup
from stories.models import StoryPage
from tests.support import admin_world, builders
from tests.support.admin_world import SECRET
from tests.support.committed import act_as_committed
from tests.support.files_of_pages import document_block, private_to_group, story_with
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

ROLES = ["visitor", "member", "other editor", "editor", "moderator", "administrator"]
PUBLIC_WORD = "Marigold"
# The hidden stories that have a lead picture.
HIDDEN = ["private", "for a group", "unpublished"]


@dataclass
class World:
    """A section with hidden objects. What is not public and is looked for by a word has SECRET.

    `renditions`: {which story shows the picture: (image, rendition)}, for HIDDEN and "a draft".
    """

    section: admin_world.Section
    private: StoryPage
    for_group: StoryPage
    unpublished: StoryPage
    renditions: dict


def make_world():
    section = admin_world.make_section("Here", SECRET)
    index = section.index
    body = [{"type": "text", "value": f"<p>{SECRET} words.</p>"}]
    filed = {"countries": ["KE"], "themes": ["Debt"], "body": body, "summary": f"{SECRET} summary."}
    # With this date, the public story is on the first page of every list.
    newest = datetime.date(2099, 1, 1)
    builders.make_story(f"{PUBLIC_WORD} story", index, countries=["KE"], themes=["Debt"], date=newest)
    images = {name: builders.make_image(f"Of {name}", collection=section.collection) for name in HIDDEN}
    shows = {name: {"lead_image": images[name], "lead_image_decorative": True, **filed} for name in HIDDEN}
    private = builders.make_private(builders.make_story(f"{SECRET} for members", index, **shows["private"]))
    for_group = builders.make_story(f"{SECRET} for readers", index, **shows["for a group"])
    private_to_group(for_group)
    unpublished = builders.make_story(f"{SECRET} unpublished", index, **shows["unpublished"])
    unpublished.unpublish()
    builders.make_theme(f"{SECRET} theme")
    builders.make_author(f"{SECRET} author")
    VocabularyGroup.objects.create(terms=f"{SECRET}\nother")
    Locale.objects.create(language_code="fr")  # Every story lacks a French version.
    MissedSearch.objects.create(digest="x", words=SECRET, count=9, month="2026-03-01")
    SearchPromotion.objects.create(query=Query.get(f"{SECRET} query"), page=section.live)
    builders.make_user(username=f"{SECRET}-user")
    images["a draft"] = section.image
    renditions = {name: (each, each.get_rendition("width-100|format-webp")) for name, each in images.items()}
    return World(section, private, for_group, unpublished, renditions)


def make_user(role, section):
    if role != "other editor":
        return admin_world.make_role(role, section)
    user = builders.make_user(username=role)
    user.groups.add(admin_world.make_section_editors(admin_world.Section("There", "Plain")))
    return user


# --- The table ------------------------------------------------------------------------------------
# Rows of (name, word to look for or None for a file, address, roles that see the word or the file).

ALL, NOBODY = set(ROLES), set()
MEMBERS = ALL - {"visitor"}
OWN = {"editor", "moderator", "administrator"}  # The editor of this section, and the roles above.
EDITORS = OWN | {"other editor"}
MODERATORS = {"moderator", "administrator"}
ADMINISTRATOR = {"administrator"}
# Public pages and feeds that list stories.
PLACES = [
    "/",
    "/stories/",
    "/stories/here/",
    "/stories/country/kenya/",
    "/stories/theme/debt/",
    "/feed.atom",
    "/stories/feed.rss",
    "/stories/feed.atom",
    "/stories/theme/debt/feed.rss",
    "/stories/country/kenya/feed.atom",
]
# Prefixes of the addresses that are no public pages: the admin and files.
PRIVATE = ("/admin/", "/documents/", "/media/")


def public_things(world):
    """Yield rows for public addresses. Of the stories, drafts, private and unpublished ones have SECRET."""
    section = world.section
    yield "live story", "Public story of Here", section.live.url, ALL
    yield "draft change of a live story", SECRET, section.live.url, NOBODY
    yield "draft", SECRET, section.draft.url, NOBODY
    yield "private by login", f"{SECRET} words", world.private.url, MEMBERS
    yield "private by group", f"{SECRET} words", world.for_group.url, ADMINISTRATOR
    yield "unpublished", SECRET, world.unpublished.url, NOBODY
    yield "text-only draft", SECRET, f"{section.draft.url}?text=1", NOBODY
    for place in PLACES:
        yield f"public at {place}", PUBLIC_WORD, place, ALL
        yield f"hidden at {place}", SECRET, place, NOBODY
    yield "public in the sitemap", "/marigold-story/", "/sitemap.xml", ALL
    for page in (section.draft, world.private, world.for_group, world.unpublished):
        yield f"{page.slug} in the sitemap", f"/{page.slug}/", "/sitemap.xml", NOBODY
    # The page of results repeats the searched word, and marks it in titles. So the next two rows look for
    # addresses.
    yield "public in search", "/marigold-story/", f"/search/?q={PUBLIC_WORD.lower()}", ALL
    yield "hidden in search", f"/{SECRET.lower()}-", f"/search/?q={SECRET.lower()}", NOBODY
    yield "public suggestion", PUBLIC_WORD, f"/search/suggestions/?q={PUBLIC_WORD[:5].lower()}", ALL
    yield "hidden suggestion", SECRET, f"/search/suggestions/?q={SECRET[:5].lower()}", NOBODY


def files(world):
    section = world.section
    public = builders.make_document("Leaflet")
    builders.make_story("With a leaflet", section.index, body=document_block(public))
    for_members = builders.make_document("Leaflet for members", content=b"Other words.")
    for_members.collection = section.collection.add_sibling(name="For members")
    for_members.save()
    builders.make_story("With the other leaflet", body=document_block(for_members))
    CollectionViewRestriction.objects.create(
        collection=for_members.collection, restriction_type=CollectionViewRestriction.LOGIN
    )
    story_with(shown := builders.make_image("Shown to all"), parent=section.index)
    yield "picture of a public story", None, shown.get_rendition("width-100|format-webp").url, ALL
    yield "original of a public story", None, f"/media/{shown.file.name}", NOBODY
    # Members may read the private story. Those who may edit the section may see all its pictures.
    may_see = {"private": MEMBERS}
    for name, (image, rendition) in world.renditions.items():
        yield f"picture of what is {name}", None, rendition.url, may_see.get(name, OWN)
        yield f"original of what is {name}", None, f"/media/{image.file.name}", NOBODY
    yield "document of a draft", None, section.document.url, OWN
    yield "document of a public story", None, public.url, ALL
    yield "document in a collection for members", None, for_members.url, MEMBERS


def pages_in_the_admin(world):
    section = world.section
    draft, live = f"/admin/pages/{section.draft.pk}/", f"/admin/pages/{section.live.pk}/"
    comparison = "revisions/compare/earliest...latest/"
    for name in ("edit/", "view_draft/", "history/", comparison, "copy/", "usage/"):
        yield f"{name} of a draft", SECRET, f"{draft}{name}", OWN
    yield "revision", SECRET, f"{draft}revisions/{section.draft.latest_revision_id}/view/", OWN
    yield "comparison with what is live", SECRET, f"{live}revisions/compare/live...latest/", OWN
    # The title of this story is public. Only its changes have SECRET.
    changed = builders.make_story("Changed", section.index)
    changed.summary = f"{SECRET} summary."
    revision = changed.save_revision()
    comparison, view = "revisions/compare/live...latest/", f"revisions/{revision.pk}/view/"
    for name in ("edit/", "view_draft/", comparison, view):
        yield f"{name} of a changed story", SECRET, f"/admin/pages/{changed.pk}/{name}", OWN
    task = section.waiting.current_task_state.task_id
    preview = f"/admin/pages/workflow/preview/{section.draft.pk}/{task}/"
    yield "preview for a moderator", SECRET, preview, MODERATORS
    yield "history of a live story", "Changed story", f"{live}history/", OWN
    yield "old versions of a live story", "Changed story", f"{live}history/forget/", MODERATORS
    yield "unpublished in the editor", SECRET, f"/admin/pages/{world.unpublished.pk}/edit/", OWN


def lists_in_the_admin(world):
    section = world.section
    for address in (
        f"pages/{section.index.pk}/",
        f"choose-page/{section.index.pk}/",
        f"choose-page/search/?q={SECRET}",
        f"choose-page/chosen-multiple/?id={section.draft.pk}",
        f"bulk/wagtailcore/page/move/?id={section.draft.pk}",
        f"bulk/wagtailcore/page/move/?id=all&childOf={section.index.pk}",
        f"bulk/media/cleanimage/delete/?id={section.image.pk}",
        f"pages/{section.draft.pk}/move/{section.index.pk}/confirm/",
        "reports/workflow/",
        "stories/",
        "stories/results/",
        "stories/?export=csv",
        "stories/?q=draft",
        "desk/scheduled/",
        "desk/incomplete/",
        "reports/site-history/",
        "reports/translations/",
        "images/",
        f"images/{section.image.pk}/",
        "images/chooser/",
        "documents/",
        f"documents/edit/{section.document.pk}/",
        "documents/chooser/",
        "api/main/images/",
        "api/main/documents/",
        f"api/main/pages/?child_of={section.index.pk}",
    ):
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


def get_answer(client, address):
    """Return the status and the body of the response at `address`."""
    response = client.get(address)
    assert response.status_code < 500, address
    body = response.getvalue() if response.streaming else response.content
    return response.status_code, body


def sees(answer, word):
    """Return whether `answer`, of get_answer(), has `word`; for None, whether its status is 200."""
    status, body = answer
    return status == 200 if word is None else word in body.decode()


def table(world):
    rows = [*public_things(world), *files(world), *lists_in_the_admin(world)]
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
    act_as_committed(monkeypatch)
    # On PostgreSQL, these three are enough: they make all kinds of queries that could differ there.
    roles = ROLES if connection.vendor == "sqlite" else ["visitor", "editor", "other editor"]
    for role in roles:
        with subtests.test(role), undone():
            assert_sees(logged_in(role, world.section), rows_for(role, rows), role)
    with subtests.test("An administrator before the second factor is a visitor."):
        settings.SECOND_FACTOR = "ADMINISTRATORS"
        for_visitors = rows_for("visitor", rows)
        for_administrators = [row for row in for_visitors if row[3] >= ADMINISTRATOR and row[3] != ALL]
        assert_sees(logged_in("administrator", world.section), for_administrators, "visitor")


def rows_for(role, rows):
    """Return those of `rows` to test for `role`.

    Moderators and administrators are tested where they see more than the role below them, and administrators
    also where nobody sees anything. What a public page shows depends only on whether a user is logged in, and
    in which groups. So members and editors are tested on those public pages where they see more than the role
    below them, and on those for a group that none of them is in.

    The whole admin is closed to visitors and to members: see tests/accounts/test_closed_admin.py and
    tests/editing/test_admin_routes.py.
    """
    if role in {"visitor", "member"}:
        rows = [row for row in rows if not row[2].startswith("/admin/")]
    below = {"member": "visitor", "other editor": "member", "editor": "other editor"}.get(role)
    if below:
        return [
            row
            for row in rows
            if row[2].startswith(PRIVATE) or (role in row[3]) != (below in row[3]) or row[3] == ADMINISTRATOR
        ]
    below = {"moderator": "editor", "administrator": "moderator"}.get(role)
    if not below:
        return rows
    nobody_counts = role == "administrator"
    return [row for row in rows if (role in row[3]) != (below in row[3]) or nobody_counts and not row[3]]


def logged_in(role, section):
    """Return a new client, in which a user with `role` is logged in."""
    client = Client()
    if user := make_user(role, section):
        client.force_login(user)
    return client


def assert_sees(client, rows, role):
    """Assert that `client` sees what the table says for `role`."""
    expected = {name: role in who for name, _word, _address, who in rows}
    answers = {address: get_answer(client, address) for _name, _word, address, _who in rows}
    assert {name: sees(answers[address], word) for name, word, address, _who in rows} == expected


@pytest.mark.sqlite_only
def test_who_gets_a_preview(subtests):
    section = admin_world.Section("Here", "Plain")
    previews = [
        f"/admin/pages/{section.draft.pk}/edit/preview/",
        f"/admin/pages/add/stories/storypage/{section.index.pk}/preview/",
    ]
    for role in ROLES:
        with subtests.test(role), undone():
            client = logged_in(role, section)
            for address in previews:
                client.post(address, builders.story_form(title=f"{SECRET} in the preview"))
                answer = get_answer(client, address)
                assert sees(answer, f"{SECRET} in the preview") == (role in OWN), address
