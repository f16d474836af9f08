"""What this room holds of people, for withdrawals: vocabulary, promoted results, searches, and the index."""

from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.search_promotions.models import Query

from safeguarding.withdrawal.places import TextPlace, register_place
from safeguarding.withdrawal.tasks import step
from search.models import KnownWord, MissedSearch, VocabularyGroup


@step("index", is_slow=True)
def rebuild_index(_task):
    """Make the search index and the known words anew, without what is left of deleted rows."""
    call_command("update_index", verbosity=0)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # FTS5 keeps the words of deleted rows until its segments are merged.
            cursor.execute(
                "INSERT INTO wagtailsearch_indexentry_fts(wagtailsearch_indexentry_fts) VALUES ('optimize')"
            )


def shorten_groups(rows, case):
    """Take terms with a protected word out of the groups. Delete a group of which too little is left."""
    for group in rows:
        terms = [line for line in group.lines if not case.mentions(line)]
        if len(terms) > 1 or (terms and group.leads_to_help):
            rows.filter(pk=group.pk).update(terms="\n".join(terms))
        else:
            group.delete()


def register():
    """Register the places of this room."""
    for name, label, model, field, *erase in (
        ("vocabulary", _("Vocabulary"), VocabularyGroup, "terms", shorten_groups),
        ("promotions", _("Promoted results"), Query, "query_string"),
        ("missed", _("Searches without result"), MissedSearch, "words"),
    ):
        register_place(TextPlace(name, label, model, (field,), *erase))
    # They are made anew from the pages.
    register_place(TextPlace("known", _("Words for corrections"), KnownWord, ("written",), needs_yes=False))
