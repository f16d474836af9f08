"""The base class of bulk actions that change pages, each in a new version.

The version is published only if the newest version was live before, so that no other change goes live with
it. The pages are locked and read again first: somebody may have changed them while the action ran, and words
that were taken out must not come back.
"""

from uuid import uuid4

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from wagtail.admin.views.pages.bulk_actions.page_bulk_action import PageBulkAction
from wagtail.log_actions import log

from publishing.refusals import say_what_is_missing
from safeguarding.releases import lock_pages


def counts_at_once(page, user):
    """Return whether the newest version of `page` is live, and `user` may publish it."""
    is_newest = page.live and not page.has_unpublished_changes
    return is_newest and page.permissions_for_user(user).can_publish()


def store(page, draft, request, action):
    """Store `draft`, the changed newest version of `page`, and log `action`. Return whether it is published.

    If it could be published, but something prevents it, a message gives the reason.
    """
    user, is_published = request.user, counts_at_once(page, request.user)
    if not draft.live:
        draft.save(clean=False)  # The row of a page that isn't live follows its draft, as in the page editor.
    revision = draft.save_revision(user=user, clean=False)
    # By default, all entries of a request have the same uuid. A history shows only the latest of the entries
    # with the same action and uuid, even if they are about different pages.
    log(draft, action, user=user, revision=revision, content_changed=True, uuid=uuid4())
    if is_published:
        try:
            revision.publish(user=user)
        except ValidationError as error:
            say_what_is_missing(request, page, error)
            return False
    return is_published


class NewVersionBulkAction(PageBulkAction):
    """A subclass has `change(draft, request, **data)`.

    That is a static method, which changes `draft`, the newest version of a page, and returns whether it does.
    `data`: the cleaned data of the form.
    """

    # The name of the action in the history of a page.
    logged_as = "wagtail.edit"

    def get_execution_context(self):
        return {"request": self.request, **self.cleaned_form.cleaned_data}

    def execute_action(self, objects, request, **data):
        """Change those of the pages `objects` that check_perm() still allows, as they are now.

        Return the two numbers for get_success_message(). Wagtail calls it in a transaction.
        """
        published = []
        for page in self.get_queryset(self.model, lock_pages([page.pk for page in objects])):
            draft = page.get_latest_revision_as_object()
            if self.check_perm(page) and self.change(draft, request, **data):
                published.append(store(page.specific, draft, request, self.logged_as))
        return len(published), published.count(False)

    def get_success_message(self, num_parent_objects, num_child_objects):
        """Return the message about the numbers of changed pages, and of those changed only in the draft.

        Wagtail gives them the two numbers that `execute_action` returns.
        """
        text = _("Changed: %(all)d. Only in the draft, so not public yet: %(drafts)d.")
        return text % {"all": num_parent_objects, "drafts": num_child_objects}
