"""Keeps editors of one section from what is hidden in another, in every view of Wagtail's admin.

Most of Wagtail's views ask for permission themselves. Some show a title before they do, and the next one
that forgets to ask must not give away a story: so the pages that an address names are looked at first.
docs/decisions/admin-access.md says which views these are.
"""

from functools import wraps

from django.apps import apps
from django.db.models import F, Q
from django.shortcuts import get_object_or_404
from wagtail.admin.auth import permission_denied
from wagtail.models import Page
from wagtail.permissions import policy_registry

from publishing.visibility import published_pages

# The arguments of the admin's views that are pages.
PAGE_ARGUMENTS = {"page_id", "page_pk", "page_to_move_id", "parent_page_id", "destination_id"}
# Lists of all pages that take no heed of who asks: only for those who may see the whole tree.
ABOUT_ALL_PAGES = {"page_types_usage", "page_types_usage_results"}
ANY_WORK = {"add", "change", "choose", "delete", "lock", "publish", "unlock", "view"}


def check_objects(view):
    """Decorate a view of the admin to refuse what is hidden from who asks."""

    @wraps(view)
    def checked(request, *arguments, **named):
        user = request.user
        if user.is_superuser or not user.has_perm("wagtailadmin.access_admin"):
            return view(request, *arguments, **named)  # Wagtail sends the latter to the login
        return view(request, *arguments, **named) if may_open(request, named) else permission_denied(request)

    return checked


def may_open(request, named):
    """Return whether nothing that the address names is hidden from who sends `request`."""
    match = request.resolver_match
    if match.url_name in ABOUT_ALL_PAGES:
        return sees_whole_tree(request.user)
    pages = {named[name] for name in PAGE_ARGUMENTS & named.keys()}
    if "wagtailadmin_pages" in match.namespaces and "pk" in named:
        pages.add(named["pk"])
    if match.url_name == "wagtailadmin_choose_page_chosen_multiple":
        pages |= numbers_in(request)
    elif match.url_name == "wagtail_bulk_action":
        if (named["app_label"], named["model_name"]) != ("wagtailcore", "page"):
            return may_choose_all(request, named)
        pages |= pages_in_list(request)
    # What isn't there is 404, as always.
    there = Page.objects.filter(pk__in=pages)
    return not pages or not there.exclude(visible_to(request.user)).exists()


def visible_to(user):
    """Return the condition that a page is public, as the admin shows it, or is one that `user` works with."""
    own = policy_registry.get_by_type(Page).explorable_instances(user)
    # The admin shows the title of the draft.
    public = published_pages().filter(draft_title=F("title"))
    return Q(depth=1) | Q(pk__in=own.values("pk")) | Q(pk__in=public.values("pk"))


def is_visible(page, user):
    return user.is_superuser or Page.objects.filter(visible_to(user), pk=page.pk).exists()


def sees_whole_tree(user):
    root = policy_registry.get_by_type(Page).explorable_root_instance(user)
    return bool(root and root.is_root())


def numbers_in(request):
    return {int(value) for value in request.GET.getlist("id") if value.isdecimal()}


def pages_in_list(request):
    """Return the numbers of the pages that an action on a list is for: those named, or "all"."""
    if "all" not in request.GET.getlist("id"):
        return numbers_in(request)
    pages, parent = Page.objects.all(), request.GET.get("childOf", "")
    if parent.isdecimal():
        pages = pages.descendant_of(get_object_or_404(Page, pk=parent))
    return set(pages.values_list("pk", flat=True))


def may_choose_all(request, named):
    """Return whether who sends `request` may work with each picture, document or the like that it names."""
    try:
        model = apps.get_model(named["app_label"], named["model_name"])
        chosen = [value for value in request.GET.getlist("id") if value != "all"]
        found = list(model.objects.filter(pk__in=chosen))
    except (LookupError, ValueError):
        return False
    policy = policy_registry.get_by_type(model)
    return all(policy.user_has_any_permission_for_instance(request.user, ANY_WORK, item) for item in found)
