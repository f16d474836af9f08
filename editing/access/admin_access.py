"""Checks the pages and objects that an admin URL names, so that editors read nothing hidden elsewhere.

A section is a part of the page tree. The groups of a user have permissions in some sections only. Hidden from
a user are the pages of other sections that are not public, and files for which the user has no permission.
The titles and slugs of pages are not hidden: lists and reports of the admin may show them.

Wagtail's views check permissions themselves. A view that forgets the check in a later version must not reveal
a story. Therefore `check_objects` runs before every admin view: docs/decisions/admin-access.md.
"""

from functools import wraps

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.auth import permission_denied
from wagtail.models import Page
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry

from publishing.models import TrashedPage
from publishing.trash import in_trash
from publishing.visibility import published_pages

# Names of URL arguments that are primary keys of pages.
PAGE_ARGUMENTS = {"page_id", "page_pk", "page_to_move_id", "parent_page_id", "destination_id"}
# URL names of the explorer, which shows no more of the page in its address than the title and whether it is
# live. It leads through the pages above the sections of a user.
EXPLORER_URL_NAMES = {"wagtailadmin_explore", "wagtailadmin_explore_results"}
# With any of these permissions for an object, a user may see it in the admin.
OBJECT_PERMISSIONS = {"add", "change", "choose", "delete", "lock", "publish", "unlock", "view"}
# Wagtail's policy of permissions. The one that replaces it (editing/access/page_policy.py) gives nobody a
# permission for a page in the trash.
TRASH_POLICY = PagePermissionPolicy(Page)
# With any of these permissions for a page, a user may find it in the explorer, as in Wagtail's policy.
PAGE_PERMISSIONS = {"add", "change", "publish", "lock", "unlock", "bulk_delete"}


def check_objects(view):
    """Decorate an admin view to refuse requests that name something that is hidden from the user."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        # A user without access to the admin is redirected to the login by Wagtail's own decorator.
        if not request.user.has_perm("wagtailadmin.access_admin"):
            return view(request, *args, **kwargs)
        return view(request, *args, **kwargs) if may_open(request, kwargs) else refuse(request, kwargs)

    return checked


def refuse(request, kwargs):
    """Return the response to a request that names something hidden from its user.

    A user who can restore a page from the trash is led there. Its address is in bookmarks and in mails.
    """
    restorable = tuple(trashed_pages(request.user, "change").values_list("page__path", flat=True))
    named = Page.objects.filter(pk__in=named_pages(request, kwargs)).values_list("path", flat=True)
    is_script = request.headers.get("x-requested-with") == "XMLHttpRequest"
    if is_script or not any(path.startswith(restorable) for path in named):
        return permission_denied(request)
    text = _("This page is in the trash, by itself or with a page above it. Restore it here to open it.")
    messages.warning(request, text)
    return redirect("trash")


def trashed_pages(user, action):
    """Return the TrashedPages for whose pages `user` has the permission `action`."""
    pages = TRASH_POLICY.instances_user_has_permission_for(user, action)
    return TrashedPage.objects.filter(page__in=pages.values("pk")).select_related("page", "user")


def may_open(request, kwargs):
    """Return whether the user may see everything that the URL of `request` names.

    `kwargs`: the named arguments of the view.
    """
    match = request.resolver_match
    pages = named_pages(request, kwargs)
    if match.url_name == "wagtailadmin_choose_page_chosen_multiple":
        pages |= get_ids_in_query(request)
    elif match.url_name == "wagtail_bulk_action":
        if (kwargs["app_label"], kwargs["model_name"]) != ("wagtailcore", "page"):
            return request.user.is_superuser or may_access_all(request, kwargs)
        pages |= get_pages_of_bulk_action(request)
    if not pages:  # visible_to() would query in vain.
        return True
    allowed = visible_to(request.user)
    if match.url_name in EXPLORER_URL_NAMES:
        policy = policy_registry.get_by_type(Page)
        allowed |= Q(pk__in=policy.explorable_instances(request.user).values("pk"))
    # For pages that don't exist, the view answers with 404.
    return not Page.objects.filter(~allowed, pk__in=pages).exists()


def named_pages(request, kwargs):
    """Return the primary keys of the pages that the path of `request` names."""
    is_page_view = "wagtailadmin_pages" in request.resolver_match.namespaces
    return {kwargs[name] for name in (PAGE_ARGUMENTS | ({"pk"} if is_page_view else set())) & kwargs.keys()}


def pages_in_sections(user):
    """Return the pages for which `user` has a permission, and all pages below those."""
    return policy_registry.get_by_type(Page).instances_user_has_any_permission_for(user, PAGE_PERMISSIONS)


def editable_pages(user):
    """Return the pages that `user` may edit, without the root page."""
    pages = policy_registry.get_by_type(Page).instances_user_has_permission_for(user, "change")
    return pages.filter(depth__gt=1)


def visible_to(user):
    """Return a Q for the pages that `user` may see in the admin: public pages, and pages of their sections.

    Pages in the trash are left out, because only the list of the trash shows them.
    """
    if user.is_superuser:
        return ~in_trash()
    own, public = pages_in_sections(user), published_pages()
    # depth=1 is the root page. It has no content, and is the start of lists and choosers.
    return Q(depth=1) | Q(pk__in=own.values("pk")) | Q(pk__in=public.values("pk"))


def is_visible(page, user):
    return Page.objects.filter(visible_to(user), pk=page.pk).exists()


def parse_key(model, value):
    """Return `value`, as it was sent, as a primary key of `model`. None if it can't be one.

    It is parsed as Django does in a query, which takes more than digits: " 7", "+7" and "1_0" are keys too.
    A text with NUL is none, because PostgreSQL refuses it.
    """
    field = model._meta.pk
    try:
        key = field.to_python(value)
        field.run_validators(key)  # They refuse a number that is outside the range of the database column.
    except ValidationError:
        return None
    return None if "\0" in str(key) else key


def get_ids_in_query(request):
    """Return the primary keys of pages in the query string. Raises Http404 for a value that can't be one."""
    keys = {parse_key(Page, value) for value in request.GET.getlist("id")}
    if None in keys:
        raise Http404
    return keys


def get_pages_of_bulk_action(request):
    """Return the primary keys of the pages that a bulk action is for: the given ones, or all in a list.

    A list has no pages in the trash.
    """
    if "all" not in request.GET.getlist("id"):
        return get_ids_in_query(request)
    pages, parent = Page.objects.exclude(in_trash()), request.GET.get("childOf", "")
    if parent.isdecimal():
        pages = pages.descendant_of(get_object_or_404(Page, pk=parent))
    return set(pages.values_list("pk", flat=True))


def may_access_all(request, kwargs):
    """Return whether the user has a permission for each object (not a page) that a bulk action is for."""
    try:
        model = apps.get_model(kwargs["app_label"], kwargs["model_name"])
        # For "all", Wagtail itself takes only the files that the user may change. Other models have no
        # sections.
        chosen = [value for value in request.GET.getlist("id") if value != "all"]
        found = list(model.objects.filter(pk__in=chosen))
    except (LookupError, ValueError):
        return False
    is_permitted = policy_registry.get_by_type(model).user_has_any_permission_for_instance
    return all(is_permitted(request.user, OBJECT_PERMISSIONS, item) for item in found)
