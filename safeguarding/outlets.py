"""Which use each outlet needs: each place where this site itself carries a story, or a part of one.

An outlet shows a story only if everybody in it agrees to the use. Pages need that of this site, without which
nothing of a story is public: safeguarding/gate.py.
"""

from safeguarding.scopes import Channel
from safeguarding.status import Status

WEBSITE = """
    base.html stories/story_main.html stories/story_card.html stories/blocks/chosen_stories.html
    home/sitemap.xml search/search.html search/result.html search/other_languages.html
    includes/breadcrumbs.html editing.desk.story_list.StoryListView
    editing.desk.translation_report.TranslationReport
"""
# {outlet: the use that it needs}. Templates, views and exports, which only editors get, have their own name.
# The template of a page type is left out: its pages need the use of this site.
OUTLETS = {
    **dict.fromkeys(WEBSITE.split(), Channel.WEBSITE),
    **dict.fromkeys(["stories/story_end.html", "stories/when_shared.html", "snippets"], Channel.SOCIAL),
    **dict.fromkeys(["home/metadata.html", "home/structured_data.html", "pictures of lists"], Channel.SOCIAL),
    "printed page": Channel.PRINT,
    "beside donations": Channel.FUNDRAISING,
    "stories.feeds.StoryFeed": Channel.PARTNERS,
}


def agreed_uses(people):
    """Return the uses that all of `people`, Contributors, agree to today, as `Release.uses` has them."""
    agreed = set(Channel.values)
    for person in people:
        is_running = person.get_status() in {Status.ACTIVE, Status.ENDS_SOON}
        agreed &= {*person.latest_consent.where} if is_running else set()
    return ",".join(sorted(agreed))


def may_be_used(page, outlet):
    """Return whether everybody in `page` agrees to the use that `outlet`, a key of OUTLETS, needs.

    It takes a query unless `page.release` is loaded. A page that was never saved has none, and no use.
    """
    release = getattr(page, "release", None)
    return release is not None and OUTLETS[outlet] in release.uses.split(",")
