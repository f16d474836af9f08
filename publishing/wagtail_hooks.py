"""Refuses pages that are hidden or held, warns of them, lets public ones be cached, and names log actions."""

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail import hooks
from wagtail.admin import messages

from caching.cacheable import begin_cacheable
from publishing import hiding, trash
from publishing.schedules import NOT_PUBLISHED
from publishing.visibility import is_hidden_or_held, is_known_held, is_known_hidden


@hooks.register("before_serve_page", order=-1)
def refuse_hidden_page(page, *_arguments):
    """Raise Http404 for a page that is held, or that publishing/conditions.py hides.

    Wagtail looks only at whether the page itself is live. Its own hook with order 0 answers OPTIONS and
    methods that are not allowed. HomePage.route() has just found the pages below it by `with_address`, which
    finds no such page, and says so in their attribute `was_found_with_address`.
    """
    if not getattr(page, "was_found_with_address", False) and is_hidden_or_held(page):
        raise Http404


@hooks.register("after_publish_page")
def warn_that_page_stays_hidden(request, page):
    """Tell the user who published `page` that readers don't see it, which Wagtail's message contradicts."""
    if hiding.is_hidden_at_once(page):
        messages.warning(request, _("Readers don't see this page yet: it is hidden. “Show again” shows it."))
    elif is_known_hidden(page.get_parent()):
        messages.warning(request, _("Readers don't see this page yet: a page above it is not published."))
    elif is_known_held(page):
        messages.warning(request, hiding.HELD)


@hooks.register("register_log_actions")
def register_log_actions(actions):
    add = actions.register_action
    add(hiding.HIDE, gettext_lazy("Hide now"), gettext_lazy("Hidden from readers"))
    add(hiding.SHOW, gettext_lazy("Show again"), gettext_lazy("Shown to readers again"))
    add(trash.TRASH, gettext_lazy("Move to the trash"), gettext_lazy("Moved to the trash"))
    add(trash.RESTORE, gettext_lazy("Restore"), gettext_lazy("Restored from the trash"))
    why = gettext_lazy("Not published at its time: something about its people is open")
    add(NOT_PUBLISHED, gettext_lazy("Not published"), why)


@hooks.register("before_serve_page", order=1000)
def begin_cacheable_page(page, request, *_arguments):
    """Tell the page cache that `page` is public, and which query parameters its type reads.

    Hooks that refuse a private page have a lower order, and run before. Return a response, or None to have
    Wagtail make it.
    """
    parameters = getattr(page, "cacheable_parameters", None)  # None for a plain Page, which is not cached
    return None if parameters is None else begin_cacheable(request, parameters)
