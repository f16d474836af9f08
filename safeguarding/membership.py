"""Logs that somebody joined the group Safeguarding, and mails its members, so that nobody joins unnoticed.

A member whose account is activated again counts as joining. The group can't be renamed or deleted, and no
other group can get its name, because the members of a group with this name are leads.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import log

from safeguarding.mails import mail_leads
from safeguarding.policies import GROUP

User = get_user_model()
JOINED = "safeguarding.joined"


@receiver(m2m_changed, sender=User.groups.through)
def announce_members(instance, action, reverse, pk_set, **_arguments):
    """Announce new members. `reverse`: whether users were added to a group, and not groups to a user."""
    if action != "post_add":
        return
    groups = Group.objects.filter(name=GROUP, pk__in=[instance.pk] if reverse else pk_set)
    if groups.exists():
        for user in User.objects.filter(pk__in=pk_set) if reverse else [instance]:
            announce(user)


@receiver(pre_save, sender=User)
def note_activation(instance, update_fields=None, raw=False, **_arguments):
    """Note on the user whether this save activates the account of a member, for announce_activation()."""
    # Without update_fields, save() stores all fields.
    if raw or not instance.is_active or "is_active" not in (update_fields or ["is_active"]):
        return
    inactive_member = User.objects.filter(pk=instance.pk, is_active=False, groups__name=GROUP)
    instance.joins_again = inactive_member.exists()


def announce_activated(_request, action_type, users, action):
    """Hook: announce the members of `users` whose accounts the bulk action `action` activated.

    Wagtail activates them with a query, which sends no signals. `users` were loaded before.
    """
    if action_type == "set_active_state" and action.cleaned_form.cleaned_data["mark_as_active"]:
        for user in users:
            if not user.is_active and user.groups.filter(name=GROUP).exists():
                announce(user)


@receiver(post_save, sender=User)
def announce_activation(instance, **_arguments):
    if instance.__dict__.pop("joins_again", False):
        announce(instance)


def announce(user):
    """Log that `user` joined, and mail it to all members once the transaction commits."""
    log(user, JOINED)
    # robust: an error of the mail doesn't fail the request, whose transaction is committed already.
    transaction.on_commit(lambda: mail(user), robust=True)


def mail(new_member):
    """Send all members a mail that says that `new_member` joined."""

    def compose():
        text = _(
            "%(name)s is now a member of the group Safeguarding, and can see who the people in the "
            "stories are. If you did not expect this, take them out of the group at once, and ask who "
            "added them:\n\n%(address)s"
        )
        address = f"{settings.BASE_URL}/admin/users/"
        return text % {"name": new_member.get_username(), "address": address}

    mail_leads(gettext_lazy("A new member of the group Safeguarding"), compose)


@receiver(pre_save, sender=Group)
def keep_name(instance, raw=False, **_arguments):
    """Refuse to take the name of the group away, and to give it to another or a new group."""
    stored = Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    if not raw and stored != instance.name and GROUP in {stored, instance.name}:
        raise PermissionDenied


@receiver(pre_delete, sender=Group)
def keep_group(instance, **_arguments):
    if instance.name == GROUP:
        raise PermissionDenied
