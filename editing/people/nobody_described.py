"""Adds the bulk action that answers "no person is described" for several pages at once.

Each page gets a new version with the answer.
"""

from django.utils.translation import gettext_lazy

from editing.desk.new_versions import NewVersionBulkAction, counts_at_once
from publishing.people import People, contributors_in
from safeguarding.withdrawal.tasks import waits_to_be_purged

# The name of the action in the history of a page.
ANSWERED = "stories.nobody_described"


def is_open(page):
    """Return whether the newest version of `page` has no answer yet, and nobody on its pictures.

    A page from which an editor still has to remove a person is left out. It is answered in the editor.
    """
    draft = page.get_latest_revision_as_object()
    return draft.people == "" and not contributors_in(draft) and not waits_to_be_purged(page)


class NobodyDescribedBulkAction(NewVersionBulkAction):
    """The bulk action. It leaves out pages with an answer or with people."""

    display_name = gettext_lazy("Nobody is described")
    action_type, logged_as = "nobody_described", ANSWERED
    aria_label = gettext_lazy("Say of the selected pages that no person is described")
    template_name = "editing/nobody_described.html"
    action_priority = 60  # after Wagtail's actions, the last of which has 50

    def check_perm(self, page):
        permissions = page.permissions_for_user(self.request.user)
        return permissions.can_edit() and not permissions.page_locked() and is_open(page.specific)

    def object_context(self, obj):
        context = super().object_context(obj)
        return context | {"counts_at_once": counts_at_once(context["item"], self.request.user)}

    def get_context_data(self, **kwargs):
        return super().get_context_data(answer=People.NONE.label, **kwargs)

    @staticmethod
    def change(draft, request, **data):
        draft.people = People.NONE
        return True
