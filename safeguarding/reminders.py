"""Mails to the leads about consents and decisions that end, and names that will be deleted.

Each is sent once at most. There are mails 60, 30 and 7 days before a consent or a decision ends, and at its
end. If several of them are due, only the last is sent. The first page of the admin announces deletions too,
so they are carried out although no mail can be sent. No mail about a consent or decision then counts as sent.
"""

import datetime
from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from caching.local_date import today
from safeguarding.decisions import ending_decisions
from safeguarding.mails import mail_leads, recipients
from safeguarding.models import Contributor, Notice
from safeguarding.retention import deletion_day, is_time_to_announce
from safeguarding.status import Status
from safeguarding.wording import describe_end, describe_status, format_day

# {days before the last day of the consent: step}. The last step comes first, because the first match counts.
# From day 60 on, a consent "ends soon": DAYS_OF_NOTICE in safeguarding/status.py.
STEPS = {7: Notice.Step.DAYS_7, 30: Notice.Step.DAYS_30, 60: Notice.Step.DAYS_60}


@dataclass
class Line:
    """A line of a mail: `person`, and the `notice` that is stored with it.

    `decisions`: those about the person that end on the day of the notice.
    """

    person: Contributor
    notice: Notice
    decisions: list = field(default_factory=list)

    def __str__(self):
        if self.notice.step == Notice.Step.DELETION:
            text = _(
                "The names and the contact will be deleted on %s. If you still need them, set a later day "
                "under “Edit”."
            )
            return f"{self.person.code}: {text % format_day(self.notice.day)}"
        sentences = [describe_status(self.person)] if self.notice.day == ending_consent(self.person) else []
        sentences += dict.fromkeys(describe_end(each) for each in self.decisions)
        return f"{self.person.code}: {' '.join(sentences)}"


def send_reminders():
    """Send the leads one mail about everything that is due and was not sent yet."""
    sent = set(Notice.objects.values_list("contributor", "step", "day"))
    ending = defaultdict(list)
    for decision in ending_decisions():
        ending[decision.contributor_id].append(decision)
    lines = [
        line
        for person in Contributor.by_code()
        for line in due_lines(person, ending[person.pk])
        if (person.pk, line.notice.step, line.notice.day) not in sent
    ]
    if lines:
        send(lines)


def send(lines):
    """Store the notices of `lines`, send the mail, and delete the notices if the mail could not be sent.

    Notices that announce a deletion stay if nobody gets mails, or on the day of the deletion: the first page
    of the admin announces it too, and names must not stay because no mail can be sent.

    No transaction is open while the mail is sent. On SQLite, a slow mail server would block all writes. If
    the process is killed in between, the notices are stored and no mail is sent. The first page of the admin
    shows the same lines, and later mails contain the people again.
    """
    notices = Notice.objects.bulk_create([line.notice for line in lines])
    is_sent = False
    try:
        is_sent = mail_leads(gettext_lazy("Consents that need you"), lambda: compose(lines))
    finally:
        if not is_sent:
            last_day = today() if recipients().exists() else datetime.date.max
            unsent = Notice.objects.filter(pk__in=[notice.pk for notice in notices])
            unsent.exclude(step=Notice.Step.DELETION, day__lte=last_day).delete()


def compose(lines):
    """Return the text of the mail with `lines`."""
    intro = _("These people need you. Their records are in the admin under these codes.")
    people = "\n".join(f"- {line}" for line in lines)
    address = settings.BASE_URL + reverse("safeguarding_people:index")
    return "\n\n".join([intro, people, address, _("Please write no names into an answer to this mail.")])


def ending_consent(person):
    """Return the last day of the consent of `person` if it ends soon or has ended, or None."""
    return person.last_day if person.get_status() in {Status.ENDS_SOON, Status.ENDED} else None


def due_lines(person, decisions):
    """Yield the Lines about `person` that are due. `decisions`: those about the person that end."""
    for day in sorted({ending_consent(person), *(each.ends_on for each in decisions)} - {None}):
        left = (day - today()).days
        step = Notice.Step.ENDED if left < 0 else next(step for days, step in STEPS.items() if left <= days)
        notice = Notice(contributor=person, step=step, day=day)
        yield Line(person, notice, [each for each in decisions if each.ends_on == day])
    day = deletion_day(person)
    if day and is_time_to_announce(day):
        yield Line(person, Notice(contributor=person, step=Notice.Step.DELETION, day=day))
