"""Form data that chooses pages, pictures and documents by their ID, and permissions for who chooses."""

import json

from django.contrib.auth.models import Permission
from django.http import Http404
from django.test import RequestFactory
from django.urls import resolve
from wagtail.models import GroupPagePermission
from wagtail.test.utils.form_data import nested_form_data, streamfield

from editing.access.admin_access import may_open
from tests.support import admin_world, builders

REFUSED = "Something chosen here is not available to you. Remove it or choose another."
# Values that are no primary key in any database. int() refuses numbers of more than 4300 digits.
INVALID_IDS = ["-1", "0", "9" * 40, "9" * 5000, "1e3", "x", "1\0", "１x", "[1]", "null"]


def permit(client, own, *codenames, publish=True, pages=()):
    """Give the group of the user of `client`, who may edit the section `own`, more permissions.

    `codenames`: those for models, such as "home.change_sitesettings". `pages`: those for the pages of the
    section, such as "unlock_page". `publish`: whether the group may publish in `own` too.
    """
    group = client.user.groups.get()
    for name in codenames:
        app, codename = name.split(".")
        group.permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    for codename in [*pages, "publish_page"] if publish else pages:
        right = Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        GroupPagePermission.objects.create(group=group, page=own.index, permission=right)


def may(user, address):
    """Return whether the check before all views lets `user` open `address`, or None if it raises Http404."""
    request = RequestFactory().get(f"/admin/{address}")
    request.user, request.resolver_match = user, resolve(request.path_info)
    try:
        return may_open(request, request.resolver_match.kwargs)
    except Http404:
        return None


def rich_text(kind, key):
    """Return what the rich text editor sends for a text with a link or an embed of the type `kind`.

    With a `kind` that the editor does not know, such as "NONE", it is a text without a link.
    """
    block = {"key": "a", "type": "unstyled", "depth": 0, "text": "Words", "inlineStyleRanges": []}
    block["entityRanges"] = [{"offset": 0, "length": 5, "key": 0}]
    entity = {"type": kind, "mutability": "MUTABLE", "data": {"id": key, "format": "left", "alt": ""}}
    return json.dumps({"blocks": [block], "entityMap": {"0": entity}})


# --- Form data of single blocks ------------------------------------------------------------------


def action(page):
    return {"heading": "", "text": "", "label": "Go", "page": page, "url": ""}


def picture(image):
    return {"image": image, "alt_text": "x", "decorative": ""}


def pictures(image):
    return {"pictures": a_list({"image": picture(image), "caption": ""})}


def media_link(image):
    link = {"kind": "video", "title": "x", "url": "https://example.org/", "minutes": ""}
    link |= {"voice": "0", "speakers": {"count": "0"}}
    return link | {"poster": picture(image), "transcript": rich_text("NONE", 1)}


def callout(text):
    return {"title": "", "text": text, "source": "", "source_url": ""}


def table(text):
    column = {"column-count": "1", "column-0-type": "link", "column-0-heading": "x", "column-0-order": "0"}
    row = {"row-count": "1", "row-0-order": "0", "row-0-deleted": "", "cell-0-0": text}
    return column | row | {"column-0-deleted": "", "caption": ""}


def a_list(value):
    return {"count": "1", "0-deleted": "", "0-order": "0", "0-type": "item", "0-id": "", "0-value": value}


# --- The ways in which a story refers to something -----------------------------------------------

# {field or block of a story that refers to a page, a picture or a document: (kind of object, block, or "" for
# the lead picture, function that returns the form value for an ID)}.
WAYS = {
    "lead picture": ("image", "", str),
    "picture": ("image", "pictures", pictures),
    "still picture": ("image", "media_link", media_link),
    "document": ("document", "document", lambda key: {"document": key, "title": "x"}),
    "action": ("page", "action", action),
    "chosen story": ("page", "chosen_stories", lambda key: {"heading": "x", "stories": a_list(key)}),
    "link to a page": ("page", "text", lambda key: rich_text("LINK", key)),
    "link to a document": ("document", "text", lambda key: rich_text("DOCUMENT", key)),
    "link in a key fact": ("page", "callout", lambda key: callout(rich_text("LINK", key))),
    "link in a table": ("page", "table", lambda key: table(rich_text("LINK", key))),
}


def choosing_form(keys, action=None, **fields):
    """Return what the page editor sends for a story that chooses objects. `keys`: {key of WAYS: ID}."""
    body = [("heading", {"text": "x", "level": "2"})]  # Without a block, a story can't be submitted.
    for way, key in keys.items():
        _kind, block, value = WAYS[way]
        if block:
            body.append((block, value(str(key))))
        else:
            fields["lead_image"] = str(key)
    data = builders.story_form(action, body=(), **{"lead_image_decorative": "on", **fields})
    return data | nested_form_data({"body": streamfield(body)})


def object_of(section, kind):
    return {"image": section.image, "document": section.document, "page": section.draft}[kind]


def add_address(section):
    return f"/admin/pages/add/stories/storypage/{section.index.pk}/"


def edit_address(page):
    return f"/admin/pages/{page.pk}/edit/"


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()


def assert_refused_choice(response, *fields):
    """Assert that the form is shown again with an error at each of `fields`, and without SECRET."""
    assert response.status_code == 200
    assert admin_world.SECRET.lower() not in text_of(response).lower()
    assert response.context["form"].errors == dict.fromkeys(fields, [REFUSED])
    assert REFUSED in text_of(response)


def author_form(image=""):
    """Return the form data of an author. `image`: the picture, or its ID as it is sent."""
    return {"name": "Staff", "role": "", "picture": str(getattr(image, "pk", image))}
