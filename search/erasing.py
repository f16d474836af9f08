"""Registers where a withdrawal erases words in tables of the search, and the step that rebuilds the index.

When a person in a story withdraws, a Place (safeguarding/withdrawal/places.py) finds and erases their words
in a table. By default a lead of the safeguarding team has to say yes to each row.
"""

from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from safeguarding.withdrawal.places import TextPlace, register_place
from safeguarding.withdrawal.tasks import step
from search.models import KnownWord, MissedSearch, VocabularyGroup


@step("index", _("Renew the search index"), is_slow=True)
def rebuild_index(_task):
    """Rebuild the search index and the known words, and remove the words of deleted rows."""
    call_command("update_index", verbosity=0)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # FTS5 keeps the words of deleted rows until its segments are merged.
            cursor.execute(
                "INSERT INTO wagtailsearch_indexentry_fts(wagtailsearch_indexentry_fts) VALUES ('optimize')"
            )


def shorten_groups(rows, case):
    """Remove the terms with a protected word from the groups `rows`. Delete groups that become too short.

    A group needs two terms, or one if it leads to help.
    """
    for group in rows:
        terms = [line for line in group.lines if not case.mentions([line])]
        if len(terms) > 1 or (terms and group.leads_to_help):
            rows.filter(pk=group.pk).update(terms="\n".join(terms))
        else:
            group.delete()


def register():
    """Register the Places of this module. `erase_rows` and `needs_yes` are those of TextPlace."""
    link = ("external_link_url", "external_link_text", "description")
    for name, label, model, fields, *other in (
        ("vocabulary", _("Vocabulary"), VocabularyGroup, ("terms",), shorten_groups),
        ("promotions", _("Promoted results"), Query, ("query_string",)),
        ("promotion_texts", _("Texts of promoted results"), SearchPromotion, link),
        ("missed", _("Searches without result"), MissedSearch, ("words",)),
    ):
        register_place(TextPlace(name, label, model, fields, *other))
    # These words need no yes, because they are made again from the pages.
    register_place(TextPlace("known", _("Words for corrections"), KnownWord, ("written",), needs_yes=False))
