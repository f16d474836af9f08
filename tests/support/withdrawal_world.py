"""Builds a site for tests of withdrawals: one person is named in every Place, others have stories too.

A withdrawal erases somebody who takes back their consent. A Place (safeguarding/withdrawal/places.py) is a
kind of row or file that can name the person.
"""

import datetime
from contextlib import contextmanager
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.contrib.messages.constants import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import MessageEncoder
from django.contrib.messages.storage.session import SessionStorage
from django.core.files.base import ContentFile
from django.utils import timezone
from taggit.models import Tag
from wagtail.admin.models import FormState
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.log_actions import log
from wagtail.models import Collection, Comment, CommentReply, Page, Site, TaskState, UploadedFile, Workflow

from accounts.sessions import SessionStore
from home.site_settings import SiteSettings
from media.cleaning import CleanFile
from media.models import CleanImage
from publishing.trash import move_to_trash
from safeguarding.models import Contributor
from safeguarding.scopes import Naming
from safeguarding.withdrawal import carry_out, forgetting, tasks
from search.models import MissedSearch, VocabularyGroup
from stories.models import StoryPage
from stories.terms import Theme
from tests.support import builders, translations
from tests.support.people import make_agreeing_person, make_story_about, rows_of

# A name, a telephone number and a slug that no other text of the tests contains.
NAME, CONTACT, SLUG = "Zahrawi", "+254 733 909 817", "quernstone"
SENTINELS = (NAME, CONTACT, SLUG)
NAMED = f"{NAME} of the lamps"
HOME = f"/stories/{SLUG}/"
# The addresses of the person's stories: the story, its translation, and the one in the trash. The
# second line has a former address of the story, and the one that its draft would get.
ADDRESSES = [HOME, "/fr/liste/zahrawi-fr/", "/stories/zahrawi-trashed/"]
ADDRESSES += ["/stories/zahrawi-former/", "/stories/zahrawi-draft/"]


def make_named_person():
    """Return a person whose name and protected words are those of this module."""
    fields = {"names": NAMED, "contact": CONTACT, "safe_contact_note": NAMED}
    return make_agreeing_person(**fields, protected_words=f"{NAME}\nPetra")


@contextmanager
def without_words(person):
    """Context manager that removes the restricted fields of `person` until the end of its block.

    Because of the words in them, the leak check would refuse to publish the pages that the block makes.
    """
    rows = Contributor.objects.filter(pk=person.pk)
    words = {name: getattr(person, name) for name in Contributor.RESTRICTED_FIELDS}
    rows.update(**dict.fromkeys(words, ""))
    yield
    rows.update(**words)


def named_image(person=None, color=(10, 20, 30)):
    """Return an image with the name in its texts. It shows `person`, if given.

    `color`: images of different colours have different files.
    """
    texts = {"title": f"{NAME} at home", "description": f"{NAME} smiles", "credit": NAME}
    file = CleanFile(builders.picture_bytes(60, 40, color=color), ".png")
    image = CleanImage.objects.create(file=file, shows="person" if person else "place", **texts)
    if person:
        image.people.set([person])
    return image


def make_own_stories(person):
    """Make a story of `person` with a translation and versions, and another story in the trash.

    Return (story, image, document): the image and the document are in the story.
    """
    with without_words(person):
        return _make_own_stories(person)


def _make_own_stories(person):
    image = named_image(person)
    image.tags.add(NAME)
    image.get_rendition("fill-20x20|format-png")
    document = builders.make_document(f"Letter of {NAME}", content=f"{NAME} wrote this.".encode())
    body = [
        {"type": "text", "value": f"<p>{NAMED} walked.</p>"},
        builders.pictures_block(image),
        {"type": "document", "value": {"document": document.pk, "title": "The letter"}},
    ]
    lead = {"lead_image": image, "lead_image_alt": f"{NAME} smiles"}
    fields = lead | {"summary": f"About {NAME}.", "search_description": NAME}
    story = make_story_about(person, title=NAMED, slug=SLUG, body=body, **fields)
    story = StoryPage.objects.get(pk=story.pk)
    story.save_revision()
    index = translations.make_index_in("fr", slug="liste")
    french = {"parent": index, "locale": index.locale, "translation_key": story.translation_key}
    make_story_about(person, title=f"{NAME} en route", slug="zahrawi-fr", **french)
    trashed = make_story_about(person, title=f"{NAME} thrown away", slug="zahrawi-trashed")
    move_to_trash(Page.objects.get(pk=trashed.pk), builders.make_user("Moderators"))
    return story, image, document


def make_traces(story):
    """Write the name into all other Places, such as versions, comments, logs and redirects."""
    user = builders.make_user("Editors")
    draft = StoryPage.objects.get(pk=story.pk)
    draft.slug, draft.summary = "zahrawi-draft", f"{NAME} in a draft"
    draft.save_revision(user=user, log_action=True)
    draft.go_live_at = timezone.now() + datetime.timedelta(days=9)
    draft.save_revision(user=user, approved_go_live_at=draft.go_live_at)
    Comment.objects.create(page=story, user=user, text=f"Is {NAME} right?", contentpath="title")
    state = Workflow.objects.get().start(draft, user)
    TaskState.objects.filter(workflow_state=state).update(comment=f"{NAME}?")
    Redirect.objects.create(old_path="/stories/zahrawi-former", redirect_page=story)
    Redirect.objects.create(old_path="/short", redirect_link=HOME)
    log(story, "wagtail.edit", user=user, data={"title": {"old": NAME, "new": f"{NAMED} {CONTACT}"}})
    upload = ContentFile(builders.picture_bytes(60, 40, color=(9, 9, 9)), name="zahrawi.png")
    picture_type = ContentType.objects.get_for_model(CleanImage)
    UploadedFile.objects.create(for_content_type=picture_type, file=upload)
    builders.make_author(f"{NAME} A.", role="Teller")
    Theme.objects.create(name=f"Lamps of {NAME}", description=NAME)
    VocabularyGroup.objects.create(terms=f"{NAME}\nlamplighter\nlampist")
    SearchPromotion.objects.create(query=Query.get(NAME.lower()), page=story, sort_order=0)
    MissedSearch.objects.create(digest="x", words=NAME.lower(), count=9, month=datetime.date(2026, 1, 1))
    Collection.get_first_root_node().add_child(name=f"Pictures of {NAME}")
    Tag.objects.get_or_create(name=f"{NAME} walks")
    Tag.objects.get_or_create(name=f"Call {CONTACT}")
    log(named_image(color=(1, 2, 3)), "wagtail.edit", user=user, data={"seen_at": HOME})
    # "Petra" is one of the protected words.
    Redirect.objects.create(old_path="/petra", redirect_link="/elsewhere/")
    promoted = {"query": Query.get("lamps"), "external_link_text": "A story", "sort_order": 0}
    SearchPromotion.objects.create(external_link_url=f"https://stories.example.org{HOME}", **promoted)
    SearchPromotion.objects.create(external_link_url="https://example.org", description=NAME, **promoted)
    make_unsent(story, user)


def make_unsent(story, user):
    """Write the name where the admin keeps what nobody has seen or sent yet: a message and a preview."""
    session = SessionStore()
    message = Message(SUCCESS, f"Page '{NAMED}' has been published: {HOME}")
    session[SessionStorage.session_key] = MessageEncoder().encode([message])
    session.save()
    data = urlencode({"title": NAMED, "slug": SLUG, "summary": CONTACT})
    state = {"defaults": {"data": data, "last_updated_at": timezone.now()}, "parent_object_id": ""}
    FormState.objects.update_or_create_by_instance(instance=story, user=user, **state)


def make_mentions(person):
    """Write the name into a page, a comment, a draft and settings. Return the draft and the settings."""
    user = builders.make_user("Editors")
    with without_words(person):
        page = builders.make_plain_page("About", introduction=f"{NAME} came.")
        draft = StoryPage.objects.get(pk=builders.make_story(live=False).pk)
        draft.title = f"{NAME} as well"
        draft.save_revision()
        settings = SiteSettings.for_site(Site.objects.get())
        settings.organisation_name = f"House of {NAME}"
        settings.save()
    comment = Comment.objects.create(page=page, user=user, text=f"{NAME}?", contentpath="introduction")
    CommentReply.objects.create(comment=comment, user=user, text=f"Yes, {NAME}.")
    return draft, settings


def make_others():
    """Return a story of somebody else, with a picture, an author, a theme and a version."""
    image = builders.make_image(size=(62, 40))
    fields = {"lead_image": image, "lead_image_alt": "A lamp", "authors": ["Staff"], "themes": ["Lamps"]}
    other = make_story_about(make_agreeing_person(), title="Of somebody else", **fields)
    StoryPage.objects.get(pk=other.pk).save_revision()
    return other


def make_shared(person, other, naming=Naming.CHANGED, **fields):
    """Return a live story about `person` and `other`, published from a version. `naming`: a Naming."""
    with without_words(person):
        people = rows_of(person, other, naming=naming)
        shared = builders.make_story(people="listed", story_people=people, **fields)
        shared = StoryPage.objects.get(pk=shared.pk)
        shared.save_revision().publish()
    return StoryPage.objects.get(pk=shared.pk)


def finish():
    """Run the tasks, then what is done each night, and the tasks that this has added."""
    tasks.run_tasks()
    forgetting.forget_words()
    tasks.run_tasks()


def everything_found(person):
    """Return the `yes` of withdraw() for everything that the plan of `person` asks about."""
    sections = [section for section in carry_out.make_plan(person).sections if section.place.needs_yes]
    return [(section.place.name, each.key) for section in sections for each in section.found]


def withdraw_all(person):
    """Withdraw everything of `person`, with a yes to everything that is asked. Return the Withdrawal."""
    return carry_out.withdraw(person, yes=everything_found(person))


def schedule(story, *_people):
    """Schedule the content of `story` as a version of it."""
    moment = timezone.now() + datetime.timedelta(days=9)
    StoryPage.objects.get(pk=story.pk).save_revision(approved_go_live_at=moment)


def submit(story, *_people):
    """Send `story` to the moderators."""
    Workflow.objects.get().start(StoryPage.objects.get(pk=story.pk), builders.make_user("Editors"))
