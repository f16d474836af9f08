"""Editors of one section are refused what is hidden in another, also in query strings, tags and comparisons.

For each route without a query string, see tests/editing/access/test_admin_routes.py; for `writer`, `own` and
`elsewhere`, conftest.py. What is hidden has SECRET in it.
"""

from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, PageLogEntry, Revision

from stories import previews
from tests.support import builders
from tests.support.admin_world import SECRET
from tests.support.choosing import may, text_of
from tests.support.files_of_pages import document_block, story_with

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def shown(client, *addresses):
    """Return those of the admin's `addresses` whose responses have SECRET."""
    found = []
    for address in addresses:
        response = client.get(f"/admin/{address}")
        assert response.status_code < 500, address
        if SECRET in text_of(response):
            found.append(address)
    return found


# {(whether `writer` may open it, whether an administrator may; None is a 404): addresses}. Among those for
# both are public pages, one with a draft, a page that does not exist, and the root page, with which lists and
# choosers start. A snippet can have the number of a hidden page. For "all", Wagtail itself takes only the
# files that the user may change. No picture has the ID "x", and no model is "nothing".
CHECKED = {
    (True, True): """
        pages/{mine}/edit/ pages/{index}/edit/ pages/{live}/edit/ pages/999999/edit/ pages/{root}/
        pages/{mine}/revisions/compare/live...latest/ snippets/stories/theme/edit/{theirs}/
        choose-page/{root}/ {chosen}id={mine} {pages}id={mine} {pages}id=all&childOf={own}
        {pictures}id={image} {pictures}id={image}&id=all
    """,
    (False, True): """
        pages/{theirs}/edit/ pages/{private}/edit/ pages/{theirs}/revisions/compare/live...latest/
        pages/{theirs}/ {chosen}id={mine}&id={theirs} {pages}id={mine}&id={theirs} {pages}id=all
        {pages}id={mine}&id=all {pages}id=all&childOf={index} {pictures}id={image}&id={their_image}
        {pictures}id=x bulk/media/nothing/delete/?id=1
    """,
    (False, False): "pages/{trashed}/edit/ pages/{own_trashed}/edit/ pages/{trashed}/",
    (None, None): "{pages}id=x {pages}id=all&childOf=999999",
}
ACTIONS = {"chosen": "choose-page/chosen-multiple/?", "pages": "bulk/wagtailcore/page/delete/?"}
ACTIONS["pictures"] = "bulk/media/cleanimage/delete/?"


def test_the_check_before_all_views_refuses_what_is_hidden(writer, own, elsewhere, subtests):
    """Most of Wagtail's views refuse it too. The site does not rely on that."""
    administrator = builders.make_user(is_superuser=True)
    private = builders.make_private(builders.make_story("For members", elsewhere.index))
    pages = {"mine": own.draft, "own": own.index, "image": own.image, "their_image": elsewhere.image}
    pages |= {"theirs": elsewhere.draft, "index": elsewhere.index, "live": elsewhere.live, "private": private}
    pages |= {"root": Page.get_first_root_node(), "own_trashed": own.trashed.page}
    keys = {name: each.pk for name, each in pages.items()} | {"trashed": elsewhere.trashed.page_id} | ACTIONS
    for (of_editor, of_administrator), addresses in CHECKED.items():
        for address in addresses.format(**keys).split():
            with subtests.test(address):
                assert may(writer.user, address) is of_editor
                assert may(administrator, address) is of_administrator


def test_ids_are_checked_however_they_are_written(writer, admin_client, elsewhere):
    key = str(elsewhere.draft.pk)
    # int() accepts all of these.
    written = [key, f" {key}", f"+{key}", f"{key} ", f"\n{key}", f"0{key}", f"0_{key}"]
    absurd = ["", "x", "\0", f"{key}.0", "9" * 40]
    # The actions share one check, so one of them tries all.
    actions = ("publish", "unpublish", "move", "nobody_described", "looked_at", "file_under")
    tried = {f"bulk/wagtailcore/page/{action}/": (written[-1:], ["x"]) for action in actions}
    for place in ("choose-page/chosen-multiple/", "bulk/wagtailcore/page/delete/"):
        tried[place] = (written, absurd)
    for place, (keys, invalid) in tried.items():
        addresses = [f"{place}?{urlencode({'id': each})}" for each in keys]
        assert shown(writer, *addresses) == []
        assert shown(admin_client, *addresses) == addresses
        for each in invalid:
            query = urlencode({"id": [key, each]}, doseq=True)
            assert writer.get(f"/admin/{place}?{query}").status_code == 404


# --- Hidden pages above one's section ------------------------------------------------------------


@pytest.fixture
def above(writer, own):
    """A draft of a list, with the section `own` and a second section of the user of `writer` below it."""
    top = builders.make_index()
    above = builders.make_index(top, "Not public yet", live=False, introduction=f"<p>{SECRET} text.</p>")
    own.index.move(above, pos="last-child")
    second = builders.make_index(Page.objects.get(pk=above.pk), "Second")
    right = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    GroupPagePermission.objects.create(group=writer.user.groups.get(), page=second, permission=right)
    return Page.objects.get(pk=above.pk)


def test_explorer_and_menu_lead_to_the_sections_below_a_hidden_page(writer, own, above):
    assert own.live and own.trashed  # The explorer lists the first, and not the second.
    response = writer.get("/admin/pages/", follow=True)
    assert response.redirect_chain[-1][0] == f"/admin/pages/{above.pk}/"
    query = f"child_of={above.pk}&for_explorer=1&fields=parent"
    found = [page["title"] for page in writer.get(f"/admin/api/main/pages/?{query}").json()["items"]]
    listed = [page.title for page in response.context["pages"]]
    assert sorted(found) == sorted(listed) == ["Own", "Second"]
    listed = [page.pk for page in writer.get(f"/admin/pages/{own.index.pk}/").context["pages"]]
    assert own.live.pk in listed and own.trashed.page_id not in listed


def test_nothing_else_of_a_hidden_page_above_is_open(writer, admin_client, own, above):
    data = {"comment": {"contentpath": "introduction", "text": f"{SECRET} words"}}
    for page in (above, own.index):
        PageLogEntry.objects.log_action(page.specific, "wagtail.comments.create", data=data)
    for name in ["edit", "view_draft", "history", "usage", "copy", "delete", "privacy"]:
        assert not may(writer.user, f"pages/{above.pk}/{name}/")
        answer = writer.get(f"/admin/pages/{above.pk}/{name}/")
        assert answer.status_code == 302 and answer.url == "/admin/", name
    for address in ("", "results/"):
        assert SECRET not in text_of(writer.get(f"/admin/pages/{above.pk}/{address}"))
    assert SECRET not in text_of(writer.get(f"/admin/api/main/pages/{above.pk}/?fields=*"))
    history = reverse("wagtailadmin_reports:site_history")
    counts = [text_of(client.get(history)).count(f"{SECRET} words") for client in (admin_client, writer)]
    assert counts == [2, 1]


# --- Files -----------------------------------------------------------------------------------------


def test_tags_of_files_of_other_sections_are_not_suggested(writer, admin_client, own, elsewhere):
    for section, tag in ((own, "Quiet"), (elsewhere, SECRET)):
        section.image.tags.add(tag)
        section.document.tags.add(f"{tag} paper")
    for address in ("/admin/tag-autocomplete/?term=q", "/admin/tag-autocomplete/taggit/tag/?term=q"):
        assert writer.get(address).json() == ["Quiet", "Quiet paper"]
        assert admin_client.get(address).json() == ["Quiet", "Quiet paper", SECRET, f"{SECRET} paper"]
    response = writer.get("/admin/images/chooser/")
    assert [tag.name for tag in response.context["popular_tags"]] == ["Quiet"]
    assert SECRET not in text_of(response)
    assert SECRET in text_of(admin_client.get("/admin/images/chooser/"))


def test_examples_of_blocks_are_public_files(own):
    assert own.draft.lead_image == own.image  # A draft shows the picture and the document.
    assert previews.pictures()["pictures"][0]["image"] is None
    assert previews.document()["document"] is None
    story_with(own.image, parent=own.index, body=document_block(own.document))
    assert previews.pictures()["pictures"][0]["image"].pk == own.image.pk
    assert previews.document()["document"] == own.document


def picture(image):
    return {"image": image.pk, "alt_text": "x", "decorative": False}


def fields_of(section):
    """Return the fields of a story that refers to files of `section` in each way.

    The IDs of the blocks are the same for all sections, so that the blocks are compared.
    """
    shown = picture(section.image)
    blocks = {
        "document": {"document": section.document.pk, "title": "x"},
        "pictures": {"pictures": [{"type": "item", "id": "1" * 8, "value": {"image": shown, "caption": ""}}]},
        "media_link": {"kind": "video", "title": "x", "poster": shown},
    }
    body = [{"type": kind, "id": kind, "value": value} for kind, value in blocks.items()]
    return {"lead_image": section.image, "body": body}


def save_revision(story, fields):
    """Save a revision with `fields`. Its summary is a new one, so every two revisions differ in something."""
    for name, value in ({"lead_image": None, "body": []} | fields).items():
        setattr(story, name, value)
    story.summary = f"Summary number {Revision.objects.count()}."
    return story.save_revision(clean=False)


def compare(client, page, earlier, later):
    return text_of(client.get(f"/admin/pages/{page.pk}/revisions/compare/{earlier.pk}...{later.pk}/"))


def test_hidden_files_in_a_story(writer, admin_client, own, elsewhere):
    nothing, plain, hidden = {}, fields_of(own), fields_of(elsewhere)
    story = builders.make_story("Mine", own.index)
    for before, after in ((nothing, hidden), (hidden, nothing), (plain, hidden), (hidden, plain)):
        earlier, later = save_revision(story, before), save_revision(story, after)
        shown = compare(admin_client, story, earlier, later)
        # A thumbnail shows a picture, in three places; a document has its title.
        assert shown.count(file_of(elsewhere.image)) == 3 and SECRET in shown
        shown = compare(writer, story, earlier, later)
        assert "Summary number" in shown
        assert file_of(elsewhere.image) not in shown and SECRET not in shown
        if plain in (before, after):
            assert shown.count(file_of(own.image)) == 3 and "Plain" in shown


def file_of(image):
    """Return the part of the file's name that its thumbnails have too. Wagtail shortens long names."""
    return image.file.name.rpartition("/")[2][:10]
