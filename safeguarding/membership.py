"""Protects the accounts of the members of the group Safeguarding, and announces who joins it.

In the admin, only leads change what lets a member in: may_change_access() of safeguarding/policies.py.
Commands are not checked, because whoever has the server can do everything. The group can't be renamed or
deleted, and no other group can get its name, because the members of a group with this name are leads.

However somebody joined, names open only after this was announced. A member whose account was inactive for
more than a minute counts as joining again.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.signals import m2m_changed, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.log_actions import get_active_log_context, log
from wagtail.permission_policies import BasePermissionPolicy

from safeguarding import policies
from safeguarding.mails import mail_leads, recipients
from safeguarding.models import AnnouncedMember, Contributor
from safeguarding.one_by_one import do_for_each
from safeguarding.policies import CLOSED_FOR, GROUP, NAMES_CLOSED
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
    if not actor or not policies.needs_lead(actor, instance, joins):
        return
    if not policies.may_change_access(actor, instance, joins):
        raise PermissionDenied(_("Only members of the group Safeguarding may change this for its members."))
    if not policies.sees_names(actor):
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
def check_membership(instance, action, reverse, pk_set, **_arguments):
    """Check who joins and leaves. `reverse`: whether users are added to a group, and not groups to a user."""
    if action not in {"pre_add", "pre_remove"}:
        return
    if Group.objects.filter(name=GROUP, pk__in=[instance.pk] if reverse else pk_set).exists():
        for user in User.objects.filter(pk__in=pk_set) if reverse else [instance]:
            check_change(user, joins=action == "pre_add")


@receiver(m2m_changed, sender=Group.permissions.through)
def check_permissions(instance, action, **_arguments):
    """Refuse others than leads to change what members may do: without the admin, they can't take down."""
    actor, is_change = get_active_log_context().user, action in {"pre_add", "pre_remove", "pre_clear"}
    if is_change and getattr(instance, "name", "") == GROUP and actor and not policies.sees_names(actor):
        raise PermissionDenied(_("Only members of the group Safeguarding may change this for its members."))


@receiver(pre_save, sender=User)
def check_account(instance, update_fields=None, raw=False, **_arguments):
    """Check a change of a member's account."""
    # Without update_fields, save() stores all fields.
    fields = ACCESS_FIELDS if update_fields is None else ACCESS_FIELDS.intersection(update_fields)
    stored = User.objects.filter(pk=instance.pk, groups__name=GROUP).first() if fields and not raw else None
    if stored and any(getattr(stored, name) != getattr(instance, name) for name in fields):
        check_change(instance)


def check_bulk_action(_request, action_type, users, action):
    """Hook: check the accounts that the bulk action `action` activates or deactivates, without signals."""
    if action_type == "set_active_state":
        for user in users:
            if user.is_active != action.cleaned_form.cleaned_data["mark_as_active"]:
                check_change(user)


@receiver([pre_save, pre_delete], sender=Group)
def keep_group(instance, signal, raw=False, **_arguments):
    """Refuse to delete or rename the group, and to give its name to another or a new group."""
    stored = Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    name = instance.name if signal is pre_save else None
    if not raw and stored != name and GROUP in {stored, name}:
        raise PermissionDenied


# --- Announcing members ---------------------------------------------------------------------------


def announce_members():
    """Announce the new members, and forget who is no active member any more. It is done each minute."""
    AnnouncedMember.objects.exclude(pk__in=policies.memberships().values("pk")).delete()
    do_for_each(unannounced(), announce)


def unannounced():
    """Return the memberships of those to whom names don't open before they are announced."""
    return policies.memberships().exclude(pk__in=AnnouncedMember.objects.values("pk")).select_related("user")


def announce(membership):
    """Mail to all members that somebody joined, and log it. Names open then.

    If there are others who get mails, and none can be sent, names stay closed, and the scheduler tries again.
    The mail comes first: a process that is killed in between sends it twice, and never opens names unseen.
    """
    user = membership.user

    def compose():
        text = _(
            "%(name)s is now a member of the group Safeguarding, and can see who the people in the "
            "stories are. If you did not expect this, take them out of the group at once, and ask who "
            "added them:\n\n%(address)s"
        )
        address = f"{settings.BASE_URL}/admin/users/"
        return text % {"name": user.get_username(), "address": address}

    sent = mail_leads(gettext_lazy("A new member of the group Safeguarding"), compose)
    others = recipients().exclude(email=user.email)
    if not others.exists() or others.filter(email__in=sent).exists():
        log(user, JOINED)
        AnnouncedMember.objects.get_or_create(pk=membership.pk)


class LeadPolicy(BasePermissionPolicy):
    """Allows every action to leads, and none to others.

    It ignores permissions, because superusers have all of them. Views that show names, contacts or protected
    words ask for the action "see_names". A new member who opens one before the scheduler runs is announced.
    """

    def user_has_permission(self, user, action):
        if not policies.is_lead(user) or action != "see_names":
            return policies.is_lead(user)
        for membership in unannounced().filter(user=user):
            announce(membership)
        return policies.sees_names(user)

    def users_with_any_permission(self, actions):
        return policies.leads()
