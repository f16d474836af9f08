"""What this room holds of people, for withdrawals: who is in which version of a story, and names of terms."""

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page, Revision

from safeguarding.withdrawal.places import Mention, TextPlace, reads_versions, register_place
from stories.models import StoryPage
from stories.people import StoryPerson
from stories.terms import Author, Theme


@reads_versions
def people_in_stories():
    """Yield a Mention for each person in the list of each story and of each version of one."""
    rows = StoryPerson.objects.values_list("story", "contributor", "naming")
    for story, contributor, naming in rows:
        yield Mention(story, contributor, naming, is_current=True)
    current = set()
    for keys in Page.objects.values_list("latest_revision", "live_revision"):
        current.update(keys)
    revisions = Revision.objects.filter(content_type=ContentType.objects.get_for_model(StoryPage))
    versions = revisions.values_list("pk", "object_id", "approved_go_live_at", "content__story_people")
    for key, story, scheduled_for, people in versions:
        for row in people or ():
            is_current = key in current or scheduled_for is not None
            yield Mention(int(story), row["contributor"], row["naming"], is_current)


def register():
    """Register the names of terms, which are replaced by the code."""
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
    for theme in rows:
        name = f"{case.code} {theme.pk}"  # A name is unique.
        rows.filter(pk=theme.pk).update(name=name, slug=f"theme-{theme.pk}", description="")
