"""Pictures and documents on pages in different situations, and how to request them."""

from django.contrib.auth.models import Group
from wagtail.models import PageViewRestriction, Site

from home.models import SiteSettings
from tests.support import builders


def get(client, address, **headers):
    """Return the response. It is read to its end, so that its file is closed."""
    response = client.get(address, headers=headers)
    if response.streaming:
        response.content_read = response.getvalue()
    return response


def address_of(image, spec="width-200|format-jpeg"):
    return image.get_rendition(spec).url


def picture_block(image):
    alternative = {"image": image.pk, "alt_text": "", "decorative": True}
    return [{"type": "pictures", "value": {"pictures": [{"image": alternative, "caption": ""}]}}]


def document_block(document):
    return [{"type": "document", "value": {"document": document.pk, "title": "x"}}]


def story_with(image, **fields):
    return builders.make_story(lead_image=image, lead_image_decorative=True, **fields)


def private_to_group(page):
    restriction = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.GROUPS)
    restriction.groups.add(Group.objects.get_or_create(name="Readers")[0])
    return page


# --- Each function makes a file in a situation, and returns its address --------------------------


def live_story():
    story_with(image := builders.make_image())
    return address_of(image)


def draft():
    story_with(image := builders.make_image(), live=False)
    return address_of(image)


def used_by_nothing():
    return address_of(builders.make_image())


def logo():
    image = builders.make_image()
    site = Site.objects.get(is_default_site=True)
    SiteSettings.objects.update_or_create(site=site, defaults={"logo": image})
    return address_of(image)


def author_of_live_story():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"])
    return address_of(image)


def author_of_draft():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    builders.make_story(authors=["Awa"], live=False)
    return address_of(image)


def original_file():
    story_with(image := builders.make_image())
    return f"/media/{image.file.name}"


def document_of_live_story():
    builders.make_story(body=document_block(document := builders.make_document()))
    return document.url


def document_of_draft():
    builders.make_story(body=document_block(document := builders.make_document()), live=False)
    return document.url
