"""What the search knows beside the pages: equal words, words to correct by, and what was not found."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from search.analysis import fold_words


class VocabularyGroup(models.Model):
    """Terms that mean the same to somebody who searches: who types one finds the others too."""

    LONGEST_TERM, MOST_TERMS = 80, 60

    terms = models.TextField(
        _("terms"),
        help_text=_(
            "One on each line, for example “bonded labour” and “debt bondage”. Who searches for one finds "
            "the others too. Plurals, capitals and accents need no line of their own."
        ),
    )
    leads_to_help = models.BooleanField(
        _("may be a cry for help"),
        default=False,
        help_text=_("A search with one of these terms shows the help page before all results."),
    )

    class Meta:
        ordering = ["terms"]
        verbose_name = _("group of equal terms")
        verbose_name_plural = _("vocabulary")

    def __str__(self):
        return ", ".join(self.lines)

    @property
    def lines(self):
        """The terms, in their order."""
        return [line.strip() for line in self.terms.splitlines() if line.strip()]

    def clean(self):
        super().clean()
        # The same but for capitals and accents is the same term; what has no letter is none.
        terms = {}
        for line in self.lines:
            if words := tuple(fold_words(line)):
                terms.setdefault(words, line)
        self.terms = "\n".join(terms.values())
        if long := next((term for term in self.lines if len(term) > self.LONGEST_TERM), None):
            self._refuse(
                _("This term has more than %(number)s characters: %(term)s"), self.LONGEST_TERM, long
            )
        if len(terms) > self.MOST_TERMS:
            self._refuse(_("A group has at most %(number)s terms: please make two of it."), self.MOST_TERMS)
        if len(terms) < 2 and not (terms and self.leads_to_help):
            self._refuse(_("Please write at least two different terms, each on a line of its own."))

    @staticmethod
    def _refuse(message, number=None, term=None):
        raise ValidationError({"terms": message % {"number": number, "term": term}})


class KnownWord(models.Model):
    """A word of a page, for corrections. It may be gone from all public pages by now."""

    folded = models.CharField(max_length=60, unique=True)
    written = models.CharField(max_length=60)

    def __str__(self):
        return self.written


class MissedSearch(models.Model):
    """How often words were searched for in vain.

    Until that happened REPORTED_FROM times, the words themselves are not stored, only a keyed hash of
    them: what one person typed may tell who they are.
    """

    REPORTED_FROM = 5

    digest = models.CharField(max_length=64, unique=True)
    words = models.CharField(_("words"), max_length=200, blank=True)
    count = models.PositiveIntegerField(_("times"), default=0)
    # The first day of the month of the last time: no more is kept of when.
    month = models.DateField(_("last in"), db_index=True)

    class Meta:
        ordering = ["-count", "words"]
        verbose_name = _("search without result")
        verbose_name_plural = _("searches without result")

    def __str__(self):
        return self.words
