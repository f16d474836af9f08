"""Tells withdrawals, which erase what the site has about a person, who is in which version of a page."""

from wagtail.models import Page, Revision

from safeguarding.withdrawal.places import Mention, reads_versions
from stories.story_links import StoryPerson


@reads_versions
def people_in_pages():
    """Yield a Mention for each person in the list of each page, and in that of each of its versions."""
    for page, contributor in StoryPerson.objects.values_list("page", "contributor"):
        yield Mention(page, contributor, is_current=True)
    current = set()  # the primary keys of the latest and of the live revisions
    for keys in Page.objects.values_list("latest_revision", "live_revision"):
        current.update(keys)
    versions = Revision.page_revisions.values_list(
        "pk", "object_id", "approved_go_live_at", "content__story_people"
    )
    for key, page, scheduled_for, people in versions:
        for row in people or ():
            is_current = key in current or scheduled_for is not None
            yield Mention(int(page), row["contributor"], is_current)
