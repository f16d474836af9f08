"""The models Country, Theme and Author, which stories refer to."""

import functools
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, When
from django.db.models.functions import Lower
from django.utils.text import capfirst, slugify
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import TranslatableMixin

from media.access import shown_with_pages
from media.fields import optional_picture
from media.people import is_shown_outside
from safeguarding.releases import report_concerned
from stories.languages import CONTENT_LANGUAGES, Names, names_in

# Letters without a decomposition in Unicode, and their usual spelling without accents.
PLAIN_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i"})


def fold(text):
    """Return `text` case-folded and without accents, to compare words however people type them."""
    if text.isascii():
        return text.lower()
    # In this order, because some letters, such as mathematical ones, are capitals only when decomposed.
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    # The Unicode categories that begin with M are those of combining marks.
    letters = "".join(c for c in decomposed if not unicodedata.category(c).startswith("M"))
    return letters.translate(PLAIN_LETTERS)


def words_of(text):
    """Return the words of `text` to look for one by one, folded: those of three letters or more."""
    return re.findall(r"\w{3,}", fold(text))


def has_word(name, word):
    """Return whether a word of `name` begins with `word`. Both are folded."""
    return bool(re.search(rf"\b{re.escape(word)}", name))


# The official names of countries that CLDR names by their capital, as in “Congo - Kinshasa”.
OWN_NAMES = {
    "en": {"CD": "Democratic Republic of the Congo", "CG": "Republic of the Congo"},
    "fr": {"CD": "République démocratique du Congo", "CG": "République du Congo"},
    "es": {"CD": "República Democrática del Congo", "CG": "República del Congo"},
    "ar": {"CD": "جمهورية الكونغو الديمقراطية", "CG": "جمهورية الكونغو"},
}


# Codes with two letters in CLDR's list of territories that are no places.
NO_PLACES = {"EZ", "UN", "XA", "XB", "ZZ"}


@functools.cache
def country_names(language):
    """Return the Names of all countries by ISO code in `language`."""
    return Names(names_in(language, "territories") | OWN_NAMES.get(language, {}))


class TermQuerySet(models.QuerySet):
    """Themes and authors."""

    def named_like(self, text):
        """Return the terms with `text` or one of its words in their name.

        Capitals and accents make no difference, and a word may have more letters at its end: has_word().
        """
        wanted, words = fold(text), words_of(text)
        names = [(key, fold(name)) for key, name in self.values_list("pk", "name")]
        found = [key for key, name in names if wanted in name or any(has_word(name, word) for word in words)]
        return self.filter(pk__in=found)

    def offered_in(self, locale):
        """Return the terms to offer for a story in `locale`.

        If a term has a version in `locale`, its versions in other languages are left out.
        """
        versions = self.model.objects.filter(locale=locale).values("translation_key")
        return self.filter(models.Q(locale=locale) | ~models.Q(translation_key__in=versions))

    def by_name(self):
        """Sort by name, those in the active language first, then the other languages one by one."""
        is_other = Case(When(locale__language_code=get_language(), then=0), default=1)
        return self.order_by(is_other, "locale__language_code", Lower("name"), "pk")


class ThemeQuerySet(TermQuerySet):
    def offered_in(self, locale):
        """Return the themes in `locale`. Only these have a list of stories with a URL in this language."""
        return self.filter(locale=locale)


class CountryQuerySet(models.QuerySet):
    def offered_in(self, locale):
        """Return all countries: they have no language."""
        return self

    def by_name(self):
        """Sort by name in the active language. Capitals and accents make no difference."""
        names = country_names(get_language() or "en")
        codes = sorted(names, key=lambda code: fold(names[code]))
        places = [When(code=code, then=place) for place, code in enumerate(codes)]
        return self.order_by(Case(*places, default=len(places)), "code")

    def named_like(self, text):
        """Return the countries with `text` in their name, or in that of CLDR, in any language of the site."""
        wanted = fold(text)
        tables = [country_names(language) for language in CONTENT_LANGUAGES]
        tables += [names_in(language, "territories") for language in CONTENT_LANGUAGES]
        codes = {code for names in tables for code, name in names.items() if wanted in fold(name)}
        return self.filter(code__in=codes)


class Country(models.Model):
    """A country of ISO 3166-1. A migration adds all 249. Their names are those of Unicode CLDR."""

    class Region(models.TextChoices):
        """The regions of the United Nations' M49 standard, and Antarctica, which is in none of them."""

        AFRICA = "africa", _("Africa")
        AMERICAS = "americas", _("Americas")
        ANTARCTICA = "antarctica", _("Antarctica")
        ASIA = "asia", _("Asia")
        EUROPE = "europe", _("Europe")
        OCEANIA = "oceania", _("Oceania")

    code = models.CharField(_("ISO code"), max_length=2, primary_key=True)
    slug = models.SlugField(_("slug"), unique=True)
    region = models.CharField(_("region"), max_length=20, choices=Region)

    objects = CountryQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("country")
        verbose_name_plural = _("countries")

    def __str__(self):
        return self.name

    @property
    def name(self):
        # "" without a code: Wagtail prints the name of a country that was just deleted.
        return country_names(get_language() or "en")[self.code] or ""

    @property
    def index_token(self):
        """The word for this country in the search index, because its name can change and has synonyms.

        The digit at the end prevents stemming.
        """
        return f"country{self.code.lower()}0"


class Theme(TranslatableMixin, models.Model):
    """A subject of stories, in one language. Its list of stories is at theme/<slug>/ below a top index."""

    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(
        _("slug"),
        max_length=90,
        allow_unicode=True,
        blank=True,
        help_text=_(
            "The end of the address of its list of stories. Empty it to have it made from the name. Links "
            "to the old address then lead nowhere."
        ),
    )
    description = models.TextField(
        _("description"),
        blank=True,
        help_text=_("One or two sentences, shown above the theme's list of stories."),
    )

    objects = ThemeQuerySet.as_manager()

    class Meta(TranslatableMixin.Meta):
        ordering = ["name"]
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        constraints = [
            models.UniqueConstraint(fields=["locale", "slug"], name="one_theme_per_slug"),
            models.UniqueConstraint(fields=["locale", "name"], name="one_theme_per_name"),
        ]

    def __str__(self):
        return self.name

    def save(self, *args, **kwargs):
        # The slug stays the same when the name changes, because it is part of a public URL.
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        if self._state.adding:  # Editors can still change a name to begin with a small letter.
            self.name = capfirst(self.name)
        # No form has the language in its Meta.fields, so Django doesn't check the constraints above.
        others = Theme.objects.filter(locale=self.locale_id).exclude(pk=self.pk)
        if others.filter(name=self.name).exists():
            raise ValidationError({"name": _("There is a theme with this name already.")})
        if self.slug and others.filter(slug=self.slug).exists():
            raise ValidationError({"slug": _("There is a theme with this address already.")})

    @property
    def index_token(self):
        """The word for this theme in the search index, because its name can change."""
        return f"theme{self.pk}"

    def _free_slug(self):
        """Return a slug made of the name, with a number if the slug is taken in this language."""
        # The slug can be longer than the name: slugify() writes some characters out, even as several words.
        # 80 characters leave room for a number.
        base = slugify(self.name, allow_unicode=True)[:80].strip("-_") or "theme"
        locale = self.locale_id or self.get_default_locale().pk
        taken = set(Theme.objects.filter(locale=locale).values_list("slug", flat=True))
        # One more than there are taken slugs, so that at least one of them is free.
        numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
        return base if base not in taken else next(slug for slug in numbered if slug not in taken)


# Readers of a story may download the pictures of its authors.
@shown_with_pages
class Author(TranslatableMixin, models.Model):
    """The author of a story: a person under a name that they agreed to, or a team. Not a user account."""

    name = models.CharField(
        _("name"),
        max_length=120,
        help_text=_("As readers see it. For a story without a named author, write “Staff”."),
    )
    role = models.CharField(
        _("role"), max_length=160, blank=True, help_text=_("For example: Programme officer, Dakar")
    )
    picture = optional_picture(_("picture"))

    seen_on_pages = ("name", "role", "picture", "picture__file_hash")  # as those of a picture
    is_written_apart = True

    objects = TermQuerySet.as_manager()

    class Meta(TranslatableMixin.Meta):
        ordering = ["name"]
        verbose_name = _("author")
        verbose_name_plural = _("authors")

    def __str__(self):
        return gettext(", ").join(filter(None, [self.name, self.role]))

    def save(self, *args, **kwargs):
        """Save the author, and let the pages with the name report again."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            report_concerned(self.story_authors.values("story"))

    @property
    def shown_picture(self):
        return self.picture if is_shown_outside(self.picture) else None

    @property
    def index_token(self):
        """The word for this author in the search index, because the name can change."""
        return f"author{self.pk}"


def find_term(name, slug, stories, locale):
    """Return the term with `slug` that one of `stories` has, or None. A theme has the locale `locale`.

    It is one query, so that a term of hidden stories takes as long as one that is not there.

    `name`: "country" or "theme". `stories`: a queryset of public ones.
    """
    terms = {"country": Country, "theme": Theme}[name].objects.offered_in(locale)
    return terms.filter(Exists(stories.with_term(name, OuterRef("pk"))), slug=slug).first()
