"""Pictures and documents on pages in different situations, and how to request them."""

from django.contrib.auth.models import Group
from wagtail.models import PageViewRestriction, Site

from home.models import SiteSettings
from tests.support import builders


def get(client, address, **headers):
    """Return the response. It is read to its end, into `content_read`, so that its file is closed."""
    response = client.get(address, headers=headers)
    response.content_read = response.getvalue()
    return response


def address_of(image, spec="width-200|format-jpeg"):
    """Return the address of a picture made from `image`. By default it is one for pages: it has a format."""
    return image.get_rendition(spec).url


def document_block(document):
    return [{"type": "document", "value": {"document": document.pk, "title": "x"}}]


def story_with(image, **fields):
    """Return a new story with the lead picture `image`."""
    return builders.make_story(lead_image=image, lead_image_decorative=True, **fields)


def private_to_group(page):
    """Restrict `page` to members of the group Readers, and return it."""
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.GROUPS)
    restriction.groups.add(Group.objects.get_or_create(name="Readers")[0])
    return page


# --- Each function makes a file in a situation, and returns its address --------------------------


def lead(act=None, **fields):
    """Make a picture and a story with it, and call `act` with the story. `fields`: those of the story."""
    story = story_with(image := builders.make_image(), **fields)
    if act:
        act(story)
    return address_of(image)


def live_story():
    return lead()


def draft():
    return lead(live=False)


def unpublished():
    return lead(lambda story: story.unpublish())


def new_in_draft():
    story = story_with(builders.make_image())
    story.lead_image = image = builders.make_image()
    story.save_revision()
    return address_of(image)


def story_for_group():
    return lead(private_to_group)


def used_by_nothing():
    return address_of(builders.make_image())


def logo():
    image = builders.make_image()
    site = Site.objects.get(is_default_site=True)
    SiteSettings.objects.update_or_create(site=site, defaults={"logo": image})
    return address_of(image)


def author_of_live_story(act=None, **fields):
    builders.make_author("Awa", picture=(image := builders.make_image()))
    story = builders.make_story(authors=["Awa"], **fields)
    if act:
        act(story)
    return address_of(image)


def original_file():
    story_with(image := builders.make_image())
    return f"/media/{image.file.name}"


def original_size():
    story_with(image := builders.make_image())
    return address_of(image, "original")


def document_of_live_story(act=None, **fields):
    story = builders.make_story(body=document_block(document := builders.make_document()), **fields)
    if act:
        act(story)
    return document.url


def document_of_draft():
    return document_of_live_story(live=False)
