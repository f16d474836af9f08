"""Names open to a new member of the group Safeguarding once the others know. No group can take its name."""

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction
from wagtail.models import ModelLogEntry

from safeguarding.membership import announce_members
from safeguarding.policies import GROUP, sees_names
from tests.support.builders import make_user
from tests.support.leads import SECRET, address
from tests.support.people import make_person
from tests.support.signing_in import DEAD_MAIL_SERVER
from tests.support.undone import undone


def add_from_group(user):
    Group.objects.get(name=GROUP).user_set.add(user)


def add_by_query(user):
    user.groups.through.objects.bulk_create(
        [user.groups.through(user=user, group=Group.objects.get(name=GROUP))]
    )


def activate_by_query(user):
    user.groups.add(Group.objects.get(name=GROUP))
    announce_members()
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    announce_members()
    type(user).objects.filter(pk=user.pk).update(is_active=True)
    mail.outbox.clear()
    ModelLogEntry.objects.all().delete()


def add_again(user):
    activate_by_query(user)
    user.groups.clear()
    user.groups.add(Group.objects.get(name=GROUP))


JOINS = {
    "in a form": lambda user: user.groups.add(Group.objects.get(name=GROUP)),
    "from the group": add_from_group,
    "by a query": add_by_query,
    "active again": activate_by_query,
    "added again": add_again,
}


@pytest.fixture
def new(client):
    """A client in which an administrator is signed in: `new.user`. Another user is a member."""
    client.user, client.other = make_user(is_superuser=True), make_user(GROUP)
    client.force_login(client.user)
    return client


def opens_names(client, person):
    return SECRET in client.post(address(person, "restricted"), {"reason": "check"}).text


def announced(client):
    """Return who got a mail, and how often it is in the log that the user of `client` joined."""
    entries = ModelLogEntry.objects.filter(action="safeguarding.joined", object_id=str(client.user.pk))
    assert all(client.user.get_username() in message.body for message in mail.outbox)
    return {message.to[0] for message in mail.outbox}, entries.count()


@pytest.mark.parametrize("join", JOINS)
def test_names_open_after_a_new_member_is_announced(new, join, settings):
    person, all_members = make_person(names=SECRET), {new.user.email, new.other.email}
    JOINS[join](new.user)
    assert not sees_names(new.user)
    mailers, settings.MAILERS = settings.MAILERS, DEAD_MAIL_SERVER
    assert not opens_names(new, person), "no mail could be sent"
    announce_members()
    assert announced(new) == (set(), 0)
    assert "Names open to them once all of you were told" in new.get("/admin/").text
    settings.MAILERS = mailers
    with undone():
        type(new.user).objects.filter(pk=new.other.pk).update(email="no\naddress")
        announce_members()
        assert announced(new) == ({new.user.email}, 0), "the mail to the new member told nobody else"
        mail.outbox.clear()
    announce_members()
    announce_members()
    assert announced(new) == (all_members, 1)
    assert len(mail.outbox) == 2, "one for each member, once"
    assert opens_names(new, person)
    new.force_login(new.other)
    assert "Joined in the last seven days." in new.get("/admin/").text


@pytest.mark.parametrize("sends_mail", [True, False])
def test_first_request_for_names_announces_the_member(new, sends_mail, settings):
    settings.SENDS_MAIL = sends_mail
    new.user.groups.add(Group.objects.get(name=GROUP))
    assert opens_names(new, make_person(names=SECRET))
    assert announced(new) == ({new.user.email, new.other.email} if sends_mail else set(), 1)


@pytest.mark.sqlite_only
def test_scheduler_announces_members_and_the_desk_lists_them_for_seven_days(new, time_machine):
    time_machine.move_to("2026-03-01 12:00", tick=False)
    new.user.groups.add(Group.objects.get(name=GROUP))
    call_command("run_due_work")
    assert announced(new) == ({new.user.email, new.other.email}, 1)
    for day, is_listed in (("07", True), ("09", False)):
        time_machine.move_to(f"2026-03-{day} 12:00", tick=False)
        new.force_login(new.other)
        assert ("Joined in the last seven days." in new.get("/admin/").text) == is_listed


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
