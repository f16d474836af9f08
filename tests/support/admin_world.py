"""Sections of the site with one of everything that the admin can open, and users with different roles."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.admin.models import EditingSession
from wagtail.models import (
    Collection,
    GroupCollectionPermission,
    GroupPagePermission,
    Page,
    Revision,
    UploadedFile,
    Workflow,
    WorkflowState,
)

from media.models import CleanDocument, CleanImage
from publishing.hiding import hide
from publishing.models import TrashedPage
from publishing.trash import move_to_trash
from stories.models import StoryIndexPage, StoryPage
from tests.support import builders

# A word that is only in the hidden objects of a section. A page that contains it shows a hidden object.
SECRET = "Quixotic"
ROLES = ["visitor", "member", "editor", "moderator", "administrator"]


@dataclass
class Section:
    """A section of the site: an index page, and objects in it that not everybody may see."""

    index: StoryIndexPage
    live: StoryPage  # It has a draft with changes.
    draft: StoryPage  # It waits for a moderator.
    scheduled: Revision  # The scheduled revision of a third story, which somebody hid.
    trashed: TrashedPage
    alias: Page
    waiting: WorkflowState
    collection: Collection
    image: CleanImage
    document: CleanDocument
    upload: UploadedFile  # A picture from an upload of several files, whose form was not sent yet.
    session: EditingSession


def make_section(title, word):
    """Return a new Section called `title`, with `word` in the titles of everything hidden."""
    owner = builders.make_user()
    index = builders.make_index(builders.make_index(), title)
    collection = Collection.get_first_root_node().add_child(name=f"{word} files")
    image = builders.make_image(f"{word} picture", collection=collection)
    document = builders.make_document(f"{word} document")
    document.collection = collection
    document.save()
    live = builders.make_story(f"Public story of {title}", index)
    alias = live.create_alias(parent=index, update_slug="alias")
    live.title = f"{word} change"
    live.save_revision()
    body = [{"type": "document", "value": {"document": document.pk, "title": f"{word} paper"}}]
    more = {"lead_image_decorative": True, "body": body, "owner": owner}
    more |= {"countries": ["KE"], "themes": ["Debt"], "authors": ["Staff"]}
    draft = builders.make_story(f"{word} draft", index, live=False, lead_image=image, **more)
    draft.summary = f"{word} summary, longer now."
    draft.save_revision()
    waiting = Workflow.objects.get().start(draft, owner)
    later = builders.make_story(f"{word} tomorrow", index, live=False)
    later.go_live_at = timezone.now() + timedelta(days=1)
    scheduled = later.save_revision()
    scheduled.publish()
    hide(later, owner)
    deleted = builders.make_story(f"{word} deleted", index, live=False)
    move_to_trash(deleted, owner)
    for page in (live, draft):
        page.refresh_from_db()
    upload = UploadedFile.objects.create(
        file=ContentFile(builders.picture_bytes(), name="word.png"),
        uploaded_by_user=owner,
        for_content_type=ContentType.objects.get_for_model(CleanImage),
    )
    session = EditingSession.objects.create(user=owner, content_object=draft, last_seen_at=timezone.now())
    trashed = TrashedPage.objects.get(page=deleted.pk)
    return Section(
        index, live, draft, scheduled, trashed, alias, waiting, collection, image, document, upload, session
    )


def make_section_editors(section):
    """Return a new group with the permissions of Editors in `section` alone."""
    group = Group.objects.create(name=f"Editors of {section.index.title}")
    editors = Group.objects.get(name="Editors")
    group.permissions.set(editors.permissions.all())
    for granted in GroupPagePermission.objects.filter(group=editors):
        GroupPagePermission.objects.create(group=group, page=section.index, permission=granted.permission)
    for granted in GroupCollectionPermission.objects.filter(group=editors):
        GroupCollectionPermission.objects.create(
            group=group, collection=section.collection, permission=granted.permission
        )
    return group


def make_role(role, section):
    """Return a user with `role`, or None for a visitor. An editor may edit only `section`."""
    if role == "visitor":
        return None
    groups = ["Moderators"] if role == "moderator" else []
    user = builders.make_user(*groups, username=role, is_superuser=role == "administrator")
    if role == "editor":
        user.groups.add(make_section_editors(section))
    return user
