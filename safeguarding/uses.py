"""Models of the people in pages: whom a page shows and names, and until which day visitors may read it.

`safeguarding` doesn't import page types. They report which people are in them: see safeguarding/releases.py.
"""

from django.db import models
from django.db.models import Exists, OuterRef

from caching.local_date import today
from safeguarding.encryption import EncryptedTextField
from safeguarding.record import Record
from safeguarding.scopes import Naming, Picture, Voice


class UseQuerySet(models.QuerySet):
    def with_pages(self):
        """Load the pages too, and set `is_held`: whether a page may not be read today."""
        return self.select_related("page").annotate(is_held=~Exists(running_releases(OuterRef("page"))))


class Use(Record):
    """How a page shows and names one person. A later draft of a live page does not count.

    The page reports it with every save() of all fields. Saving a draft of a live page saves only some.
    """

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    contributor = models.ForeignKey("safeguarding.Contributor", on_delete=models.PROTECT, related_name="uses")
    picture = models.IntegerField(choices=Picture, default=Picture.NONE)
    voice = models.IntegerField(choices=Voice, default=Voice.NONE)
    # None means "not answered", which no consent covers.
    naming = models.IntegerField(choices=Naming, null=True)
    other_language = models.BooleanField(default=False)
    # A hash of the words of the page, the pictures of the person, and how they are named: see Reading.
    digest = models.CharField(max_length=64, blank=True)

    objects = UseQuerySet.as_manager()

    class Meta(Record.Meta):
        unique_together = [("page", "contributor")]


class Release(Record):
    """The permission for visitors to read a page. A page without this row is not public.

    `until`: the last day, in the site's time zone. It is None while a condition is not met, and NO_END for a
    page about nobody. `digest`: a hash of the page's content, which decisions refer to. It is "" while no
    editor has answered who is in the page. `other_language`: whether the page is a translation. It stays one
    after its original is deleted, also if nobody is in it then. `uses`: what all people in
    it agree to, values of Channel with commas between them. OUTLETS in safeguarding/outlets.py asks for them.

    For the list of answers that leads (members of the group Safeguarding) look at: `is_unseen` says whether
    none has said yet that the answer is right, `reason` why nobody could tell who is in it, and `taken_out`
    has the codes of the people who were taken out since.
    """

    page = models.OneToOneField("wagtailcore.Page", models.CASCADE, primary_key=True, related_name="release")
    until = models.DateField(null=True)
    digest = models.CharField(max_length=64)
    other_language = models.BooleanField(default=False)
    uses = models.CharField(max_length=100, blank=True)
    is_unseen = models.BooleanField(default=False)
    reason = EncryptedTextField(null=True)
    taken_out = models.TextField(blank=True)


def running_releases(page):
    """Return the Releases with which `page`, a primary key or an OuterRef, may be read today."""
    return Release.objects.filter(page=page, until__gte=today())


class PageHold(Record):
    """A page that readers can't see until a lead, a member of the group Safeguarding, decides about it.

    It may show what was erased, because an older database, such as one from a backup, has replaced the one in
    which a withdrawal was carried out: it has the address of an erased page, or is an earlier version of a
    page with other people in it. Or it says a protected word that was added after it was published, or a
    person was taken out of its list because of whom it could not be read. Such a hold also ends when the page
    is published without the words of the person.

    `code`: the code of the person, or "" if it is unknown. `withdrawal`: the one that was carried out again,
    or None as long as that fails. `says_word`: whether the page is held because of what it says.
    """

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=10, blank=True)
    withdrawal = models.ForeignKey("safeguarding.Withdrawal", models.CASCADE, null=True, related_name="+")
    says_word = models.BooleanField(default=False)

    class Meta(Record.Meta):
        unique_together = [("page", "code", "says_word")]
