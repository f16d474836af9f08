"""What live pages use of people, and until when they may be read because of it.

This room knows no story pages: they report what they use (safeguarding/releases.py).
"""

from django.db import models

from safeguarding.scopes import Naming, Picture


class Use(models.Model):
    """What a live page uses of one person. The page reports it with every full save."""

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    contributor = models.ForeignKey("safeguarding.Contributor", on_delete=models.PROTECT, related_name="uses")
    picture = models.IntegerField(choices=Picture, default=Picture.NONE)
    # None is "not answered", which no consent covers.
    naming = models.IntegerField(choices=Naming, null=True)
    other_language = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        unique_together = [("page", "contributor")]

    def __str__(self):
        return f"{self.contributor.code} ({self.page_id})"


class Release(models.Model):
    """Until which day visitors may read a page of a guarded type. Without a row, nobody may.

    `until`: the last day, in the site's time zone; None while something is unmet; NO_END for a page about
    nobody. `digest`: that of the page's content when it was saved, for decisions; "" while nobody said who
    is in it.
    """

    page = models.OneToOneField(
        "wagtailcore.Page", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    until = models.DateField(null=True)
    digest = models.CharField(max_length=64)

    class Meta:
        default_permissions = ()

    def __str__(self):
        return f"{self.page_id}: {self.until}"


class PageHold(models.Model):
    """A page that is for no reader until a lead says whether it is what was erased.

    It is in a database that was replaced by an older one, and has an address of an erased page, or is an
    earlier version of it in which others are too, or can have a name that was corrected. `code`: that of the
    person who withdrew. `withdrawal`: None while it could not be carried out again.
    """

    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=10, blank=True)
    withdrawal = models.ForeignKey(
        "safeguarding.Withdrawal", null=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        default_permissions = ()
        unique_together = [("page", "code")]

    def __str__(self):
        return f"{self.code}: {self.page_id}"
