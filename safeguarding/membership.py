"""Logs and mails that somebody joined the group Safeguarding, so that nobody joins unnoticed."""

import logging

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.signals import m2m_changed
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import override
from wagtail.log_actions import log
from wagtail.users.models import UserProfile

from safeguarding.policies import GROUP, leads

logger = logging.getLogger(__name__)
JOINED = "safeguarding.joined"


@receiver(m2m_changed, sender=get_user_model().groups.through)
def announce(instance, action, reverse, pk_set, **_arguments):
    """Announce new members. `reverse`: whether users were added to a group, and not groups to a user."""
    if action != "post_add":
        return
    groups = Group.objects.filter(name=GROUP, pk__in=[instance.pk] if reverse else pk_set)
    if not groups.exists():
        return
    users = get_user_model().objects.filter(pk__in=pk_set) if reverse else [instance]
    for user in users:
        log(user, JOINED)
        transaction.on_commit(lambda user=user: mail(user))


def mail(new_member):
    """Mail all members that `new_member` is one of them now."""
    for user in leads().exclude(email=""):
        with override(UserProfile.get_for_user(user).get_preferred_language()):
            text = _(
                "%(name)s is now a member of the group Safeguarding, and can see who the people in the "
                "stories are. If you did not expect this, take them out of the group at once, and ask who "
                "added them:\n\n%(address)s"
            )
            address = f"{settings.BASE_URL}/admin/users/"
            text %= {"name": new_member.get_username(), "address": address}
            try:
                send_mail(_("A new member of the group Safeguarding"), text, None, [user.email])
            except Exception:  # of the mail server, or of an address that can't be encoded
                logger.exception("A mail about a new member could not be sent.")
