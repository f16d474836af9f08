"""The routes of the site, and addresses for those of the admin, of files and of logins."""

import re
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import get_resolver, reverse
from django.urls.converters import UUIDConverter
from django.urls.resolvers import RegexPattern, URLResolver
from django.utils.regex_helper import normalize
from wagtail.admin.views.bulk_action.registry import bulk_action_registry
from wagtail.contrib.redirects.models import Redirect
from wagtail.contrib.search_promotions.models import Query, SearchPromotion
from wagtail.models import Locale, PageViewRestriction, Site, Task, Workflow

from safeguarding.models import Contributor, Withdrawal
from search.models import MissedSearch, VocabularyGroup
from stories.terms import Country
from tests.support import builders

# Prefixes of the routes that tests open one after another. What is outside of them is public.
WALKED = ("admin/", "documents/", "media/", "_util/")
# {pattern without a name: an address for it}.
UNNAMED = {"admin/test404/": "/admin/test404/", "admin/^.*/$": "/admin/nothing-here/"}
# Values for the arguments of routes, by name; "1" for all others.
EXAMPLES = {"app_label": "stories", "model_name": "theme", "content_type_app_name": "stories"}
EXAMPLES |= {"content_type_model_name": "storypage", "filter_spec": "width-100"}
UUID = "5a3a1c6e-6a0e-4a37-8f6b-0f3a1c6e6a0e"


def all_routes(resolver=None, prefix="", namespaces=()):
    """Yield (name with its namespaces, pattern, URLPattern) of every route of the site."""
    for each in (resolver or get_resolver()).url_patterns:
        pattern = f"{prefix}{each.pattern}"
        if isinstance(each, URLResolver):
            inner = (*namespaces, each.namespace) if each.namespace else namespaces
            yield from all_routes(each, pattern, inner)
        else:
            yield ":".join((*namespaces, each.name or pattern)), pattern, each


def routes():
    """Yield (name with its namespaces, pattern) of every route below WALKED."""
    for name, pattern, _url_pattern in all_routes():
        if pattern.startswith(WALKED):
            yield name, pattern


def admin_addresses():
    """Return {pattern: address} of every route of the admin.

    The arguments in the addresses have the right types, but are of no objects. For those, see Addresses.
    """
    found = [each for each in all_routes() if each[1].startswith("admin/")]
    return {pattern: example_address(pattern, url_pattern) for _name, pattern, url_pattern in found}


def example_address(pattern, url_pattern):
    if isinstance(url_pattern.pattern, RegexPattern):
        shape, names = normalize(pattern)[0]
        return "/" + shape % {name: EXAMPLES.get(name, "1") for name in names}
    address = "/" + pattern.replace("^", "")
    for name, converter in url_pattern.pattern.converters.items():
        value = UUID if isinstance(converter, UUIDConverter) else EXAMPLES.get(name, "1")
        address = re.sub(rf"<(\w+:)?{name}>", value, address)
    return address


class Addresses:
    """The addresses of all routes below WALKED. Where possible, their arguments are objects in `section`.

    `numbers`: {namespace: primary key that its routes take}. `values`: {argument: value}. `special`: {name of
    a route: {argument: value} for this route only}.
    """

    def __init__(self, section):
        self.section = section
        self.user = get_user_model().objects.get_or_create(username="somebody")[0]
        SearchPromotion.objects.get_or_create(query=Query.get("road"), page=section.live)
        self.terms = {
            "theme": builders.make_theme("Debt").pk,
            "author": builders.make_author("Staff").pk,
            "country": Country.objects.get(code="KE").pk,
            "vocabularygroup": VocabularyGroup.objects.first().pk,
        }
        site, person = Site.objects.get(), Contributor.objects.get_or_create(code="P-7K3M", kind="adult")[0]
        document, image = section.document.pk, section.image.pk
        self.numbers = {
            "wagtailadmin_collections": section.collection.pk,
            "wagtailadmin_workflows": Workflow.objects.get().pk,
            "wagtaillocales": Locale.objects.get_or_create(language_code="fr")[0].pk,
            **dict.fromkeys(("wagtailsites", "wagtailsettings"), site.pk),
            "wagtailusers_users": self.user.pk,
            "wagtailusers_groups": Group.objects.get(name="Editors").pk,
            **dict.fromkeys(("wagtaildocs_chooser", "wagtailadmin_api:documents"), document),
            **dict.fromkeys(("wagtailimages_chooser", "wagtailadmin_api:images"), image),
            **dict.fromkeys(("people_chooser", "safeguarding_people"), person.pk),
            "safeguarding_decisions": section.live.pk,
            "safeguarding_withdrawals": Withdrawal.objects.get_or_create(code="P-7K3M")[0].pk,
        }
        for term, key in self.terms.items():
            app = "search" if term == "vocabularygroup" else "stories"
            self.numbers[f"wagtailsnippets_{app}_{term}"] = key
            self.numbers[f"wagtailsnippetchoosers_{app}_{term}"] = key
        self.values = self._values()
        self.special = self._special()

    def __iter__(self):
        """Yield (name, address), for a route with many actions (name and action, address)."""
        for name, pattern in routes():
            if name.rpartition(":")[2].startswith("admin/"):
                yield name, UNNAMED[pattern]
            elif name == "wagtail_bulk_action":
                yield from self._bulk_actions(name)
            elif name == "wagtaildocs_serve":
                document = self.section.document
                yield name, reverse(name, args=[document.pk, document.filename])
            else:
                yield name, self._address(name, pattern)

    def _address(self, name, pattern):
        key = self.numbers.get(name.rpartition(":")[0], self.section.draft.pk)
        values = self.values | {"pk": key} | self.special.get(name, {})
        names = re.findall(r"<(?:\w+:)?(\w+)>", pattern)
        address = reverse(name, kwargs={each: values[each] for each in names})
        return f"{address}?id={key}" if name.endswith("chosen_multiple") else address

    def _bulk_actions(self, name):
        section, keys = self.section, self.terms | {"user": self.user.pk}
        keys |= {"page": section.draft.pk, "cleanimage": section.image.pk}
        keys["cleandocument"] = section.document.pk
        bulk_action_registry.get_bulk_actions_for_model("", "")  # This fills the registry.
        for app, models in bulk_action_registry.actions.items():
            for model, actions in models.items():
                for action in actions:
                    address = reverse(name, args=[app, model, action])
                    yield f"{name} {model} {action}", f"{address}?id={keys[model]}"

    def _values(self):
        section, draft = self.section, self.section.draft
        task_state, versions = section.waiting.current_task_state, draft.revisions.order_by("pk")
        restriction, _ = PageViewRestriction.objects.get_or_create(page=draft, restriction_type="login")
        return {
            **dict.fromkeys(("page_id", "page_to_move_id", "object_id"), draft.pk),
            **dict.fromkeys(("parent_page_id", "page_pk"), section.index.pk),
            "destination_id": section.index.get_parent().pk,
            **dict.fromkeys(("content_type_app_name", "app_label"), "stories"),
            **dict.fromkeys(("content_type_model_name", "model_name"), "storypage"),
            **dict.fromkeys(("revision_id", "revision_id_a"), versions.first().pk),
            "revision_id_b": draft.latest_revision.pk,
            "action_name": "approve",
            "task_state_id": task_state.pk,
            "task_id": task_state.task_id,
            "workflow_state_id": section.waiting.pk,
            "workflow_pk": section.waiting.workflow_id,
            "collection_id": section.collection.pk,
            "image_id": section.image.pk,
            **dict.fromkeys(("doc_id", "document_id"), section.document.pk),
            "uploaded_file_id": section.upload.pk,
            "filter_spec": "width-100",
            "redirect_id": Redirect.objects.get_or_create(old_path="/old", redirect_link="/new/")[0].pk,
            "query_id": Query.get("road").pk,
            "key": "waiting",  # a list of the desk
            "session_id": section.session.pk,
            "uidb64": "MQ",  # the key "1" in base64
            "token": "abc-def",
            **dict.fromkeys(("restriction_id", "page_view_restriction_id"), restriction.pk),
        }

    def _special(self):
        section, tasks = self.section, {"pk": Task.objects.get().pk}
        known = {"words": "debt", "count": 7, "month": "2026-03-01"}
        missed, _ = MissedSearch.objects.get_or_create(digest="x", defaults=known)
        scheduled = {"page_id": section.scheduled.object_id}
        translated = {"model_name": "theme", "pk": self.terms["theme"]}
        approval = {"app_label": "wagtailcore", "model_name": "groupapprovaltask"}
        settings = {"app_name": "home", "model_name": "sitesettings"}
        return {
            **dict.fromkeys(("delete_page_for_good", "restore_page"), {"pk": section.trashed.pk}),
            "hide_page": {"page_id": section.live.pk},
            "missed_search_delete": {"pk": missed.pk},
            "show_page": scheduled,
            "rendition": {"name": section.image.get_rendition("width-100|format-webp").file.name},
            "simple_translation:submit_snippet_translation": translated,
            "submit_snippet_translation": translated,
            "wagtailadmin_choose_page_child": {"parent_page_id": section.draft.pk},
            "wagtailadmin_pages:revisions_unschedule": scheduled | {"revision_id": section.scheduled.pk},
            "wagtailadmin_tag_model_autocomplete": {"app_name": "taggit", "model_name": "tag"},
            "wagtailadmin_workflows:add_task": approval,
            **dict.fromkeys(("wagtailsettings:edit", "wagtailsettings:preview_on_edit"), settings),
        } | {f"wagtailadmin_workflows:{each}_task": tasks for each in ("edit", "disable", "enable")}


# Views of Wagtail that fail: one always, for users of the admin who test the reports of errors; the import of
# redirects with form data that no form sends; those that make something in a chooser without a form for it.
FAILING = {"wagtailadmin_error_test", "wagtailredirects:process_import"}
FAILING |= {f"wagtailsnippetchoosers_{each}:create" for each in ("search_vocabularygroup", "stories_country")}
# Form data that is sent to every route: that of the page editor, and required fields of Wagtail's other
# forms.
FORM = builders.story_form() | {"social_links-count": "0", "new_parent_page": "1"}
FORM |= {"new_title": "New", "new_slug": "new"}
FORM |= dict.fromkeys(("url", "external-link-chooser-url"), "https://example.org/")


@contextmanager
def changes():
    """Context manager that yields a list, to which it adds each table that is written to, except sessions."""
    changed = []

    def note(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        found = re.match(r'(INSERT|UPDATE|DELETE)[A-Z ]* "(\w+)"', sql)
        # SQLite counts the rows of an INSERT that returns their keys only when these are read.
        is_written = found and (found[1] == "INSERT" or context["cursor"].rowcount)
        if is_written and found[2] != "django_session":
            changed.append(found[2])
        return result

    with connection.execute_wrapper(note):
        yield changed
