"""All members of the group Safeguarding get a mail about each new member, and no group can take its name."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.models import ModelLogEntry

from safeguarding.policies import GROUP
from tests.support.builders import make_user

pytestmark = pytest.mark.django_db


def test_an_account_that_is_activated_again_is_announced(
    lead, mailoutbox, django_capture_on_commit_callbacks
):
    member, other = make_user(GROUP, is_active=False), make_user("Editors", is_active=False)
    mailoutbox.clear()
    ModelLogEntry.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        for user in (member, other, lead.user):
            user.is_active = True
            user.save()
        member.save()
    assert sorted(mail.to[0] for mail in mailoutbox) == sorted([lead.user.email, member.email])
    assert ModelLogEntry.objects.get(action="safeguarding.joined").object_id == str(member.pk)


def test_accounts_that_are_activated_together_are_announced(
    client, mailoutbox, django_capture_on_commit_callbacks
):
    member, known = make_user(GROUP, is_active=False), make_user(GROUP)
    users = [member, known, make_user("Editors", is_active=False)]
    client.force_login(make_user(is_superuser=True))
    mailoutbox.clear()
    ModelLogEntry.objects.all().delete()
    chosen = "&".join(f"id={user.pk}" for user in users)
    # The first request deactivates all three accounts, and the second one activates them.
    for answer, number in (("False", 0), ("True", 2)):
        with django_capture_on_commit_callbacks(execute=True):
            client.post(f"/admin/bulk/auth/user/set_active_state/?{chosen}", {"mark_as_active": answer})
        joined = ModelLogEntry.objects.filter(action="safeguarding.joined")
        assert {int(entry.object_id) for entry in joined} == {user.pk for user in users[:number]}
    mails = [mail for mail in mailoutbox if mail.subject.startswith("A new member")]
    assert len(mails) == 4, "two for each of the two members"


def test_the_group_keeps_its_name():
    group, other = Group.objects.get(name=GROUP), Group.objects.get(name="Editors")
    for change in (
        lambda: Group(pk=group.pk, name="Other").save(),
        lambda: Group(pk=other.pk, name=GROUP).save(),
        group.delete,
    ):
        with pytest.raises(PermissionDenied), transaction.atomic():
            change()
    group.save()
    assert Group.objects.filter(name=GROUP).count() == 1
