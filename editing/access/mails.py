"""Sends mails about a page only to users who may edit it when the mail is sent.

Wagtail sends them to everybody who once subscribed to the comments of a page, commented on it or submitted
it, and to all members of the groups that moderate. The page may be in the section of others by then.

They are sent after the transaction. On SQLite, a slow mail server would block all writes meanwhile. A mail
that can't be sent is only logged. In Wagtail, some errors of the server keep a page from being submitted.

Each function that replaces another has that as its `original`: editing/overrides/patches.py sets it.
"""

from django.db import transaction

from editing.access.admin_access import is_visible
from publishing.checks import find_title_leaks


def may_be_told(user, page):
    """Return whether `user` may edit `page`, which a mail is about."""
    if user.is_superuser:
        return True
    if not user.has_perm("wagtailadmin.access_admin"):
        return False
    return is_visible(page, user) and page.permissions_for_user(user).can_edit()


def send_notification(recipient_users, notification, extra_context):
    """Replace the function that sends mails about comments. Their subject has the title of the page."""
    if find_title_leaks(extra_context["page"]):
        return
    users = [user for user in recipient_users if may_be_told(user, extra_context["page"])]
    # robust: errors of the mail server are logged.
    send = send_notification.original
    transaction.on_commit(lambda: send(users, notification, extra_context), robust=True)


def send_emails(self, template_set, context, recipients, **kwargs):
    """Replace EmailNotificationMixin.send_emails, which sends mails about workflows, so about pages."""
    page = context["object"]
    if find_title_leaks(page.get_latest_revision_as_object()):
        return  # The subject has the draft's title, also when a moderator who changed it sends the page back.
    users = [user for user in recipients if may_be_told(user, page)]
    send = send_emails.original
    transaction.on_commit(lambda: send(self, template_set, context, users, **kwargs), robust=True)
