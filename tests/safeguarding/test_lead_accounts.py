"""Who lets a lead in or locks one out: only leads, and administrators where there is no other lead.

Leads are the members of the group Safeguarding. Otherwise somebody with the right to change users could take
over the account of a lead, or join the group, and read names.
"""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice
from wagtail.models import ModelLogEntry

from safeguarding.membership import announce_members
from safeguarding.models import Contributor, LeakHits, Withdrawal, WithdrawalTask
from safeguarding.policies import GROUP, NAMES_CLOSED, sees_names
from stories.terms import Theme
from tests.support import people, second_factor, signing_in
from tests.support.builders import client_of, make_story, make_user, story_form
from tests.support.leads import SECRET, address
from tests.support.signing_in import ACCOUNT, ADD_USER, DEAD_MAIL_SERVER, NOON, account_form, email_of
from tests.support.undone import undone

User = get_user_model()
NEW_ADDRESS = "mine@example.org"


def keys_of(*names):
    return list(Group.objects.filter(name__in=names).values_list("pk", flat=True))


def edit(user, *groups, **fields):
    """Return the address and the data of the form of `user`, who is in `groups` afterwards."""
    data = {"username": user.username, "email": user.email, "first_name": "A", "last_name": "B"}
    return f"/admin/users/edit/{user.pk}/", data | {"is_active": "on", "groups": keys_of(*groups)} | fields


def bulk(action, user, **data):
    return f"/admin/bulk/auth/user/{action}/?id={user.pk}", data


# What may be done to a member, and how others become leads: {name: function that takes a member or another
# user, and returns the address and the data of a request}.
CHANGES = {
    "e-mail address": lambda user: edit(user, GROUP, email=NEW_ADDRESS),
    "user name": lambda user: edit(user, GROUP, username="another"),
    "made inactive": lambda user: edit(user, GROUP, is_active="", email=NEW_ADDRESS),
    "made inactive in a list": lambda user: bulk("set_active_state", user, mark_as_active="False"),
    "taken out": lambda user: edit(user, "Editors"),
    "deleted": lambda user: (f"/admin/users/delete/{user.pk}/", {}),
    "deleted in a list": lambda user: bulk("delete", user),
    "second factor": lambda user: (f"/admin/users/second-factor/{user.pk}/", {}),
    "invited again": lambda user: (f"/admin/users/invite/{user.pk}/", {}),
}
JOINS = {
    "added": lambda user: edit(user, "Editors", GROUP),
    "added in a list": lambda user: bulk("assign_role", user, role=keys_of(GROUP)),
    "new": lambda _user: (ADD_USER, signing_in.new_user_data(username="new", groups=keys_of(GROUP))),
    "made active": lambda _user: edit(make_user(GROUP, is_active=False), GROUP),
    "made active in a list": lambda _user: bulk(
        "set_active_state", make_user(GROUP, is_active=False), mark_as_active="True"
    ),
}
# The views that show what could lead to a person: {name: data that is posted}.
NAMES = {"restricted": {"reason": "check"}, "print": {"reason": "check"}, "withdraw": {}}


@pytest.fixture
def member():
    people.make_person(names=SECRET)
    user = make_user(GROUP)
    User.objects.filter(pk=user.pk).update(password="!none")  # so that the user can be invited
    return user


def make_manager(*groups):
    """Return a user who may do everything with users, and is no superuser."""
    user = make_user("Editors", *groups)
    user.user_permissions.set(Permission.objects.filter(content_type__model="user"))
    return user


def attempts(member):
    """Yield (name, address, data) for each of CHANGES and JOINS. What the test does with it is undone."""
    for name, request in (CHANGES | JOINS).items():
        with undone():
            second_factor.with_app(member)
            mail.outbox.clear()
            yield name, *request(member if name in CHANGES else make_user("Editors"))


def stored():
    """Return what is stored of who can sign in and who is a lead, and the number of mails sent at once."""
    rows = User.objects.values_list("pk", "username", "email", "password", "is_active", "groups")
    return set(rows), TOTPDevice.objects.count(), len(mail.outbox)


def names_opened_by(user):
    person, client = Contributor.objects.last(), client_of(user)
    pages = {name: client.post(address(person, name), data) for name, data in NAMES.items()}
    return {name for name, page in pages.items() if page.status_code == 200}


def test_only_leads_change_leads_and_add_others(member):
    others = [make_user(is_superuser=True), make_manager()]
    leads = [make_user(GROUP, is_superuser=True), make_manager(GROUP)]
    for user in others:
        assert client_of(user).get(edit(member)[0])["Location"] == "/admin/", "no form is offered"
    for name, path, data in attempts(member):
        before = stored()
        for user in others:
            response = client_of(user).post(path, data)
            assert stored() == before, name
            if response.status_code == 200:
                assert "Only members of the group Safeguarding may change" in response.text
        for user in leads:
            with undone():
                client_of(user).post(path, data)
                assert stored() != before, name
                assert not ModelLogEntry.objects.filter(action=NAMES_CLOSED).exists()


def test_without_other_leads_administrators_do_and_all_hear_of_it(member, django_capture_on_commit_callbacks):
    administrators, manager = [make_user(is_superuser=True), make_user(is_superuser=True)], make_manager()
    for name, path, data in attempts(member):
        if name in JOINS:
            User.objects.filter(pk=member.pk).update(is_active=False)
        before = stored()
        client_of(manager).post(path, data)
        assert stored() == before, name
        with django_capture_on_commit_callbacks(execute=True):
            client_of(administrators[0]).post(path, data)
        assert stored() != before, name
        entry = ModelLogEntry.objects.filter(action=NAMES_CLOSED).first()
        told = {each.to[0] for each in mail.outbox if "An administrator changed" in each.subject}
        assert told >= {each.email for each in administrators}, name
        if name in CHANGES:
            assert told >= {member.email, data.get("email", member.email)}, name
            assert entry.object_id == str(member.pk)


def test_names_stay_closed_to_the_account_for_three_days(member, time_machine):
    time_machine.move_to(NOON, tick=False)
    client_of(make_user(is_superuser=True)).post(*edit(member, GROUP, email=NEW_ADDRESS))
    assert email_of(member) == NEW_ADDRESS
    client = client_of(member)
    client.post(ACCOUNT, account_form(client, **{"email-email": "own@example.org"}))
    assert email_of(member) == "own@example.org", "it may change its own address"
    User.objects.filter(pk=member.pk).update(is_superuser=True)  # so that it may edit pages and users
    assert names_opened_by(member) == set()
    # The leak check limits it as others.
    client, story, other = client_of(member), make_story(live=False), make_user("Editors")
    form = story_form(title=story.title, slug=story.slug, body=[("text", f"<p>{SECRET}</p>")] * 30)
    page = client.post(f"/admin/pages/{story.pk}/edit/", form, follow=True)
    assert "please ask the safeguarding team" in page.text
    # It makes nobody a lead, to whom names would be open at once. But it takes people down.
    client.post(*edit(other, GROUP))
    assert not other.groups.filter(name=GROUP).exists()
    client.post(address(Contributor.objects.get(), "take_down"))
    person = Contributor.objects.get()
    assert person.held_since
    people.withdraw(person)
    withdrawal = Withdrawal.objects.create(contributor=person)
    report = reverse("safeguarding_withdrawals:report", args=[withdrawal.pk])
    client.post(report)
    assert not WithdrawalTask.objects.exclude(step="ledger").exists(), "it can't have the names deleted"
    time_machine.move_to(NOON + datetime.timedelta(days=3, minutes=1), tick=False)
    assert names_opened_by(member) == NAMES.keys()
    client_of(member).post(report)
    assert WithdrawalTask.objects.exclude(step="ledger").get().step == "complete"


def test_nobody_waits_while_no_name_is_recorded(member):
    Contributor.objects.update(names="")
    client_of(make_user(is_superuser=True)).post(*edit(member, GROUP, email=NEW_ADDRESS))
    assert email_of(member) == NEW_ADDRESS
    assert names_opened_by(member) == NAMES.keys()


def test_lead_without_the_right_to_change_users_changes_membership_alone(member):
    client, user = client_of(member), make_user("Editors", is_superuser=True)
    before = User.objects.filter(pk=user.pk).values().get()
    assert f"/admin/users/edit/{user.pk}/" in client.get("/admin/users/").text
    for groups in ([GROUP], []):
        client.post(*edit(user, *groups, username="another", email=NEW_ADDRESS, is_active=""))
        assert set(user.groups.values_list("name", flat=True)) == {"Editors", *groups}
    client.post(*edit(user, "Moderators"))
    assert set(user.groups.values_list("name", flat=True)) == {"Editors"}
    assert User.objects.filter(pk=user.pk).values().get() == before
    client.post(*edit(member))
    assert not member.groups.exists(), "a lead may leave"


def test_closed_account_learns_no_name_from_lists_and_has_a_limit(member):
    client_of(make_user(is_superuser=True)).post(*edit(member, GROUP, email=NEW_ADDRESS))
    client, theme = client_of(member), Theme.objects.create(name=SECRET)
    page = client.get(address(Contributor.objects.get(), "words"))
    assert page.status_code == 200 and f"/theme/edit/{theme.pk}/" not in page.text
    hits = LeakHits.objects.create(user=member, number=11)
    client.post(f"/admin/safeguarding/stories/limit/{hits.pk}/")
    hits.refresh_from_db()
    assert hits.number == 11


def test_others_do_not_lock_the_group_out_of_the_admin(member):
    group, manager = Group.objects.get(name=GROUP), make_manager()
    manager.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
    # The form of the group without any permission.
    kinds = ("page", "collection", "document", "image", "collection_member")
    names = ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    form = {f"{kind}_permissions-{name}": "0" for kind in kinds for name in names}
    client_of(manager).post(f"/admin/groups/edit/{group.pk}/", form | {"name": GROUP})
    assert group.permissions.filter(codename="access_admin").exists()


# --- Names open to a new member once the others know ----------------------------------------------


def add_from_group(user):
    Group.objects.get(name=GROUP).user_set.add(user)


def join(user):
    user.groups.add(Group.objects.get(name=GROUP))


def add_by_query(user):
    row = user.groups.through(user=user, group=Group.objects.get(name=GROUP))
    user.groups.through.objects.bulk_create([row])


def activate_by_query(user):
    join(user)
    for is_active in (False, True):
        announce_members()
        type(user).objects.filter(pk=user.pk).update(is_active=is_active)
    mail.outbox.clear()
    ModelLogEntry.objects.all().delete()


def add_again(user):
    activate_by_query(user)
    user.groups.clear()
    join(user)


WAYS_IN = [join, add_from_group, add_by_query, activate_by_query, add_again]


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


@pytest.mark.parametrize("way", WAYS_IN)
def test_names_open_after_a_new_member_is_announced(new, way, settings):
    person, all_members = people.make_person(names=SECRET), {new.user.email, new.other.email}
    way(new.user)
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
    join(new.user)
    assert opens_names(new, people.make_person(names=SECRET))
    assert announced(new) == ({new.user.email, new.other.email} if sends_mail else set(), 1)


@pytest.mark.sqlite_only
def test_scheduler_announces_members_and_the_desk_lists_them_for_seven_days(new, time_machine):
    time_machine.move_to("2026-03-01 12:00", tick=False)
    join(new.user)
    call_command("run_due_work")
    assert announced(new) == ({new.user.email, new.other.email}, 1)
    for day, is_listed in (("07", True), ("09", False)):
        time_machine.move_to(f"2026-03-{day} 12:00", tick=False)
        new.force_login(new.other)
        assert ("Joined in the last seven days." in new.get("/admin/").text) == is_listed


def test_the_group_keeps_its_name():
    group, other = Group.objects.get(name=GROUP), Group.objects.get(name="Editors")
    renamed = [Group(pk=group.pk, name="Other"), Group(pk=other.pk, name=GROUP)]
    for change in (*(each.save for each in renamed), group.delete):
        with pytest.raises(PermissionDenied), transaction.atomic():
            change()
    group.save()
    assert Group.objects.filter(name=GROUP).count() == 1
