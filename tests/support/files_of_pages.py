"""Pictures and documents on pages in different situations, and how to request them."""

import datetime

from django.contrib.auth.models import Group
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction, Site

from home.models import SiteSettings
from publishing.hiding import hide
from publishing.trash import move_to_trash
from tests.support import builders
from tests.support.people import make_agreeing_person, make_story_about, rows_of, withdraw


def get(client, address, **headers):
    """Return the response. It is read to its end, into `content_read`, so that its file is closed."""
    response = client.get(address, headers=headers)
    response.content_read = response.getvalue()
    return response


def address_of(image, spec="width-200|format-jpeg"):
    """Return the address of a picture made from `image`. By default it is one for pages: it has a format."""
    return image.get_rendition(spec).url


def picture_block(image):
    alternative = {"image": image.pk, "alt_text": "", "decorative": True}
    return [{"type": "pictures", "value": {"pictures": [{"image": alternative, "caption": ""}]}}]


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


def body_of_live_story():
    builders.make_story(body=picture_block(image := builders.make_image()))
    return address_of(image)


def scheduled():
    story = story_with(image := builders.make_image(), live=False)
    story.go_live_at = timezone.now() + datetime.timedelta(days=1)
    story.save_revision().publish()
    return address_of(image)


def unpublished():
    story_with(image := builders.make_image()).unpublish()
    return address_of(image)


def hidden_at_once():
    hide(story_with(image := builders.make_image()))
    return address_of(image)


def in_the_trash():
    move_to_trash(story_with(image := builders.make_image()))
    return address_of(image)


def deleted():
    story_with(image := builders.make_image()).delete()
    return address_of(image)


def new_in_draft():
    story = story_with(builders.make_image())
    story.lead_image = image = builders.make_image()
    story.save_revision()
    return address_of(image)


def replaced_in_draft():
    story = story_with(image := builders.make_image())
    story.lead_image = builders.make_image()
    story.save_revision()
    return address_of(image)


def replaced_and_published():
    story = story_with(image := builders.make_image())
    story.lead_image = builders.make_image()
    story.save_revision().publish()
    return address_of(image)


def story_for_members():
    builders.make_private(story_with(image := builders.make_image()))
    return address_of(image)


def story_for_group():
    private_to_group(story_with(image := builders.make_image()))
    return address_of(image)


def story_below_page_for_group():
    section = private_to_group(builders.make_index(builders.make_index(), "Inner section"))
    story_with(image := builders.make_image(), parent=section)
    return address_of(image)


def story_for_group_below_page_for_members():
    section = builders.make_private(builders.make_index(builders.make_index(), "Inner section"))
    private_to_group(story_with(image := builders.make_image(), parent=section))
    return address_of(image)


def story_for_members_of_a_person_who_withdrew():
    person, image = make_agreeing_person(), builders.make_image()
    story = make_story_about(person, lead_image=image, lead_image_decorative=True)
    builders.make_private(story)
    withdraw(person)
    return address_of(image)


def person_who_withdrew():
    person, image = make_agreeing_person(), builders.make_image(shows="person")
    image.people.add(person)
    people = {"people": "listed", "story_people": rows_of(person)}
    builders.make_plain_page("About", body=picture_block(image), **people)
    withdraw(person)
    return address_of(image)


def person_who_withdrew_on_a_page_for_members():
    address = person_who_withdrew()
    builders.make_private(Page.objects.get(title="About"))
    return address


def draft_for_members():
    builders.make_private(story_with(image := builders.make_image(), live=False))
    return address_of(image)


def private_and_public():
    image = builders.make_image()
    private_to_group(story_with(image))
    story_with(image)
    return address_of(image)


def author_of_story_for_group():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    private_to_group(builders.make_story(authors=["Awa"]))
    return address_of(image)


def author_of_nothing():
    builders.make_author("Awa", picture=(image := builders.make_image()))
    return address_of(image)


def original_size():
    story_with(image := builders.make_image())
    return address_of(image, "original")


def document_in_text():
    document = builders.make_document()
    link = f'<p><a linktype="document" id="{document.pk}">x</a></p>'
    builders.make_story(body=[{"type": "text", "value": link}])
    return document.url


def document_of_unpublished():
    builders.make_story(body=document_block(document := builders.make_document())).unpublish()
    return document.url


def document_of_story_for_group():
    private_to_group(builders.make_story(body=document_block(document := builders.make_document())))
    return document.url


def document_of_nothing():
    return builders.make_document().url


def document_file():
    builders.make_story(body=document_block(document := builders.make_document()))
    return f"/media/{document.file.name}"
