"""Who may see and record people and consents: only leads, the members of the group Safeguarding.

Users who may edit a page with a person see the label of the person too: what editors call the person beside
the code, in words that say no name.

Who may change the account of a lead: may_change_access().
"""

import datetime

from django.contrib.auth import get_user_model
from django.db.models.functions import Length
from django.utils import timezone
from wagtail.models import ModelLogEntry, Page
from wagtail.permissions import policy_registry

from safeguarding.encryption import has_keys
from safeguarding.models import AnnouncedMember, Contributor, Use
from safeguarding.status import Status

GROUP = "Safeguarding"
# How long names stay closed to an account that an administrator changed: 72 hours, in which Article 33 of the
# GDPR wants a breach to be reported. A mail of Friday evening is read on Monday before they are over.
CLOSED_FOR = datetime.timedelta(days=3)
# The entry in Wagtail's log of the account from which this time counts.
NAMES_CLOSED = "safeguarding.names_closed"


def is_lead(user):
    """Return whether `user` is an active member of the group. A superuser who is no member is not.

    The answer is cached on `user`, as Django does with permissions. Each request has a user object of its
    own.
    """
    if not hasattr(user, "_is_lead"):
        user._is_lead = user.is_active and user.groups.filter(name=GROUP).exists()
    return user._is_lead


def leads():
    """Return the active members of the group."""
    return get_user_model().objects.filter(is_active=True, groups__name=GROUP)


def memberships():
    """Return the rows that make active users members of the group. Whoever leaves and joins gets another."""
    return get_user_model().groups.through.objects.filter(group__name=GROUP, user__is_active=True)


def sees_names(user):
    """Return whether `user` may see what could lead to a person.

    That is a lead who was announced to the others (safeguarding/membership.py), and to whom names are not
    closed.
    """
    announced = AnnouncedMember.objects.values("pk")
    if not is_lead(user) or not memberships().filter(user=user, pk__in=announced).exists():
        return False
    since = timezone.now() - CLOSED_FOR
    closings = ModelLogEntry.objects.for_instance(user).filter(action=NAMES_CLOSED)
    return not closings.filter(timestamp__gt=since).exists()


def labels_for(user, **conditions):
    """Return {primary key: label} of the labels that `user` may see. `conditions`: lookups of the people."""
    # The token of an encrypted text is never blank.
    people = Contributor.objects.alias(length=Length("label")).filter(length__gt=0, **conditions)
    if not is_lead(user):
        pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
        people = people.filter(pk__in=people_in(pages))
    return dict(people.values_list("pk", "label"))


def code_and_label(person, label):
    """Return the code of `person`, with `label` if there is one that the user may see."""
    return f"{person.code} · {label}" if label else person.code


def people_in(pages):
    """Return the primary keys of the people in `pages`, a queryset, and in their drafts."""
    # A draft of a live page has reported nothing.
    drafts = pages.filter(live=True, has_unpublished_changes=True)
    drafts = drafts.values_list("latest_revision__content__story_people", flat=True)
    listed = {row["contributor"] for rows in drafts for row in rows or ()}
    return listed | set(Use.objects.filter(page__in=pages.values("pk")).values_list("contributor", flat=True))


def may_write_down(user, person):
    """Return whether `user`, who may edit a page with `person`, may write down the next consent.

    Leads may, and others if nothing waits for a lead.
    """
    is_free = is_lead(user) or (has_keys() and not person.proposed_at)
    return is_free and person.get_status() in {Status.NONE, Status.ENDED}


def needs_lead(actor, user, joins=False):
    """Return whether a change of the account of `user` by `actor` is the business of the leads.

    `user` is another member, who may be inactive, or becomes one if `joins` is true. The change is one of the
    e-mail address, user name, password, second factor or membership, a deactivation, or the deletion.
    """
    users = get_user_model().objects.filter(pk=user.pk, groups__name=GROUP)
    return joins or (actor != user and users.exists())


def may_change_access(actor, user, joins=False):
    """Return whether `actor` may make such a change. Where there is no other lead, administrators may.

    check_change() of safeguarding/membership.py then closes names to the account, and tells others.
    """
    allowed = not needs_lead(actor, user, joins) or sees_names(actor)
    return allowed or (actor.is_superuser and not leads().exclude(pk=user.pk).exists())
