"""Registers where words of a person can stand in tables of the search, and the step that rebuilds the index.

The leak check warns of such words, and withdrawals erase them: safeguarding/leak_check/sources.py.
"""

from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.search_promotions.models import Query, SearchPromotion

from safeguarding.leak_check import sources
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


sources.register(VocabularyGroup, is_shown=True, erase=shorten_groups)
for _model in (Query, SearchPromotion):
    sources.register(_model, is_shown=True, erase=sources.delete_rows)
sources.register(MissedSearch, erase=sources.delete_rows)
# These words need no yes, because they are made again from the pages.
sources.register(KnownWord, erase=sources.delete_rows, needs_yes=False)
