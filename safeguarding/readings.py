"""Model of readings: what a person in a page, or a second reader, was shown of it, and answered.

A reading is about one version. It counts for what has the same digest, and is never changed once answered.
"""

import json
from collections import defaultdict

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from safeguarding.encryption import EncryptedTextField
from safeguarding.record import Record
from safeguarding.scopes import Naming

# {question: (how a person is asked, what it is about)}. The uses are Channels.
QUESTIONS = {
    "words": (_("Is everything in the text right?"), _("the words")),
    "pictures": (_("Are the pictures of you all right?"), _("the pictures")),
    "name": (_("Is the name that the text gives you all right?"), _("the name")),
    "website": (_("May we show your story on our website?"), _("our website")),
    "languages": (_("May we translate your story into other languages?"), _("other languages")),
    "social": (_("May we show your story on social media, like Facebook or WhatsApp?"), _("social media")),
    "print": (_("May we print your story, for other people to read?"), _("on paper")),
    "fundraising": (_("May we show your story when we ask for money?"), _("asking for money")),
    "partners": (_("May other charities that we work with show your story?"), _("other charities")),
    "right": (_("Is it right to publish this as it is?"), _("that it is published")),
}
# How a person is asked about the name, if it is known how the page names them.
ABOUT_NAME = {
    Naming.CHANGED: _("In the text you have another name. Is that name all right?"),
    Naming.REAL: _("In the text you have your real name. Is that all right?"),
}
YES, NO, CHANGE = "yes", "no", "change"


class Reading(Record):
    """One version of a page, as it was shown to `contributor`, or to `second_reader`.

    `digest`: for a person the hash of what concerns them (`Use.digest`), for a second reader that of the page
    (`Release.digest`). `page`: None once it is deleted. `translation_key`: that of the page, also afterwards.
    `revision`: the version that is shown; None is the live page without a revision.
    `language`: of the screens around it. `user`: who showed it. `interpreter`: whether one was there.

    `token`, `code`: digests of what the address has, and of what opens it; "" without a link. `tries`: how
    often a wrong code was sent. `ends_at`: until when it can be answered.

    `answers`: JSON of {question: [answer, words of the person]}. `agrees`: whether all answers about this
    version are yes; None until it is answered.
    """

    class Way(models.TextChoices):
        HERE = "here", _("Here, on this device")
        PAPER = "paper", _("On paper")
        LINK = "link", _("By a link")

    shows_on_pages = False
    contributor = models.ForeignKey(
        "safeguarding.Contributor", models.CASCADE, null=True, related_name="readings"
    )
    second_reader = models.ForeignKey(
        "safeguarding.SecondReader", models.CASCADE, null=True, related_name="readings"
    )
    page = models.ForeignKey("wagtailcore.Page", models.SET_NULL, null=True, related_name="+")
    translation_key = models.UUIDField(null=True)
    revision = models.ForeignKey("wagtailcore.Revision", models.SET_NULL, null=True, related_name="+")
    digest = models.CharField(max_length=64)
    way = models.CharField(_("how it is shown"), max_length=10, choices=Way, default=Way.HERE)
    language = models.CharField(_("language of the questions"), max_length=10)
    interpreter = models.BooleanField(_("through an interpreter"), default=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    token = models.CharField(max_length=64, blank=True, db_index=True)
    code = models.CharField(max_length=128, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    ends_at = models.DateTimeField()
    answers = EncryptedTextField(blank=True)
    agrees = models.BooleanField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta(Record.Meta):
        ordering = ["pk"]

    @property
    def answered(self):
        """The {question: [answer, words]}. It is empty while unanswered, or while the key is missing."""
        return json.loads(self.answers or "{}")

    @cached_property
    def shown(self):
        """The page with the content of the version that is shown, and the Report of that.

        Both are None if no version of the page is that one now: neither the live nor the scheduled nor the
        latest one.
        """
        page = self.page.specific
        drafts = [page.latest_revision, page.scheduled_revision]
        versions = [each.as_object() for each in drafts if each]
        versions += [page] if page.live or not versions else []
        for content in versions:
            report = content.report_people()
            digests = {use.digest for use in report.uses if use.contributor_id == self.contributor_id}
            if self.digest in ({report.digest} if self.second_reader_id else digests):
                return content, report
        return None, None

    @property
    def use(self):
        """The PersonUse of the person in what is shown. None for another version, and for a second reader."""
        uses = self.shown[1].uses if self.is_current else ()
        return next((use for use in uses if use.contributor_id == self.contributor_id), None)

    @property
    def is_current(self):
        """Whether what is shown is still a version of the page."""
        return self.shown[0] is not None

    @cached_property
    def questions(self):
        """The list of (question, how it is asked), in order."""
        if self.second_reader_id:
            return [("right", QUESTIONS["right"][0])]
        use = self.use
        is_asked = {"pictures": not use or use.picture, "name": not use or use.naming != Naming.NONE}
        labels = {each: label for each, (label, _about) in QUESTIONS.items() if each != "right"}
        labels["name"] = ABOUT_NAME.get(use and use.naming, labels["name"])
        return [(each, label) for each, label in labels.items() if is_asked.get(each, True)]

    def describe(self, with_words=False):
        """Return in words what was answered. `with_words`: also those of the person."""
        if self.agrees is None:
            return gettext("Not answered")
        said = {NO: gettext("said no to: %s"), CHANGE: gettext("wants a change: %s")}
        said[YES] = gettext("said yes, and wrote something: %s")
        found = [
            said[answer] % QUESTIONS[question][1] + (f" – {words}" if with_words and words else "")
            for question, (answer, words) in self.answered.items()
            if words or answer != YES
        ]
        return "; ".join(found) or (gettext("Agreed") if self.agrees else gettext("Did not agree"))


def find_answers(page, uses):
    """Return {contributor: [(digest, whether they agreed)]} of what each was shown of `page`, in order.

    A no to the same words on another page counts too, and one to a translation of the page. Both count if the
    other page is deleted too.
    """
    elsewhere = models.Q(digest__in=[use.digest for use in uses])
    elsewhere |= models.Q(translation_key=page.translation_key)
    same = models.Q(page__in=[page.pk]) | (models.Q(agrees=False) & elsewhere)
    rows = Reading.objects.filter(same, contributor__in=[use.contributor_id for use in uses])
    rows, found = rows.exclude(agrees=None).order_by("answered_at", "pk"), defaultdict(list)
    for key, *answer in rows.values_list("contributor", "digest", "agrees"):
        found[key].append(answer)
    return found


def open_readings(**which):
    """Return a queryset of the readings of `which`, filters, that can be answered."""
    return Reading.objects.filter(answered_at=None, ends_at__gt=timezone.now(), page__isnull=False, **which)


def close_addresses(**which):
    """End those of `which`, filters, that somebody can open with an address."""
    open_readings(**which).exclude(token="").update(ends_at=timezone.now())


def copy_refusals(copy, **which):
    """Let those of `which`, filters, that people said no to count for the page `copy`, whatever changes."""
    for reading in Reading.objects.exclude(page=copy).filter(agrees=False, second_reader=None, **which):
        reading.pk, reading.page, reading.token = None, copy, ""
        reading.translation_key = copy.translation_key
        reading._state.adding = True
        reading.save()
