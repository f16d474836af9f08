"""Panels of the admin's first page: what leads have to do today, and a warning if there are too few of them.

Leads are the members of the group Safeguarding.
"""

from datetime import timedelta

from django.db.models import Max
from django.db.models.functions import Length
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.ui.components import Component
from wagtail.models import ModelLogEntry, Page

from caching.local_date import today
from editing.people.reading_reports import find_answers
from safeguarding.decisions import changed_decisions, ending_decisions, find_undecided
from safeguarding.leak_check.hits import SHOWN, find_many
from safeguarding.membership import JOINED, unannounced
from safeguarding.models import Contributor, PageHold, SecondReader
from safeguarding.policies import is_lead, leads
from safeguarding.retention import deletion_day, is_time_to_announce
from safeguarding.status import Status
from safeguarding.withdrawal.returned import find_returned
from safeguarding.withdrawal_models import Ledger, WithdrawalTask
from safeguarding.wording import describe_end, describe_status, describe_wait, format_day


class TodayPanel(Component):
    """Everything that leads have to look at, as find_work() returns it."""

    name = "safeguarding_today"
    template_name = "editing/people/today.html"
    order = 40  # below LeadsPanel, and above the buttons of home/wagtail_hooks.py (50)

    def get_context_data(self, parent_context):
        user = parent_context["request"].user
        groups = [(heading, items) for heading, items in find_work(user).items() if items]
        token = parent_context.get("csrf_token")
        return {"groups": groups, "hits": find_many(), "today": today(), "csrf_token": token}


class LeadsPanel(Component):
    """Warns leads and administrators that only one person, or nobody, can act."""

    name = "safeguarding_leads"
    template_name = "editing/people/few_leads.html"
    order = 30

    def get_context_data(self, parent_context):
        return {"number": leads().count()}


def find_work(user):
    """Return {heading: [(name, address, sentence)]} of all that `user`, a lead, has to look at.

    The name is, for example, the code of a person, the title of a page, or the name of a user.
    """
    groups = {
        Status.HELD: (_("Taken down"), []),
        Status.ENDED: (_("Ended"), []),
        Status.ENDS_SOON: (_("Ends soon"), []),
        Status.NONE: (_("Added to a page, and not asked yet"), []),
    }
    deletions, unchecked, missed = [], [], last_missed_attempts()
    # The token of an encrypted text is never blank, so the database can tell which texts are.
    lengths = Length("names") + Length("protected_words") + Length("ordinary_words")
    blank = set(Contributor.objects.alias(length=lengths).filter(length=0).values_list("pk", flat=True))
    for person in Contributor.by_code():
        address = reverse("safeguarding_people:inspect", args=[person.pk])
        status, day = person.get_status(), deletion_day(person)
        # A person whom an editor added has a label.
        is_new = not person.label or person.created_at > timezone.now() - timedelta(days=30)
        is_proposed = person.proposed_at and status in {Status.NONE, Status.ENDED}
        if status in groups and not is_proposed and not (status == Status.NONE and is_new):
            sentence = describe_status(person)
            if person.pk in missed:
                sentence += " " + _("Not reached on %s.") % format_day(missed[person.pk])
            groups[status][1].append((person.code, address, sentence))
        if day and is_time_to_announce(day):
            text = _("Will be deleted on %s. If you still need them, set a later day.") % format_day(day)
            deletions.append((person.code, address, text))
        if person.pk in blank and not is_proposed and status not in {Status.ENDED, Status.WITHDRAWN}:
            text = _("No names or words are recorded, so the leak check never finds this person.")
            unchecked.append((person.code, address, text))
    return (
        find_new_members()
        | find_proposals()
        | find_holds()
        | find_answers(user)
        | dict(groups.values())
        | find_stories()
        | {_("Names and contact"): deletions, _("People whom the leak check can't find"): unchecked}
    )


def find_new_members():
    """Return {heading: [(name, address, sentence)]} of new leads and second readers of the last days."""
    entries = ModelLogEntry.objects.filter(action=JOINED, timestamp__gt=timezone.now() - SHOWN)
    keys = {int(key) for key in entries.values_list("object_id", flat=True)}
    keys.update(unannounced().values_list("user", flat=True))
    text = _(
        "Joined in the last seven days. Names open to them once all of you were told, also by mail if the "
        "site sends any. If you did not expect this, take them out, and ask who added them."
    )
    found = leads().filter(pk__in=keys)
    lines = [(str(user), reverse("wagtailusers_users:edit", args=[user.pk]), text) for user in found]
    recent = SecondReader.objects.filter(named_at__gt=timezone.now() - SHOWN)
    text = _("Named by %s as a second reader. If you did not expect this, ask why.")
    readers = [(each.page.draft_title, address_of(each.page), text % each.user) for each in recent]
    return {_("New in the safeguarding team"): lines, _("Second readers"): readers}


def find_proposals():
    """Return {heading: [(code and user name, address, sentence)]} of the consents that wait."""
    text = _("Written down on %s. Read it, and confirm or change it.")
    people = Contributor.by_code().exclude(proposed_at=None).select_related("proposed_by")
    lines = []
    for each in people.order_by("proposed_at"):
        address = reverse("safeguarding_people:consent", args=[each.pk])
        day = timezone.localdate(each.proposed_at, timezone.get_default_timezone())
        lines.append(
            (f"{each.code}, {each.proposed_by or _('A former user')}", address, text % format_day(day))
        )
    return {_("Consents to confirm"): lines}


def find_holds():
    """Return {heading: [(code or title, address, sentence)]} of what is hidden by withdrawals."""
    address = reverse("safeguarding_withdrawals:after_restore")
    failed = _("Could not be carried out again. Everybody is held until it succeeds.")
    missing = _("Withdrawals may be missing since a restore. Everybody is held until you end the hold.")
    lines = [
        (each.failures or _("Everybody"), address, failed if each.failures else missing)
        for each in Ledger.objects.exclude(held_since=None, failures="")
    ]
    erased = _("May be what was erased. It is held until you decide.")
    said = _(
        "Says a protected word, or no longer lists somebody because of whom it was held. It is held until it "
        "is published without the words of this person, or you decide."
    )
    held = []
    for hold in PageHold.objects.select_related("page"):
        group, text = (held, said) if hold.says_word else (lines, erased)
        group.append((hold.page.draft_title, address, text))
    text = _(
        "Held until an editor takes %s out and publishes it. If somebody else in it prevents publishing, "
        "unpublish it, and save it without this person."
    )
    for task in WithdrawalTask.objects.filter(step="purge", done_at=None).select_related("withdrawal"):
        address = reverse("safeguarding_withdrawals:report", args=[task.withdrawal_id])
        pages = Page.objects.filter(pk=task.data["page"])
        held += [(page.draft_title, address, text % task.withdrawal.code) for page in pages]
    text = _("What you ticked for this withdrawal may be back. Read the list, and tick it again.")
    for each in find_returned():
        address = reverse("safeguarding_people:withdraw", args=[each.contributor_id])
        lines.append((each.code, address, text))
    return {_("Withdrawals after a restore"): lines, _("Held by a withdrawal or a word"): held}


def find_stories():
    """Return {heading: [(title, address, sentence)]} of the stories that wait, or will, or were not seen."""
    answers = reverse("safeguarding_decisions:answers")
    waiting, undecided, unseen = find_undecided(unseen=5)
    for each in waiting:
        # Those whose consent is to be confirmed are in find_proposals().
        each.unmet = [(person, unmet) for person, unmet in each.unmet if not person.proposed_at]
    ending = [
        (each.page.title, address_of(each.page, each.digest), f"{each.contributor}: {describe_end(each)}")
        for each in ending_decisions()
    ]
    text = _(
        "Its address, its layout, its options or a theme changed since you decided. The decision still "
        "counts."
    )
    changed = [(each.page.title, address_of(each.page, each.digest), text) for each in changed_decisions()]
    return {
        _("What waits for you"): [to_line(each) for each in waiting if each.unmet],
        _("Decisions that end soon or have ended"): ending,
        _("Changed since a decision"): changed,
        _("Nobody said who is in these stories"): [to_line(each) for each in undecided],
        _("Look at these answers"): [(each.content.title, answers, "") for each in unseen],
    }


def to_line(version):
    address = address_of(version.page, version.report.digest)
    return version.content.title, address, " ".join([describe_wait(version.page), *version.sentences])


def address_of(page, digest=""):
    return f"{reverse('safeguarding_decisions:page', args=[page.pk])}?version={digest}"


def last_missed_attempts():
    """Return {primary key: day} of the last time that a person could not be reached."""
    entries = ModelLogEntry.objects.filter(action="safeguarding.not_reached")
    last = entries.values_list("object_id").annotate(Max("timestamp"))
    return {int(key): timezone.localdate(moment, timezone.get_default_timezone()) for key, moment in last}


def add_panels(request, panels):
    """Add the panels that the user may see."""
    user_is_lead = is_lead(request.user)
    if user_is_lead:
        panels.append(TodayPanel())
    if (user_is_lead or request.user.is_superuser) and leads().count() < 2:
        panels.append(LeadsPanel())
