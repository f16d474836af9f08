"""Searches without results: counts them, and reports them in the admin.

Words are stored only after they were searched for on several days: before, one visitor may have typed them.
"""

import re
from contextlib import contextmanager, suppress
from datetime import timedelta
from urllib.parse import urlencode

from django.db import Error, connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import ButtonsColumnMixin, Column, NumberColumn, TitleColumn
from wagtail.admin.views.generic import DeleteView
from wagtail.admin.views.reports import ReportView
from wagtail.admin.widgets.button import ListingButton

from search.analysis import fold_words
from search.models import MissedSearch, VocabularyGroup
from stories.terms import fold

# What may identify a person: an at sign (e-mail address, name on a social network), a web address, or
# five digits with anything but letters between them (telephone or passport number).
PERSONAL_DATA = re.compile(r"@|://|\w\.\w{2}|(?:\d[\W_]*){5}")
# In characters. A longer text is likely to tell about somebody's life.
MAX_LENGTH = 100
# The most rows. Anybody can search for ever new words.
MAX_ROWS = 5000
# In milliseconds: how long a visitor may wait for SQLite's write lock. The count is skipped then.
LOCK_TIMEOUT = 250


def count_missed_search(text):
    """Count today as a day with a search for `text` without results, once.

    Nothing is counted if the text may identify a person. Errors of the database are ignored, so that the
    visitor gets an answer: it may be read-only, full or locked, or its user may not write.
    """
    words = get_countable_words(text)
    if words:
        with suppress(Error), short_lock_timeout(), transaction.atomic():
            _increment(words)


def get_countable_words(text):
    """Return the words of `text`, folded, as they are counted; "" if they may identify a person."""
    words = " ".join(fold_words(text))
    # fold() also makes the signs that PERSONAL_DATA looks for of their wide forms, such as "＠".
    return "" if PERSONAL_DATA.search(fold(text)) or len(words) > MAX_LENGTH else words


def delete_old_missed_searches():
    """Delete the counts of words that nobody searched for in the last year; of rare words, in four weeks.

    Only the month of the last search is stored, so they can be kept up to a month longer.
    Then make room for a new row, if there are MAX_ROWS: delete what was searched for on the fewest days.
    """
    today = timezone.localdate()
    year_ago, month = today.replace(year=today.year - 1, day=1), (today - timedelta(weeks=4)).replace(day=1)
    MissedSearch.objects.filter(Q(month__lt=year_ago) | Q(month__lt=month, words="")).delete()
    excess = MissedSearch.objects.count() - MAX_ROWS + 1
    if excess > 0:
        rarest = MissedSearch.objects.order_by("count", "pk")[:excess]
        MissedSearch.objects.filter(pk__in=rarest.values("pk")).delete()


def _increment(words):
    """Count today for `words` if it is not counted yet. Store the words at MIN_REPORTED_COUNT days."""
    today = timezone.localdate()
    digest, day_digest = make_digest(words), make_digest(f"{words} {today}")
    month = today.replace(day=1)
    # The conditions see the row before this update.
    is_new_day, least = ~Q(day_digest=day_digest), MissedSearch.MIN_REPORTED_COUNT
    is_reported = Q(count__gte=least) | (is_new_day & Q(count=least - 1))
    changes = {
        "count": F("count") + Case(When(is_new_day, then=1), default=0),
        "day_digest": day_digest,
        "month": month,
        "words": Case(When(is_reported, then=Value(words)), default=Value("")),
    }
    rows = MissedSearch.objects.filter(digest=digest)
    if not rows.update(**changes):
        # The daily work deletes them too, but a site may run without it.
        delete_old_missed_searches()
        # Another process may insert the same row at the same time.
        MissedSearch.objects.bulk_create([MissedSearch(digest=digest, month=month)], ignore_conflicts=True)
        rows.update(**changes)


def make_digest(text):
    return salted_hmac("search.missed", text, algorithm="sha256").hexdigest()


@contextmanager
def short_lock_timeout():
    """Wait for SQLite's write lock no longer than LOCK_TIMEOUT within the context.

    An editor's long transaction would otherwise hold up visitors.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = connection.settings_dict["OPTIONS"]["timeout"] * 1000  # the setting is in seconds
        cursor.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


# --- The report in the admin ---------------------------------------------------------------------


class WordsColumn(ButtonsColumnMixin, TitleColumn):
    """The words of a search, with buttons to add them to the vocabulary and to delete the row."""

    def get_buttons(self, instance, parent_context):
        user = parent_context["request"].user
        buttons = []
        if user.has_perm("search.add_vocabularygroup"):
            url = reverse(VocabularyGroup.snippet_viewset.get_url_name("add"))
            url = f"{url}?{urlencode({'terms': instance.words})}"
            buttons.append(row_button(_("New vocabulary group"), url, instance))
        if user.has_perm("search.delete_missedsearch"):
            url = reverse("missed_search_delete", args=[instance.pk])
            buttons.append(row_button(_("Delete"), url, instance))
        return buttons


def row_button(label, url, missed):
    """Return a button for `missed`, a MissedSearch, whose accessible name includes its words."""
    return ListingButton(label, url, attrs={"aria-label": f"{label}: {missed.words}"})


class MissedSearchReport(ReportView):
    """Lists MissedSearches that are frequent enough for their words to be stored, the most frequent first."""

    queryset = MissedSearch.objects.exclude(words="")
    model = MissedSearch
    permission_required = "view"
    page_title = _("Searches without result")
    header_icon = "search"
    default_ordering = "-count"
    index_url_name = "missed_searches"
    index_results_url_name = "missed_searches_results"
    export_filename = "searches-without-result"
    list_export = ["words", "count", "month"]
    columns = [
        WordsColumn("words", label=_("Words"), sort_key="words"),
        NumberColumn("count", label=_("Days"), sort_key="count"),
        Column(
            "month",
            label=_("Last in"),
            sort_key="month",
            accessor=lambda missed: date_format(missed.month, "YEAR_MONTH_FORMAT"),
        ),
    ]

    def order_queryset(self, queryset):
        return queryset.order_by(self.ordering, "words")

    @cached_property
    def no_results_message(self):
        text = gettext("Nothing was searched for in vain on %(number)d days or more.")
        return text % {"number": MissedSearch.MIN_REPORTED_COUNT}


class MissedSearchDelete(DeleteView):
    model = MissedSearch
    index_url_name = "missed_searches"
    delete_url_name = "missed_search_delete"
    header_icon = "search"

    def delete_action(self):
        # Wagtail's delete_action() also writes a log entry, which would keep the words.
        self.object.delete()
