"""Model of readings: what a person in a page, or a second reader, was shown before it is public, and answered.

A reading is about one version. It counts for what has the same digest, and is never changed once answered.
"""

import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from safeguarding.encryption import EncryptedTextField
from safeguarding.record import Record


class Reading(Record):
    """One version of a page, as it was shown to `contributor`, or to `second_reader`.

    `digest`: for a person the hash of what concerns them (`Use.digest`), for a second reader that of the page
    (`Release.digest`). `revision`: the version that is shown; None is the live page without a revision.
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

    contributor = models.ForeignKey(
        "safeguarding.Contributor", models.CASCADE, null=True, related_name="readings"
    )
    second_reader = models.ForeignKey(
        "safeguarding.SecondReader", models.CASCADE, null=True, related_name="readings"
    )
    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
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

    @property
    def questions(self):
        """The [(key, question in plain words)] of this reading, in order."""
        if self.contributor_id is None:
            return [("right", _("Is this text right?"))]
        texts = [("words", _("Are the words right?")), ("pictures", _("Are the pictures of you right?"))]
        return [*texts, ("name", _("Is your name right?")), ("website", _("May we show it on this website?"))]

    def record(self, answers):
        """Store `answers`: {question: [answer, words]}."""
        self.answers, self.answered_at = json.dumps(answers), timezone.now()
        self.agrees = all(answer == "yes" for answer, _words in answers.values())
        self.save(update_fields=["answers", "answered_at", "agrees"])
