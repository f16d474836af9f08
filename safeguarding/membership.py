"""Protects the accounts of the members of the group Safeguarding, and announces who joins it.

In the admin, only leads change what lets a member in: may_change_access() of safeguarding/policies.py.
Commands are not checked, because whoever has the server can do everything. All members get a mail when
somebody joins. A member whose account is activated again counts as joining. The group can't be renamed or
deleted, and no other group can get its name, because the members of a group with this name are leads.
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
from wagtail.log_actions import get_active_log_context, log

from safeguarding.mails import mail_leads
from safeguarding.models import Contributor
from safeguarding.policies import CLOSED_FOR, GROUP, NAMES_CLOSED, may_change_access, needs_lead, sees_names
from safeguarding.retention import has_restricted_texts

User = get_user_model()
JOINED = "safeguarding.joined"
# Fields of a user that let somebody in, or lock them out. The admin has no form for another user's password.
ACCESS_FIELDS = {"email", "is_active", "username"}


@receiver(pre_delete, sender=User)
def check_change(instance, joins=False, **_arguments):
    """Check a change of what lets the user `instance` in, before it is made.

    `joins`: whether the user becomes a member. This is a receiver too, because a deletion is such a change.
    Raises PermissionDenied if only leads may make it, and the user of this request of the admin is none. If
    that is an administrator, who may make it because there is no other lead, names are closed to the account.
    """
    actor = get_active_log_context().user
    if not actor or not needs_lead(actor, instance, joins):
        return
    if not may_change_access(actor, instance, joins):
        raise PermissionDenied(_("Only members of the group Safeguarding may change this for its members."))
    if not sees_names(actor):
        if any(map(has_restricted_texts, Contributor.objects.iterator())):
            log(instance, NAMES_CLOSED)
        tell_of_change(instance, actor.get_username())


def tell_of_change(user, administrator):
    """Mail `user`, at the old and the new address, and all administrators, once the transaction commits."""
    administrators = User.objects.filter(is_superuser=True, is_active=True)
    # The stored row has the old address, and `user` has the new one.
    recipients = [*administrators, User.objects.get(pk=user.pk), user]
    values = {"administrator": administrator, "name": user.get_username(), "days": CLOSED_FOR.days}

    def compose():
        text = _(
            "%(administrator)s, who is not in the group Safeguarding, changed the account %(name)s, which is "
            "or was in it. If names are recorded, this account can't see them for %(days)d days. If nobody "
            "told you why, ask by telephone, and undo it under “Settings → Users” before these days are over."
        )
        return text % values

    subject = gettext_lazy("An administrator changed an account of the group Safeguarding")
    transaction.on_commit(lambda: mail_leads(subject, compose, recipients), robust=True)


@receiver(m2m_changed, sender=User.groups.through)
def follow_membership(instance, action, reverse, pk_set, **_arguments):
    """Check who joins and leaves, and announce new members.

    `reverse`: whether users are added to a group, and not groups to a user.
    """
    if not Group.objects.filter(name=GROUP, pk__in=[instance.pk] if reverse else pk_set or ()).exists():
        return
    for user in User.objects.filter(pk__in=pk_set or ()) if reverse else [instance]:
        if action == "post_add":
            announce(user)
        elif action in {"pre_add", "pre_remove"}:
            check_change(user, joins=action == "pre_add")


@receiver(m2m_changed, sender=Group.permissions.through)
def check_permissions(instance, action, **_arguments):
    """Refuse others than leads to change what members may do: without the admin, they can't take down."""
    actor, is_change = get_active_log_context().user, action in {"pre_add", "pre_remove", "pre_clear"}
    if is_change and getattr(instance, "name", "") == GROUP and actor and not sees_names(actor):
        raise PermissionDenied(_("Only members of the group Safeguarding may change this for its members."))


@receiver(pre_save, sender=User)
def follow_account(instance, update_fields=None, raw=False, **_arguments):
    """Check a change of a member's account, and note whether it activates that, for announce_activation()."""
    # Without update_fields, save() stores all fields.
    fields = ACCESS_FIELDS if update_fields is None else ACCESS_FIELDS.intersection(update_fields)
    stored = User.objects.filter(pk=instance.pk, groups__name=GROUP).first() if fields and not raw else None
    changed = {name for name in fields if getattr(stored, name) != getattr(instance, name)} if stored else ()
    if changed:
        check_change(instance)
    instance.joins_again = "is_active" in changed and instance.is_active


def check_bulk_action(_request, action_type, users, action):
    """Hook: check the accounts that the bulk action `action` activates or deactivates, without signals."""
    if action_type == "set_active_state":
        for user in users:
            if user.is_active != action.cleaned_form.cleaned_data["mark_as_active"]:
                check_change(user)


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
