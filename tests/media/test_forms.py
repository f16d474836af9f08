"""A change to a file that readers see, or that a moderator has seen, needs somebody who may publish.

Also: forms that were opened before somebody else's change, and pictures that were erased.
"""

import copy
import datetime
import re
import shutil

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from taggit.models import Tag
from wagtail.models import Collection, CollectionViewRestriction, Site, UploadedFile, Workflow

from home.models import SiteSettings
from media.cleaning import clean_picture
from media.models import CleanDocument, CleanImage
from safeguarding import scopes, withdrawal
from stories.models import StoryPage
from tests.support import admin_world, builders, choosing, people, uploading
from tests.support.files_of_pages import document_block, story_with
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


@pytest.fixture(scope="module")
def section_and_files(module_transaction, tmp_path_factory):
    """The section of `own`, and the folder of its files."""
    folder = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=folder):
        section = admin_world.Section("Own", "Plain")
        section.waiting.cancel()  # the moderation of the draft, which shows the files
    return section, folder


@pytest.fixture
def own(section_and_files, media_root):
    """A section of the site (admin_world.Section). Its files are on no page that is live or waits."""
    section, files = section_and_files
    shutil.copytree(files, media_root)
    return copy.deepcopy(section)


@pytest.fixture
def editor(client, own):
    """A client logged in as an editor of the section `own`, who may not publish."""
    client.user = admin_world.make_role("editor", own)
    client.force_login(client.user)
    return client


REFUSED = "only somebody who may publish can change it"


def change_picture(client, image, **fields):
    form = {"title": "New title", "shows": image.shows, "collection": image.collection_id, "tags": ""}
    form |= {"is_recognisable": "on"} if image.is_recognisable else {}
    return client.post(f"/admin/images/{image.pk}/", form | fields)


def change_document(client, document, **fields):
    form = {"title": "New title", "collection": document.collection_id, "tags": ""}
    return client.post(f"/admin/documents/edit/{document.pk}/", form | fields)


def question(item):
    """Return the address at which Wagtail asks whether to delete a picture or document."""
    app = "wagtailimages" if isinstance(item, CleanImage) else "wagtaildocs"
    return reverse(f"{app}:delete", args=[item.pk])


def delete(client, item):
    """Try both ways to delete a picture or document."""
    client.post(question(item))
    client.post(f"/admin/bulk/media/{item._meta.model_name}/delete/?id={item.pk}")


def new_picture():
    return SimpleUploadedFile("new.png", builders.picture_bytes(color=(1, 2, 3)), content_type="image/png")


def new_text():
    return SimpleUploadedFile("new.txt", b"Other words.", content_type="text/plain")


@pytest.mark.sqlite_only
def test_editor_cannot_change_a_picture_that_is_held(editor, own):
    """A picture is held while somebody on it doesn't agree. It is shown again as soon as they do.

    Readers would see the change then. They would see the picture at once if the person was taken off it.
    """
    person = people.make_agreeing_person()
    own.image.people.add(person)
    people.make_story_about(person, parent=own.index, lead_image=own.image, lead_image_decorative=True)
    people.withdraw(person)
    own.image.refresh_from_db()
    assert not own.image.is_shown
    response = change_picture(editor, own.image, credit="Somebody")  # the form has nobody on the picture
    assert {"credit", "people"} <= set(response.context["form"].errors)


@pytest.mark.sqlite_only
def test_only_somebody_who_may_publish_says_who_is_on_a_public_picture(editor, own):
    """They say it by saving the form. A form with a new file says nothing: who is on that is asked again."""
    story_with(own.image, parent=own.index)
    CleanImage.objects.update(asks_again=True, shown_until=None)
    assert change_picture(editor, own.image).status_code == 302
    assert not CleanImage.objects.get().is_shown
    choosing.permit(editor, own)
    assert change_picture(editor, own.image, file=new_picture()).status_code == 302
    assert not CleanImage.objects.get().is_shown
    assert change_picture(editor, own.image).status_code == 302
    assert CleanImage.objects.get().is_shown


# {what a colleague does: function that does it to a picture}. After each, nobody may see the picture.
MEANWHILE = {
    "put somebody on it": lambda image: image.people.add(people.make_person()),
    "ticked the box": lambda image: builders.save_with(image, is_recognisable=True),
    "replaced the file": lambda image: builders.save_with(image, file=clean_picture(new_picture())),
}


@pytest.mark.sqlite_only
def test_form_undoes_nothing_that_was_said_of_a_picture_since_it_was_opened(editor, own):
    builders.save_with(own.image, is_recognisable=False, shows="other")
    person = people.make_agreeing_person({"picture": scopes.Picture.NOT_RECOGNISABLE})
    own.image.people.add(person)
    fields = {"shows": "other", "people": [person.pk]}
    assert change_picture(editor, own.image, **fields).status_code == 302
    fields["seen"] = what_was_seen(editor, own.image)
    assert change_picture(editor, own.image, **fields).status_code == 302
    assert CleanImage.objects.get().is_shown
    for name, change in MEANWHILE.items():
        with undone():
            change(CleanImage.objects.get())
            assert "since you opened it" in change_picture(editor, own.image, **fields).text, name
            assert not CleanImage.objects.get().is_shown, name


def what_was_seen(editor, image):
    return builders.parse(editor.get(f"/admin/images/{image.pk}/")).select_one("[name=seen]")["value"]


@pytest.mark.sqlite_only
def test_form_brings_no_text_or_tag_back_that_was_erased_since_it_was_opened(editor, own):
    texts = dict.fromkeys(["title", "description", "credit"], "Amina at the well")
    builders.save_with(own.image, **texts)
    seen = what_was_seen(editor, own.image)
    for field in texts:
        with undone():
            builders.save_with(CleanImage.objects.get(), **{field: "A well"})
            response = change_picture(editor, own.image, seen=seen, **texts)
            assert "since you opened it" in response.text, field
            assert getattr(CleanImage.objects.get(), field) == "A well", field
    own.image.tags.add("Amina")
    with undone():
        seen_with_tag = what_was_seen(editor, own.image)
        Tag.objects.all().delete()
        response = change_picture(editor, own.image, seen=seen_with_tag, tags="Amina")
        assert "since you opened it" in response.text
        assert not Tag.objects.exists()
    # A new file alone is a change too. While nobody is on the picture, nothing else changes with it.
    builders.save_with(CleanImage.objects.get(), file=clean_picture(new_picture()))
    assert "since you opened it" in change_picture(editor, own.image, seen=seen, **texts).text


@pytest.mark.sqlite_only
def test_editor_cannot_change_what_readers_see_of_a_public_file(editor, own):
    story = story_with(own.image, parent=own.index, body=document_block(own.document))
    # (function, file, field, function that returns its new value, field that shows the error)
    # Fields of the focal point are hidden, so the form itself shows the error.
    changes = [
        (change_picture, own.image, "file", new_picture, "file"),
        (change_document, own.document, "file", new_text, "file"),
        (change_picture, own.image, "credit", lambda: "Somebody", "credit"),
        (change_picture, own.image, "shows", lambda: "person", "shows"),
        (change_picture, own.image, "focal_point_x", lambda: "9", "__all__"),
    ]

    def statuses(changes):
        posts = [change(editor, item, **{name: make()}) for change, item, name, make, _error in changes]
        return [response.status_code for response in posts]

    for change, item, field, make_value, field_with_error in changes:
        stored = type(item).objects.values("file", "file_hash").get(pk=item.pk)
        response = change(editor, item, **{field: make_value()})
        assert list(response.context["form"].errors) == [field_with_error]
        assert REFUSED in response.text, field
        assert type(item).objects.values("file", "file_hash").get(pk=item.pk) == stored
    # The title is not shown to readers.
    assert change_picture(editor, own.image).status_code == 302
    assert change_document(editor, own.document).status_code == 302

    # The readers of a restricted page are readers too.
    builders.make_private(story)
    assert statuses(changes[:2]) == [200, 200]  # the new files
    # While no live page shows the files, the editor may change them.
    story.unpublish()
    assert statuses(changes) == [302] * 5


@pytest.mark.sqlite_only
def test_picture_that_was_erased_is_refused_wherever_it_is_uploaded(moderator):
    data, words = builders.picture_bytes(color=(7, 8, 9)), "removed from the site for good"
    person, other = people.make_agreeing_person(), builders.make_image()
    file = clean_picture(ContentFile(data))
    erased = CleanImage.objects.create(title="Erased", file=file, shows="person")
    erased.people.set([person])
    # The same file was uploaded twice, and nobody said of the second picture who is on it.
    same = CleanImage.objects.create(title="Same", file=file, shows="place")
    withdrawal.carry_out.withdraw(person)
    assert not CleanImage.objects.filter(pk__in=[erased.pk, same.pk]).exists()
    stored = CleanImage.objects.count(), UploadedFile.objects.count()
    for way in ("add", "several", "chooser", other):
        assert words in uploading.upload(moderator, "c.png", data, way=way), way
    assert (CleanImage.objects.count(), UploadedFile.objects.count()) == stored


# --- Versions that wait ---------------------------------------------------------------------------


def in_moderation(page):
    page.save_revision()
    Workflow.objects.get().start(page, builders.make_user("Editors"))


def scheduled(page):
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    builders.save_with(page, go_live_at=tomorrow).save_revision().publish()


@pytest.mark.sqlite_only
@pytest.mark.parametrize("wait", [in_moderation, scheduled])
def test_file_is_not_replaced_after_a_moderator_saw_it(editor, own, wait):
    """One picture is in the story, and one is that of the story's author."""
    author = builders.make_author("Awa", picture=builders.make_image(collection=own.collection))
    fields = {"authors": ["Awa"], "lead_image": own.image, "lead_image_decorative": True}
    story = builders.make_story(parent=own.index, live=False, body=document_block(own.document), **fields)
    assert change_document(editor, own.document, file=new_text()).status_code == 302
    wait(story)
    for picture in (own.image, author.picture):
        assert REFUSED in change_picture(editor, picture, file=new_picture()).text
    assert REFUSED in change_document(editor, own.document, file=new_text()).text
    for item in (own.image, author.picture, own.document):
        delete(editor, item)
        assert type(item).objects.filter(pk=item.pk).exists()
    choosing.permit(editor, own)
    assert change_picture(editor, own.image, file=new_picture()).status_code == 302


@pytest.mark.sqlite_only
def test_author_says_who_is_on_a_picture_that_waits_and_takes_nobody_off(editor, own):
    builders.save_with(own.image, shows="person")
    first, second = people.make_person(), people.make_person()
    story = builders.make_story(parent=own.index, live=False, lead_image=own.image, lead_image_alt="Somebody")
    in_moderation(story)
    assert change_picture(editor, own.image, people=[first.pk]).status_code == 302
    # After a new file, only somebody who may publish says who is on it.
    CleanImage.objects.filter(pk=own.image.pk).update(asks_again=True)
    assert change_picture(editor, own.image, people=[first.pk]).status_code == 302
    assert CleanImage.objects.get(pk=own.image.pk).asks_again
    for fields in ({"people": [second.pk]}, {"people": [first.pk, second.pk], "shows": "place"}):
        assert "choose “Cancel workflow”" in change_picture(editor, own.image, **fields).text
    assert set(own.image.people.all()) == {first}
    StoryPage.objects.filter(pk=story.pk).update(live=True)
    response = change_picture(editor, own.image, people=[first.pk, second.pk])
    assert response.context["form"].errors.keys() == {"people"}


# --- Deleting and moving --------------------------------------------------------------------------


def test_editor_cannot_delete_a_public_file(editor, own):
    story = story_with(own.image, parent=own.index, body=document_block(own.document))
    own.draft.delete()  # so that only the story shows the files
    for item in (own.image, own.document):
        delete(editor, item)
        assert type(item).objects.filter(pk=item.pk).exists()
    story.delete()
    for item in (own.image, own.document):
        delete(editor, item)
        assert not type(item).objects.filter(pk=item.pk).exists()


@pytest.mark.sqlite_only
def test_question_says_how_many_public_pages_show_a_file(client, own):
    client.force_login(admin_world.make_role("moderator", own))

    def counts(*items):
        """Return what both pages that ask whether to delete `items` say of public pages."""
        query = "&".join(f"id={item.pk}" for item in items)
        pages = [f"/admin/bulk/media/{items[0]._meta.model_name}/delete/?{query}"]
        pages += [question(item) for item in items if len(items) == 1]
        texts = [client.get(page).text for page in pages]
        assert all("nobody can bring them back" in text for text in texts)
        found = [re.findall(r"\d+ public page|on all pages", text) or [None] for text in texts]
        return {each for texts in found for each in texts}

    assert counts(own.image) == counts(own.document) == {None}  # a draft has both files
    story_with(own.image, parent=own.index, body=document_block(own.document))
    assert counts(own.image) == counts(own.document) == {"1 public page"}
    other = builders.make_image()
    builders.make_story(parent=own.index, body=[builders.pictures_block(own.image, other)])
    assert counts(own.image, other) == {"2 public page"}
    builders.make_private(own.index)
    assert counts(own.image, other) == {None}
    SiteSettings.objects.update_or_create(site=Site.objects.get(), defaults={"logo": other})
    assert counts(own.image, other) == {"on all pages"}
    # No person is named who agrees to it.
    assert counts(builders.save_with(other, shows=CleanImage.Shows.PERSON_IN_STORY)) == {None}


@pytest.mark.sqlite_only
def test_editor_cannot_move_a_public_document_out_of_a_restricted_collection(editor, own):
    story = builders.make_story(parent=own.index, body=document_block(own.document))
    inner = Collection.objects.get(pk=own.collection.pk).add_child(name="Inner")
    builders.save_with(own.document, collection=inner)
    restriction = CollectionViewRestriction.objects.create(collection=inner, restriction_type="login")
    bulk = f"/admin/bulk/media/cleandocument/add_to_collection/?id={own.document.pk}&next=/admin/documents/"

    def moved():
        """Move the document by its form, then by the bulk action. Return whether each did. Move it back."""
        done = []
        for move in (
            lambda: change_document(editor, own.document, collection=own.collection.pk),
            lambda: editor.post(bulk, {"collection": own.collection.pk}, follow=True),
        ):
            response = move()
            done.append(not CleanDocument.objects.filter(pk=own.document.pk, collection=inner).exists())
            assert done[-1] or REFUSED in response.text
            CleanDocument.objects.filter(pk=own.document.pk).update(collection=inner)
        return done

    assert moved() == [False, False]
    # The form can change the title, which readers don't see, while the collection stays the same.
    assert change_document(editor, own.document, collection=inner.pk).status_code == 302
    restriction.delete()
    assert moved() == [True, True]
    CollectionViewRestriction.objects.create(collection=inner, restriction_type="login")
    story.unpublish()
    assert moved() == [True, True]
