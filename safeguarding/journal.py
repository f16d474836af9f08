"""Models of looks at restricted fields, second readers, mails, new leads, leak check counts, and keys."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from caching.local_date import today
from safeguarding.encryption import EncryptedTextField
from safeguarding.record import Record


class RestrictedView(Record):
    """A look at the restricted fields (names and contact) of a person: who looked, when, and why."""

    class Reason(models.TextChoices):
        CONTACT = "contact", _("To contact the person")
        CONSENT = "consent", _("To record or renew a consent")
        REQUEST = "request", _("The person asked to see what is held")
        CHECK = "check", _("To check a story")
        DANGER = "danger", _("Somebody may be in danger")
        FOUND = "found", _("Found in a search by name or contact")

    shows_on_pages = False
    contributor = models.ForeignKey("safeguarding.Contributor", models.CASCADE, related_name="views")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    viewed_at = models.DateTimeField(auto_now_add=True)

    class Meta(Record.Meta):
        ordering = ["-pk"]


class SecondReader(Record):
    """Somebody without an account whom a lead, `user`, asks to read a page, because somebody else has to."""

    shows_on_pages = False
    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    name = EncryptedTextField(_("name"))
    function = EncryptedTextField(_("function"))
    contact = EncryptedTextField(_("e-mail address"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    named_at = models.DateTimeField(auto_now_add=True)


class Notice(Record):
    """Records a mail to the leads about a person, so that each is sent only once.

    Without a mail server, it records that the first page of the admin announces a deletion.
    """

    class Step(models.TextChoices):
        DAYS_60 = "60", _("60 days before the end of the consent")
        DAYS_30 = "30", _("30 days before the end of the consent")
        DAYS_7 = "7", _("7 days before the end of the consent")
        ENDED = "0", _("At the end of the consent")
        DELETION = "deletion", _("Before the names are deleted")

    shows_on_pages = False
    contributor = models.ForeignKey("safeguarding.Contributor", models.CASCADE, related_name="notices")
    step = models.CharField(max_length=10, choices=Step)
    # The last day of the consent, or the day of the deletion. If this day changes, a new mail is sent.
    day = models.DateField()
    sent_on = models.DateField(default=today)

    class Meta(Record.Meta):
        unique_together = [("contributor", "step", "day")]


class LeakHits(Record):
    """The number of places that the leak check found in what a user wrote on one day. No word is stored."""

    shows_on_pages = False
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(default=today)
    number = models.PositiveIntegerField(default=0)
    # Whether the leads got a mail because of this row. They get at most one a day.
    is_told = models.BooleanField(default=False)

    class Meta(Record.Meta):
        unique_together = [("user", "day")]


class AnnouncedMember(Record):
    """A member of the group Safeguarding whom the others know of: names are open to nobody else.

    `membership`: the primary key of the row that makes a user a member. Databases don't use one again.
    """

    shows_on_pages = False
    membership = models.BigIntegerField(primary_key=True)


class KeyCheck(Record):
    """One row with a known text, by which safeguarding/keys.py recognises wrong keys."""

    shows_on_pages = False
    text = EncryptedTextField()
