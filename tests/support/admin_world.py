"""Sections of the site with one of everything that the admin can open, and users with different roles."""

from datetime import timedelta
from functools import cached_property

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.utils import timezone
from wagtail.admin.models import EditingSession
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, UploadedFile, Workflow

from media.models import CleanImage
from publishing import hiding, trash
from publishing.models import TrashedPage
from tests.support import builders

# A word that is only in objects that not everybody may see. A response with this word shows one of them.
SECRET = "Quixotic"
ROLES = ["visitor", "member", "editor", "moderator", "administrator"]


def trashed(page, user=None):
    """Put `page` into the trash and return its TrashedPage."""
    trash.move_to_trash(type(page).objects.get(pk=page.pk), user)
    return TrashedPage.objects.get(page=page.pk)


class Section:
    """A section of the site: an index page, and objects in it that not everybody may see.

    An object is made when it is used for the first time, or by make_all().

    Arguments:
        title: the title of the index page.
        word: a word in the titles of these objects.
    """

    def __init__(self, title, word):
        self.title, self.word = title, word

    def make_all(self):
        for name, member in vars(Section).items():
            if isinstance(member, cached_property):
                getattr(self, name)

    @cached_property
    def owner(self):
        return builders.make_user()

    @cached_property
    def index(self):
        return builders.make_index(builders.make_index(), self.title)

    @cached_property
    def collection(self):
        return Collection.get_first_root_node().add_child(name=f"{self.word} files")

    @cached_property
    def image(self):
        return builders.make_image(f"{self.word} picture", collection=self.collection)

    @cached_property
    def document(self):
        return builders.make_document(f"{self.word} document", collection=self.collection)

    @cached_property
    def live(self):
        """A story with a draft that has changes."""
        live = builders.make_story(f"Public story of {self.title}", self.index)
        live.title, live.summary = f"Changed story of {self.title}", f"{self.word} change."
        live.save_revision()
        live.refresh_from_db()
        return live

    @cached_property
    def draft(self):
        """A draft that waits for a moderator; see `waiting`."""
        paper = {"document": self.document.pk, "title": f"{self.word} paper"}
        fields = {"lead_image": self.image, "lead_image_decorative": True, "owner": self.owner}
        body = [{"type": "document", "value": paper}]
        terms = ["KE"], ["Debt"], ["Staff"]
        draft = builders.make_story(f"{self.word} draft", self.index, *terms, body, live=False, **fields)
        # Another summary, so that the two versions of the draft can be compared.
        draft.summary = f"{self.word} summary, longer now."
        draft.save_revision()
        Workflow.objects.get().start(draft, self.owner)
        draft.refresh_from_db()
        return draft

    @cached_property
    def waiting(self):
        """The state of the workflow of `draft`."""
        return self.draft.current_workflow_state

    @cached_property
    def scheduled(self):
        """The scheduled revision of a third story, which somebody hid."""
        later = builders.make_story(f"{self.word} tomorrow", self.index, live=False)
        later.go_live_at = timezone.now() + timedelta(days=1)
        scheduled = later.save_revision()
        scheduled.publish()
        hiding.hide(later, self.owner)
        return scheduled

    @cached_property
    def trashed(self):
        return trashed(builders.make_story(f"{self.word} deleted", self.index, live=False), self.owner)

    @cached_property
    def upload(self):
        """A picture from an upload of several files, whose form was not sent yet."""
        picture_type = ContentType.objects.get_for_model(CleanImage)
        file = ContentFile(builders.picture_bytes(), name="upload.png")
        by_owner = {"uploaded_by_user": self.owner, "for_content_type": picture_type}
        return UploadedFile.objects.create(file=file, **by_owner)

    @cached_property
    def session(self):
        """The row that says that a user has the editor of `draft` open."""
        seen = {"content_object": self.draft, "last_seen_at": timezone.now()}
        return EditingSession.objects.create(user=self.owner, **seen)


def make_section(title, word):
    """Return a new Section called `title`, in which all objects are made."""
    section = Section(title, word)
    section.make_all()
    return section


def make_section_editors(section):
    """Return a new group with the permissions of Editors in `section` alone."""
    group = Group.objects.create(name=f"Editors of {section.index.title}")
    editors = Group.objects.get(name="Editors")
    group.permissions.set(editors.permissions.all())
    places = {GroupPagePermission: {"page": section.index}}
    places[GroupCollectionPermission] = {"collection": section.collection}
    for model, place in places.items():
        granted = model.objects.filter(group=editors).values_list("permission_id", flat=True)
        model.objects.bulk_create(model(group=group, permission_id=key, **place) for key in granted)
    return group


def make_role(role, section):
    """Return a user with `role`, or None for a visitor.

    A member is in no group. An editor may edit only `section`.
    """
    if role == "visitor":
        return None
    groups = ["Moderators"] if role == "moderator" else []
    user = builders.make_user(*groups, username=role, is_superuser=role == "administrator")
    if role == "editor":
        user.groups.add(make_section_editors(section))
    return user
