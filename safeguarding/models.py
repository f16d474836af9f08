"""Models of the people in the stories, of what they agreed to, and of decisions about them.

A person is called by a code, such as P-7K3M. Names are only in the encrypted fields (RESTRICTED_FIELDS).
"""

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Concat, Length
from django.utils.translation import gettext_lazy as _

from caching.local_date import today
from safeguarding.append_only import AppendOnlyQuerySet
from safeguarding.encryption import EncryptedTextField

# Django finds the models of an app in its models module.
from safeguarding.journal import AnnouncedMember, LeakHits, Notice, RestrictedView, SecondReader  # noqa: F401
from safeguarding.proposals import WithProposal
from safeguarding.readings import Reading, close_addresses
from safeguarding.record import Record
from safeguarding.scopes import MAX_MONTHS, TOO_LATE, Channel, Naming, Picture, Voice
from safeguarding.status import add_months, get_last_day, get_status, usual_months
from safeguarding.stop_codes import Keeping, StopCode, WithStopCode  # noqa: F401
from safeguarding.uses import PageHold, Release, Use  # noqa: F401
from safeguarding.withdrawal_models import Fingerprint, Ledger, Restriction, Withdrawal, WithdrawalTask  # noqa: F401

# Without vowels and Y, so that no code is a word, and without 0, 1, L and S, which are easily misread.
CODE_CHARACTERS = "23456789BCDFGHJKMNPQRTVWXZ"
CODE_LENGTH = 4


def make_code():
    """Return a new random code such as P-7K3M, which says nothing about the person."""
    while True:
        code = "P-" + "".join(secrets.choice(CODE_CHARACTERS) for _each in range(CODE_LENGTH))
        if not Contributor.objects.filter(code=code).exists():
            return code


class Contributor(WithStopCode, WithProposal):
    """A person in a story: somebody who tells it, or somebody else who could be recognised in it."""

    class Kind(models.TextChoices):
        ADULT = "adult", _("An adult")
        CHILD = "child", _("A child")
        GROUP = "group", _("A group")

    class Role(models.TextChoices):
        TELLS = "tells", _("Tells the story")
        FAMILY = "family", _("Family of somebody who tells it")
        FELLOW = "fellow", _("Went through it too")
        ACCUSED = "accused", _("Is accused of something")
        OTHER = "other", _("Somebody else")

    code = models.CharField(_("code"), max_length=10, unique=True, default=make_code, editable=False)
    # "" is unknown: an editor added the person, and the safeguarding team has not said yet.
    kind = models.CharField(_("who it is"), max_length=10, choices=Kind)
    role = models.CharField(_("part in the story"), max_length=10, choices=Role, default=Role.TELLS)
    adult_on = models.DateField(
        _("18 on"),
        null=True,
        blank=True,
        help_text=_("For a child. From this day on, a guardian's consent no longer counts."),
    )
    has_children = models.BooleanField(
        _("children in the group"), null=True, blank=True, choices=[(True, _("Yes")), (False, _("No"))]
    )
    # What editors call the person, in words that say no name. For who may see it, see labels_for().
    label = EncryptedTextField(_("label"), blank=True)
    names = EncryptedTextField(_("names"), blank=True)
    contact = EncryptedTextField(_("contact"), blank=True)
    safe_contact_note = EncryptedTextField(_("how to contact safely"), blank=True)
    protected_words = EncryptedTextField(
        _("protected words"),
        blank=True,
        help_text=_("One a line: names, places and other words that would give the person away."),
    )
    ordinary_words = EncryptedTextField(
        _("protected words that are also ordinary words"),
        blank=True,
        help_text=_(
            "One a line, such as May or Rose. Editors are warned of them, and can publish them all the same."
        ),
    )
    keep_until = models.DateField(
        _("keep names and contact at least until"),
        null=True,
        blank=True,
        help_text=_("Empty: until the usual time after the consent has ended. You are told before."),
    )
    # Set by "Take down now", and for everybody if withdrawals may be missing after a restore. While it is
    # set, the person is "held": nothing about the person is shown to readers. See safeguarding/holds.py.
    held_since = models.DateTimeField(_("held since"), null=True, editable=False)
    created_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    # What the person said before a lead brought the person back the last time.
    back_note = EncryptedTextField(_("what the person said"), default="")

    RESTRICTED_FIELDS = (
        *("label", "names", "contact", "safe_contact_note", "protected_words", "ordinary_words"),
    )
    # Those whose texts are deleted together.
    ENCRYPTED_FIELDS = (*RESTRICTED_FIELDS, "proposal", "back_note")

    class Meta:
        default_permissions = ()
        ordering = ["code"]
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self):
        return self.code

    def save(self, *args, **kwargs):
        # Signal receivers in safeguarding/releases.py update the pages with this person in this transaction.
        with transaction.atomic():
            super().save(*args, **kwargs)

    @classmethod
    def by_code(cls):
        """Return all people ordered by code, with their consents, and of ENCRYPTED_FIELDS only the label.

        `restricted_length`: how long those are together, as they are stored.
        """
        people = cls.objects.annotate(restricted_length=Length(Concat(*cls.ENCRYPTED_FIELDS)))
        people = people.defer(*{*cls.ENCRYPTED_FIELDS} - {"label"}).select_related("stop_code")
        return people.prefetch_related("consents")

    @property
    def latest_consent(self):
        """The last consent event, or None. It takes no query if `consents` was prefetched."""
        return max(self.consents.all(), key=lambda consent: consent.pk, default=None)

    @property
    def has_withdrawn(self):
        """Whether the last consent event is a withdrawal, also while the status of the person is `HELD`."""
        consent = self.latest_consent
        return consent is not None and consent.event == Consent.Event.WITHDRAWN

    @property
    def last_day(self):
        """The last day of the consent, or None if there is none or it was withdrawn."""
        consent = self.latest_consent
        return get_last_day(self, consent) if consent and consent.ends_on else None

    def get_status(self, day=None):
        """Return the Status on `day`, by default today in the site's time zone."""
        return get_status(self, self.latest_consent, day or today())


class Consent(Record):
    """An event: what the person agrees to from now on, or that they withdrew. It is never edited."""

    class Event(models.TextChoices):
        GIVEN = "given", _("Given")
        RENEWED = "renewed", _("Renewed")
        CHANGED = "changed", _("Changed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class GivenBy(models.TextChoices):
        SELF = "self", _("The person")
        GUARDIAN = "guardian", _("A guardian, and the child agreed too")

    class FinalText(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")
        UNREACHABLE = "unreachable", _("The person can't be reached")

    contributor = models.ForeignKey(Contributor, on_delete=models.CASCADE, related_name="consents")
    event = models.CharField(_("event"), max_length=10, choices=Event, default=Event.GIVEN)
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    given_on = models.DateField(_("on"), default=today)
    given_by = models.CharField(_("given by"), max_length=10, choices=GivenBy, default=GivenBy.SELF)
    picture = models.IntegerField(_("pictures"), choices=Picture, default=Picture.NONE)
    voice = models.IntegerField(_("voice"), choices=Voice, default=Voice.NONE)
    naming = models.IntegerField(_("name"), choices=Naming, default=Naming.NONE)
    where = models.JSONField(_("where it may be shown"), default=list, blank=True)
    # None means that nobody asked or knows. safeguarding/gate.py treats it as a yes.
    proceedings = models.BooleanField(_("legal proceedings are under way or expected"), null=True, blank=True)
    in_programme = models.BooleanField(_("the person is in a programme of ours"), null=True, blank=True)
    interpreter = models.BooleanField(_("through an interpreter"), default=False)
    explained = models.BooleanField(_("it was explained what publishing means"), default=False)
    # Whether the person is shown each version before it is public. "": nobody asked, which counts as a yes.
    final_text = models.CharField(
        _("wants to see the final text"), max_length=12, choices=FinalText, blank=True
    )
    link_is_safe = models.BooleanField(_("a link may be sent to the person"), default=False)
    # "": nobody asked, which counts as a no.
    stop_code = models.CharField(_("may keep a stop code"), max_length=10, choices=Keeping, default="")
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: the usual time after the consent.")
    )
    evidence_held_at = EncryptedTextField(_("evidence held at"), blank=True)

    TALKED_THROUGH = ("explained", "interpreter")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["pk"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(event="withdrawn") | models.Q(ends_on__isnull=False),
                name="consent_has_an_end",
            )
        ]

    def save(self, *args, **kwargs):
        """Store a new event. Raises TypeError for one that is stored already."""
        if not self._state.adding:
            raise TypeError("What was recorded is not changed: record a new event.")
        if self.ends_on is None and self.event != self.Event.WITHDRAWN:
            self.ends_on = add_months(self.given_on, usual_months(self.contributor, self.given_on))
        with transaction.atomic():
            super().save(*args, **kwargs)
            if not self.link_is_safe:
                close_addresses(contributor=self.contributor_id, way=Reading.Way.LINK)

    def delete(self, *args, **kwargs):
        raise TypeError("What was recorded is not deleted: record a new event.")

    def clean(self):
        super().clean()
        errors = {}
        if self.given_on and self.given_on > today():
            errors["given_on"] = _("This day is in the future.")
        elif self.given_on and self.ends_on and self.ends_on < self.given_on:
            errors["ends_on"] = _("This day is before the consent.")
        elif self.given_on and self.ends_on and self.ends_on > add_months(self.given_on, MAX_MONTHS):
            errors["ends_on"] = TOO_LATE
        if unknown := set(self.where) - set(Channel.values):
            errors["where"] = _("Unknown: %s.") % ", ".join(map(str, unknown))
        if errors:
            raise ValidationError(errors)

    def get_where_display(self):
        """Return the labels of the channels where it may be shown."""
        return [Channel(each).label for each in self.where if each in Channel.values]

    def get_talked_through_display(self):
        """Return the list of what was done so that the person knows what they agree to."""
        return [
            self._meta.get_field(name).verbose_name for name in self.TALKED_THROUGH if getattr(self, name)
        ]


class Decision(Record):
    """The approval of what one page says about one person, by a lead (a member of the group Safeguarding).

    It counts until `ends_on`, for one content of the page: `digest` is the hash of that (see `Release`), so a
    changed page needs a new decision. A decision never overrides a withdrawal or a hold.
    """

    class Ground(models.TextChoices):
        CHILD = "child", _("A second person has read a story about a child")
        PROCEEDINGS = "proceedings", _("Publish it despite legal proceedings")
        PROGRAMME = "programme", _("Publish it while the person is in a programme")
        OTHER = "other", _("Another legal ground than consent")

    shows_on_pages = False
    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    revision = models.ForeignKey(
        "wagtailcore.Revision", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    digest = models.CharField(max_length=64, editable=False)
    contributor = models.ForeignKey(Contributor, on_delete=models.CASCADE, related_name="decisions")
    ground = models.CharField(_("ground"), max_length=12, choices=Ground)
    reason = EncryptedTextField(_("reason"))
    ends_on = models.DateField(_("last day"))
    decided_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta(Record.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self):
        return f"{self.contributor.code}: {self.get_ground_display()}"

    def save(self, *args, **kwargs):
        """Store the decision. If it has no `digest`, it is for the content of `revision`."""
        if not self.digest:
            self.digest = self.revision.as_object().people_digest
        # A signal receiver in safeguarding/releases.py updates the page in this transaction.
        with transaction.atomic():
            super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self.ends_on and self.ends_on > add_months(today(), MAX_MONTHS):
            raise ValidationError({"ends_on": TOO_LATE})
