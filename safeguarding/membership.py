"""Logs who becomes a safeguarding lead, and tells all leads, as a lead can read names and contacts.

A user becomes a lead by joining the group, or when an account in it is activated again. The group keeps its
name, as another group with this name would make its members leads at once.
"""

from functools import partial

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import log

from safeguarding.mails import mail_leads
from safeguarding.policies import GROUP, is_lead

User = get_user_model()


@receiver(m2m_changed, sender=User.groups.through)
def tell_who_joined(instance, action, reverse, pk_set, **_arguments):
    if action != "post_add":
        return
    if reverse:
        users = User.objects.filter(pk__in=pk_set) if instance.name == GROUP else []
    else:
        users = [instance] if Group.objects.filter(pk__in=pk_set, name=GROUP).exists() else []
    for user in users:
        tell(user)


@receiver(pre_save, sender=User)
def note_activation(instance, update_fields=None, raw=False, **_arguments):
    may_change = instance.is_active and (update_fields is None or "is_active" in update_fields)
    stored = User.objects.filter(pk=instance.pk, is_active=False) if may_change and not raw else None
    instance.becomes_lead = bool(stored and stored.filter(groups__name=GROUP).exists())


@receiver(post_save, sender=User)
def tell_who_was_activated(instance, raw=False, **_arguments):
    if not raw and instance.__dict__.pop("becomes_lead", False):
        tell(instance)


def tell(user):
    if is_lead(user):
        log(user, "safeguarding.joined")
        send = partial(mail_leads, _("Somebody joined the safeguarding team"), "safeguarding/joined.txt")
        # robust: what is committed stays a success if the mail can't be sent.
        transaction.on_commit(partial(send, {"name": user.get_username()}), robust=True)


@receiver(pre_save, sender=Group)
def refuse_other_name(instance, raw=False, **_arguments):
    if raw:
        return
    stored = Group.objects.filter(pk=instance.pk).values_list("name", flat=True).first()
    if stored != instance.name and GROUP in {stored, instance.name}:
        raise PermissionDenied


@receiver(pre_delete, sender=Group)
def refuse_deletion(instance, **_arguments):
    if instance.name == GROUP:
        raise PermissionDenied
