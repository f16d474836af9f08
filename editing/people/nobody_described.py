"""Adds the bulk action that answers "no person is described" for several pages at once.

Each page gets a new version with the answer. The version is published only if the newest version was live
before, so that no other change goes live with it.
"""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.log_actions import log

from publishing.people import People, contributors_in
from publishing.refusals import say_what_is_missing
from safeguarding.withdrawal.tasks import waits_to_be_purged

# The name of the action in the history of a page.
ANSWERED = "stories.nobody_described"


def is_open(page):
    """Return whether the newest version of `page` has no answer yet, and nobody on its pictures.

    A page from which an editor still has to remove a person is left out. It is answered in the editor.
    """
    draft = page.get_latest_revision_as_object()
    return draft.people == "" and not contributors_in(draft) and not waits_to_be_purged(page)


def counts_at_once(page, user):
    """Return whether the newest version of `page` is live, and `user` may publish it."""
    is_newest = page.live and not page.has_unpublished_changes
    return is_newest and page.permissions_for_user(user).can_publish()


def answer(page, request):
    """Store the answer in a new version of `page`. Return whether it is published.

    If it is not, a message gives the reason.
    """
    user = request.user
    draft, is_published = page.get_latest_revision_as_object(), counts_at_once(page, user)
    draft.people = People.NONE
    if not draft.live:
        draft.save(clean=False)  # The row of a page that isn't live follows its draft, as in the page editor.
    revision = draft.save_revision(user=user, clean=False)
    # By default, all entries of a request have the same uuid. A history shows only the latest of the entries
    # with the same action and uuid, even if they are about different pages.
    log(draft, ANSWERED, user=user, revision=revision, content_changed=True, uuid=uuid4())
    if is_published:
        try:
            revision.publish(user=user)
        except ValidationError as error:
            say_what_is_missing(request, page, error)
            return False
    return is_published


class NobodyDescribedBulkAction(PageBulkAction):
    """The bulk action. It leaves out pages with an answer or with people."""

    display_name = gettext_lazy("Nobody is described")
    action_type = "nobody_described"
    aria_label = gettext_lazy("Say of the selected pages that no person is described")
    template_name = "editing/nobody_described.html"
    action_priority = 60  # after Wagtail's actions, the last of which has 50

    def check_perm(self, page):
        if page.is_root():
            return False
        permissions = page.permissions_for_user(self.request.user)
        return permissions.can_edit() and not permissions.page_locked() and is_open(page.specific)

    def object_context(self, obj):
        context = super().object_context(obj)
        return context | {"counts_at_once": counts_at_once(context["item"], self.request.user)}

    def get_context_data(self, **kwargs):
        return super().get_context_data(answer=People.NONE.label, **kwargs)

    def get_execution_context(self):
        return {"request": self.request}

    @classmethod
    def execute_action(cls, objects, request):
        """Answer for the pages `objects`. Return the two numbers for get_success_message()."""
        published = [answer(page.specific, request) for page in objects]
        return len(published), published.count(False)

    def get_success_message(self, num_parent_objects, num_child_objects):
        """Return the message.

        `num_parent_objects`: the number of pages. `num_child_objects`: the number of those that have the
        answer only in a draft. Wagtail gives them the two numbers that `execute_action` returns.
        """
        text = ngettext(
            "%(number)d page is answered: no person is described.",
            "%(number)d pages are answered: no person is described.",
            num_parent_objects,
        ) % {"number": num_parent_objects}
        if not num_child_objects:
            return text
        drafts = ngettext(
            "In %(number)d of them the answer is in the draft, and counts when that is published.",
            "In %(number)d of them the answer is in the drafts, and counts when these are published.",
            num_child_objects,
        ) % {"number": num_child_objects}
        return f"{text} {drafts}"


def register_actions(actions):
    """Hook "register_log_actions": register ANSWERED."""
    actions.register_action(ANSWERED, _("Answer"), _("Answered: no person is described"))
