"""A site with one row of everything that can be shown, a script in every text, and the site's addresses."""

import json
import re

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.log_actions import log
from wagtail.models import Comment, CommentReply, Page, Revision
from wagtail.users.models import UserProfile

from accounts.models import Passkey
from caching.local_date import today
from home.models import SiteSettings, StandardPage
from safeguarding.models import Notice, Reading, RestrictedView, SecondReader, Use
from safeguarding.policies import GROUP
from safeguarding.withdrawal_models import Ledger, Withdrawal, WithdrawalTask
from search.models import KnownWord
from stories.models import StoryPage
from stories.terms import Author, Country, Theme
from tests.support import admin_world, builders, people, routes, site
from tests.support.payloads import PAYLOADS, ScriptFiller

# Names of the admin's page views. Those of OF_TYPE differ by page type.
OF_TYPE = ["edit", "view_draft"]
VIEWS = [*OF_TYPE, "history", "usage", "delete", "copy", "move", "unpublish", "workflow_history"]


class World:
    """The site, its `filler` (a ScriptFiller), its `administrator`, and its public and admin addresses.

    `turn`: see ScriptFiller. Another one puts other scripts into the same fields.
    `has_states`: whether the site has the pages of make_states().
    """

    def __init__(self, turn=0, *, has_states=True):
        self.filler = ScriptFiller(turn)
        # Also a safeguarding lead, who sees the records of people.
        self.administrator = builders.make_user(GROUP, username="lead", is_superuser=True)
        self.site = site.make_site()
        states = site.make_states(self.site) if has_states else {}
        self.states = [address for address, _shows in states.values()]
        self.section = admin_world.make_section("Own", "Plain")
        self._add_missing_rows()
        # Before _fill() replaces the names that it looks up.
        self.routes = dict(routes.Addresses(self.section))
        self._fill()

    def _add_missing_rows(self):
        """Make rows of models, and values of fields, that make_site and make_section leave empty."""
        story, image, section = self.site.story, self.site.story.lead_image, self.section
        for each in (image, section.image, section.document):
            each.tags.add("wages")
        StoryPage.objects.filter(pk=story.pk).update(show_leave_quickly=True)
        Author.objects.update(picture=image)
        SiteSettings.objects.update(logo=image)
        UserProfile.get_for_user(self.administrator)
        Page.objects.filter(pk=story.pk).update(owner=self.administrator)
        for page in (builders.home_page(), StandardPage.objects.get(slug="get-help")):
            type(page).objects.filter(pk=page.pk).update(body=story.body)
        comment = Comment.objects.create(page=story, user=self.administrator, text="?", contentpath="title")
        CommentReply.objects.create(comment=comment, user=self.administrator, text="!")
        # The passkey belongs to another user, because the administrator would have to use it to log in.
        Passkey.objects.create(user=section.draft.owner, name="Stick", credential_id="x", public_key=b"")
        KnownWord.objects.get_or_create(folded="wages", written="wages")
        # In _fill(), the first query gets its words back. The second one keeps a script.
        self.promoted = Query.get("road")
        out = {"external_link_url": "https://example.org/", "external_link_text": "Out"}
        for query in (self.promoted, Query.get("walk")):
            SearchPromotion.objects.create(query=query, **out)
        # The class Addresses uses the person with this code.
        person = people.make_agreeing_person({"evidence_held_at": "?"}, names="?", code="P-7K3M")
        StoryPage.objects.filter(pk=section.live.pk).update(people="listed")
        Use.objects.create(page=section.live, contributor=person)
        Notice.objects.create(contributor=person, step="60", day=today())
        RestrictedView.objects.create(contributor=person, user=self.administrator, reason="check")
        people.decide(story, person, "other")
        SecondReader.objects.create(page=story, name="?", function="?", contact="?")
        answers = json.dumps({"words": ["change", PAYLOADS[0].format(n=0)]})
        read = {"answers": answers, "agrees": False, "answered_at": timezone.now(), "ends_at": timezone.now()}
        Reading.objects.create(page=story, contributor=person, digest="x", **read)
        withdrawal = Withdrawal.objects.create(contributor=person, code=person.code)
        WithdrawalTask.objects.create(withdrawal=withdrawal, step="vacuum", failures=1, error="?")
        Ledger.get()
        for each in (person, story, section.draft, Theme.objects.first(), section.image, section.document):
            log(each, "wagtail.edit", user=self.administrator, data={"title": "Was"})

    def _fill(self):
        """Put scripts into all texts. Those of a page, its latest version and the earlier ones differ."""
        pages = Page.objects.filter(pk__in=self._shown_pages())
        for page in pages.specific():
            page.save_revision(clean=False)
            page.save_revision(clean=False)
        self.filler.fill(Page)
        for revision in Revision.objects.all():
            if not self.filler.keeps(revision):
                self._rewrite(revision)
        self.filler.fill(Page)
        for page in pages:
            self._rewrite(page.latest_revision)
        # The page editor opens the latest version, so the live page may have scripts that it can't open.
        self.filler.is_balanced = False
        self.filler.fill()
        # The code finds this group by its name.
        self.administrator.groups.update(name=GROUP)
        # So that a search shows the promoted results.
        Query.objects.filter(pk=self.promoted.pk).update(query_string="road")
        call_command("update_index", verbosity=0)

    @staticmethod
    def _rewrite(revision):
        page = Page.objects.get(pk=revision.object_id).specific
        Revision.objects.filter(pk=revision.pk).update(content=page.serializable_data())

    def public(self):
        """Return the addresses of the site for visitors."""
        found = {"theme": Theme.objects.filter(story_themes__story__live=True)}
        found["country"] = Country.objects.filter(story_countries__story__live=True)
        terms = [
            f"/stories/{kind}/{slug}/"
            for kind, shown in found.items()
            for slug in shown.order_by("pk").distinct().values_list("slug", flat=True)
        ]
        # No route takes a slug that was replaced by a script.
        terms = [address for address in terms if re.fullmatch(r"[\w/-]+", address)]
        pages = [address for name, address in self.site.addresses.items() if name not in {"theme", "country"}]
        searches = [f"/search/?{urlencode({'q': words})}" for words in ("wages", "onload", PAYLOADS[2])]
        filtered = [f"/stories/?{urlencode({'country': PAYLOADS[0], 'theme': PAYLOADS[1]})}"]
        full = [*pages, terms[0], terms[-1], searches[-1]]
        text_only = [f"{address}{'&' if '?' in address else '?'}text=1" for address in full]
        # The word "wagees" is misspelt, so the search looks for corrections.
        others = [f"{base}feed.{kind}" for base in ("/", "/stories/") for kind in ("atom", "rss")]
        others += ["/search/suggestions/?q=wages", "/sitemap.xml", "/robots.txt", "/search/?q=wagees"]
        return list(dict.fromkeys([*pages, *self.states, *terms, *searches, *filtered, *text_only, *others]))

    def pages(self, views=VIEWS):
        """Return the admin's addresses for one page of each type, with those of earlier versions.

        `views`: names of views for each page. For the story it is always all views.
        """
        shown = {pk: VIEWS if pk == self.site.story.pk else views for pk in self._shown_pages()}
        return [address for pk in shown for address in addresses_of(pk, shown[pk])]

    def _shown_pages(self):
        """Return the primary keys of the pages of pages()."""
        one_of_each = {type(page): page for page in Page.objects.filter(depth__gt=1).specific()}
        one_of_each[StoryPage] = self.site.story
        return sorted({page.pk for page in [*one_of_each.values(), self.section.draft]})

    def others(self):
        """Return the addresses of other admin routes that can be opened with GET."""
        return [address for name, address in self.routes.items() if not re.search(LEFT_OUT, name)]


# Names of routes that are left out: parts of pages, choosers, some confirmations, responses for scripts,
# routes that only take POST, errors, and routes of signing in or outside of the admin.
LEFT_OUT = (
    r"_results|chosen|_api:|bulk_action|logout|sprite|serve|rendition|javascript_catalog|ping|release"
    r"|dismissibles|autocomplete|preview|admin/|error_test|url_generator|multiple_|_multiple$|choose_page_"
    r"|password|login|choosers|_chooser|chooserresults|invit|reset_second_factor|set_page_position|confirm"
    r"|:lock$|unlock|enable|unschedule|^second_factor|collect_|process_import|set_privacy|remove"
    r"|single_sign_on"
)


def addresses_of(pk, views):
    """Return the admin's addresses for the page `pk`: of `views` and of a comparison of versions.

    With all views, these are also the comparison with the live page, which has the same fields as a version,
    and the preview of how a story is shared.
    """
    pages = "wagtailadmin_pages"
    found = [reverse(f"{pages}:{view}", args=[pk]) for view in views]
    found.append(reverse(f"{pages}:revisions_compare", args=[pk, "earliest", "latest"]))
    if views == VIEWS:
        found.append(reverse(f"{pages}:revisions_compare", args=[pk, "live", "latest"]))
        found.append(f"{reverse(f'{pages}:view_draft', args=[pk])}?mode=shared")
    return found
