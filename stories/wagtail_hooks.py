"""Themes, countries and authors ("terms") in the admin, safe links, and a check before bulk publishing."""

from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import messages
from wagtail.admin.panels import ObjectList
from wagtail.admin.rich_text.converters.html_to_contentstate import ExternalLinkElementHandler
from wagtail.admin.ui.tables import Column
from wagtail.models import Page
from wagtail.rich_text import LinkHandler
from wagtail.rich_text.pages import PageLinkHandler
from wagtail.snippets.models import register_snippet
from wagtail.snippets.views.snippets import IndexView, SnippetViewSet, SnippetViewSetGroup
from wagtail.whitelist import check_url

from caching.versioned_cache import cached
from publishing.checks import find_passed_end
from publishing.people import bodies_of, contributors_in
from publishing.refusals import say_what_is_missing
from publishing.trash import in_trash
from publishing.visibility import published_pages
from safeguarding.releases import lock_pages, lock_people_of
from stories.choosers import AuthorChooserViewSet, TermChooserViewSet, ThemeChooserViewSet
from stories.forms import TermForm
from stories.models import StoryPage
from stories.term_panel import find_left_over
from stories.terms import Author, Country, Theme


class TermIndexView(IndexView):
    """A list of terms. A search finds them by name, countries by that in any language of the site."""

    def search_queryset(self, queryset):
        return queryset.named_like(self.search_query) if self.is_searching else queryset


class TermViewSet(SnippetViewSet):
    """The admin views of a model of terms, whose list shows the number of public stories of each.

    Other stories don't count, because the user may not see all of them.
    """

    index_view_class = TermIndexView
    # Wagtail shows the search box because of it. TermIndexView searches.
    search_fields = ["pk"]
    links = ""  # The related name of the model in stories/story_links.py that links stories to the term.

    def get_queryset(self, request):
        is_public = Q(**{f"{self.links}__story__in": StoryPage.objects.published()})
        return self.model.objects.by_name().annotate(story_count=Count(self.links, filter=is_public))

    @property
    def edit_handler(self):
        return ObjectList(self.panels, base_form_class=TermForm)


STORY_COUNT = Column("story_count", label=_("Public stories"), sort_key="story_count")


class CountryViewSet(TermViewSet):
    model = Country
    links = "story_countries"
    icon = "globe"
    chooser_viewset_class = TermChooserViewSet
    list_display = [
        "__str__",
        "code",
        Column("get_region_display", label=_("Region"), sort_key="region"),
        STORY_COUNT,
    ]
    list_filter = ["region"]
    list_per_page = 50
    inspect_view_enabled = True  # Editors may only view countries.
    panels = ["code", "slug", "region"]


class ThemeViewSet(TermViewSet):
    model = Theme
    links = "story_themes"
    icon = "tag"
    chooser_viewset_class = ThemeChooserViewSet
    list_display = ["__str__", "description", STORY_COUNT]
    panels = ["name", "slug", "description"]


class AuthorViewSet(TermViewSet):
    model = Author
    links = "story_authors"
    icon = "user"
    chooser_viewset_class = AuthorChooserViewSet
    list_display = ["name", "role", STORY_COUNT]
    panels = ["name", "role", "picture"]


@register_snippet
class TermViewSetGroup(SnippetViewSetGroup):
    items = (ThemeViewSet, CountryViewSet, AuthorViewSet)
    menu_icon = "tag"
    menu_label = _("Filed under")
    menu_order = 250  # before Wagtail's images (300) and documents (400)


class PublicPageLink(PageLinkHandler):
    """A link in rich text to a page of this site. It has an href only while the page is public.

    Wagtail's handler prints the URL of any page, and takes one query more for each page in another language.
    """

    @classmethod
    def expand_db_attributes_many(cls, attrs_list):
        keys = [parse_page_pk(attrs) for attrs in attrs_list]
        addresses = cached.many(("page links", get_language()), set(keys), public_addresses)
        return [format_html('<a href="{}">', addresses[key]) if addresses[key] else "<a>" for key in keys]


def parse_page_pk(attrs):
    """Return the primary key in the attributes of a link, or None. Imported text can have any attributes."""
    key = attrs.get("id", "")
    # A number of 18 digits fits into 64 bits. SQLite raises an error for one that doesn't.
    return int(key) if key.isdecimal() and len(key) < 19 else None


def public_addresses(keys):
    """Return {key: URL} of the pages with `keys`, or of their translations into the active language.

    The URL is None if the page is not public. Takes one query.
    """
    language, linked = get_language(), Page.objects.filter(pk__in=keys)
    is_translation = Q(translation_key__in=linked.values("translation_key"), locale__language_code=language)
    pages = published_pages().filter(Q(pk__in=keys) | is_translation).select_related("locale")
    translations = {page.translation_key: page for page in pages if page.locale.language_code == language}
    return dict.fromkeys(keys) | {page.pk: translations.get(page.translation_key, page).url for page in pages}


class ExternalLink(LinkHandler):
    """A link in rich text to another site, without a Referer header."""

    identifier = "external"

    @classmethod
    def expand_db_attributes(cls, attrs):
        return format_html('<a href="{}" rel="noopener noreferrer">', attrs["href"])


class SafeLinkElementHandler(ExternalLinkElementHandler):
    """A link in the rich text editor. Wagtail's handler takes any stored href, even `javascript:`."""

    def get_attribute_data(self, attrs):
        return {"url": check_url(attrs["href"]) or ""}


@hooks.register("register_rich_text_features", order=1000)
def replace_links_and_names(features):
    # With its high order, the hook runs after Wagtail's own, which register the rules for links.
    features.register_link_type(PublicPageLink)
    features.register_link_type(ExternalLink)
    rules = features.converter_rules_by_converter["contentstate"]["link"]
    rules["from_database_format"]["a[href]"] = SafeLinkElementHandler("LINK")
    # The names tell the commands of the editor from the blocks "Heading" and "Document".
    names = {
        "h2": _("Heading in the text"),
        "h3": _("Smaller heading in the text"),
        "h4": _("Smallest heading in the text"),
        "document-link": _("Link to a document"),
    }
    # get_editor_plugin() would call this hook again.
    plugins = features.plugins_by_editor["draftail"]
    for feature, name in names.items():
        plugins[feature].data["description"] = name


@hooks.register("after_create_page")
@hooks.register("after_edit_page")
def say_what_is_left_over(request, page):
    """Say which words are typed and not chosen, because the form that opens next has them no more."""
    words = find_left_over(request.POST)
    # An autosave asks for JSON, and the form stays open after it.
    if words and request.accepts("text/html"):
        messages.warning(request, f"{_('Not chosen, so not saved:')} {', '.join(words)}")


@hooks.register("before_bulk_action")
def leave_out_incomplete_pages(request, action_type, objects, view):
    """Bulk publish only pages that lack nothing, and show a message about each of the others.

    Wagtail's bulk action handles no ValidationError. It publishes what this leaves in the list `objects`.
    """
    if action_type != "publish":
        return None
    drafts = list(objects)
    if view.get_execution_context()["include_descendants"]:
        below = [draft for page in objects for draft in publishable_below(page, request.user)]
        # Each once: a draft can be chosen, and also be below one or more chosen pages.
        drafts = list(dict.fromkeys(drafts + below))
        # They are in `drafts` now, so Wagtail must not publish them by itself.
        view.cleaned_form.cleaned_data["include_descendants"] = False
    missing = {page: find_missing(version) for page, version in lock_versions(drafts).items()}
    objects[:] = [page for page in drafts if missing[page] is None]
    for page, error in missing.items():
        if error is not None:
            say_what_is_missing(request, page, error)
    # A response ends the bulk action. With None, Wagtail goes on.
    return None if objects else redirect(view.next_url)


def publishable_below(page, user):
    """Return the drafts below `page` that `user` may publish."""
    drafts = page.get_descendants().not_live().exclude(in_trash())
    return [draft for draft in drafts if draft.permissions_for_user(user).can_publish()]


def lock_versions(drafts):
    """Lock `drafts`, pages, and the people in them. Return {page: its latest version}.

    Publishing locks one page after another. So all pages are locked first here, and then all people in them.
    """
    keys = [page.pk for page in drafts]
    lock_pages(keys)
    versions = {page: page.get_latest_revision_as_object() for page in drafts}
    lock_people_of(keys, {key for version in versions.values() for key in contributors_in(version)})
    return versions


def find_missing(page):
    """Return None if `page` can be published, and otherwise the ValidationError."""
    page.is_publishing = True
    try:
        page.full_clean()
        # full_clean() leaves the blocks of a StreamField unchecked. Its form field checks them.
        for _field, body in bodies_of(page):
            body.stream_block.clean(body)
        if errors := find_passed_end(page):
            raise ValidationError(errors)
    except ValidationError as error:
        return error
    return None
