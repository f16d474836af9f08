"""Models of the search: groups of equal terms, known words for corrections, and searches without result."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from search.analysis import fold_words


class VocabularyGroup(models.Model):
    """Terms that mean the same: a search for one of them finds the others too.

    If some have “> ” before them, a search for one of the others finds these, and nothing else.
    """

    # The most characters of a term, and the most terms of a group.
    MAX_TERM_LENGTH, MAX_TERMS = 80, 60

    terms = models.TextField(
        _("terms"),
        help_text=_(
            "One on each line, for example “bonded labour” and “debt bondage”. Who searches for one finds "
            "the others too. One idea in each group, and no word that means something else in another "
            "language of the site. Plurals, capitals and accents need no line of their own; two spellings do."
            " Write “> ” before wider terms, as in “brothel” and “> sexual exploitation”: the others find "
            "these, but these don’t find the others."
        ),
    )
    leads_to_help = models.BooleanField(
        _("may be a cry for help"),
        default=False,
        help_text=_(
            "A search with one of these terms shows the help page before all results. A term of one word "
            "counts if the search has at most one other word."
        ),
    )

    class Meta:
        ordering = ["terms"]
        verbose_name = _("group of equal terms")
        verbose_name_plural = _("vocabulary")

    def __str__(self):
        return ", ".join(self.lines)

    @property
    def lines(self):
        """The terms as a list, in their order."""
        return [line.strip() for line in self.terms.splitlines() if line.strip()]

    def clean(self):
        """Remove duplicate terms, and validate their length and number.

        Terms that differ only in case, accents or punctuation are duplicates. A line without letters or
        digits is no term.
        """
        super().clean()
        terms = {}
        for line in self.lines:
            words = tuple(fold_words(line))
            if words:
                terms.setdefault(words, line)
        self.terms = "\n".join(terms.values())
        too_long = [term for term in self.lines if len(term) > self.MAX_TERM_LENGTH]
        if too_long:
            message = _("This term has more than %(number)s characters: %(term)s")
            names = {"number": self.MAX_TERM_LENGTH, "term": too_long[0]}
            raise ValidationError({"terms": message % names})
        if len(terms) > self.MAX_TERMS:
            message = _("A group has at most %(number)s terms: please make two of it.")
            raise ValidationError({"terms": message % {"number": self.MAX_TERMS}})
        if len(terms) < 2 and not (terms and self.leads_to_help):
            message = _("Please write at least two different terms, each on a line of its own.")
            raise ValidationError({"terms": message})


class KnownWord(models.Model):
    """A word of a live page, for corrections. It may have gone from all public pages since it was stored.

    `folded`: the word in lower case without accents. `written`: its spelling.
    """

    folded = models.CharField(max_length=60, unique=True)
    written = models.CharField(max_length=60)

    def __str__(self):
        return self.written


class MissedSearch(models.Model):
    """On how many days certain words were searched for without results.

    The words may identify the person who typed them. So only a keyed hash is stored, until they were searched
    for on MIN_REPORTED_COUNT days; then the words are stored too. Days are counted and not searches, because
    one visitor may search for the same words again and again.
    """

    shows_on_pages = False
    MIN_REPORTED_COUNT = 5

    # HMAC-SHA-256 of the words, in hexadecimal.
    digest = models.CharField(max_length=64, unique=True)
    words = models.CharField(_("words"), max_length=200, blank=True)
    count = models.PositiveIntegerField(_("days"), default=0)
    # HMAC-SHA-256 of the words and the last such day, to count each day once. The day itself is not stored.
    day_digest = models.CharField(max_length=64, blank=True, editable=False)
    # The first day of the month of the last such day.
    month = models.DateField(_("last in"), db_index=True)

    class Meta:
        ordering = ["-count", "words"]
        verbose_name = _("search without result")
        verbose_name_plural = _("searches without result")

    def __str__(self):
        return self.words
