"""Tells withdrawals who is in which version of a page, and registers the Places for authors and themes.

A withdrawal erases what the site has about a person. safeguarding/withdrawal/places.py defines Place.
"""

from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision

from safeguarding.withdrawal.places import Mention, TextPlace, reads_versions, register_place
from stories.people import StoryPerson
from stories.terms import Author, Theme


@reads_versions
def people_in_pages():
    """Yield a Mention for each person in the list of each page, and in that of each of its versions."""
    rows = StoryPerson.objects.values_list("page", "contributor", "naming")
    for page, contributor, naming in rows:
        yield Mention(page, contributor, naming, is_current=True)
    current = set()  # the primary keys of the latest and of the live revisions
    for keys in Page.objects.values_list("latest_revision", "live_revision"):
        current.update(keys)
    versions = Revision.page_revisions.values_list(
        "pk", "object_id", "approved_go_live_at", "content__story_people"
    )
    for key, page, scheduled_for, people in versions:
        for row in people or ():
            is_current = key in current or scheduled_for is not None
            yield Mention(int(page), row["contributor"], row["naming"], is_current)


def register():
    """Register the Places of this module. In authors and themes, the person's code replaces a name."""
    register_place(
        TextPlace(
            "authors",
            _("Authors"),
            Author,
            ("name", "role"),
            lambda rows, case: rows.update(name=case.code, role=""),
        )
    )
    register_place(TextPlace("themes", _("Themes"), Theme, ("name", "slug", "description"), rename_themes))


def rename_themes(rows, case):
    """Replace the names and slugs of the themes `rows`, and empty their descriptions."""
    for theme in rows:
        name = f"{case.code} {theme.pk}"  # No two themes in a language have the same name.
        rows.filter(pk=theme.pk).update(name=name, slug=f"theme-{theme.pk}", description="")
