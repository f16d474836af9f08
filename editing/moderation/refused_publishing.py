"""Turns a refusal to publish a page into a message, in views of the admin that show no errors of fields.

Such views approve pages from lists and modals, and make copies. The page editor shows the errors
beside its fields.
"""

from functools import wraps

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from wagtail.admin import messages
from wagtail.admin.modal_workflow import render_modal_workflow

from publishing.checks import PublishingRefused, errors_in
from publishing.refusals import lines_in

# The namespaces of the views whose key in the address is that of a page.
PAGE_VIEWS = {"wagtailadmin_pages", "safeguarding_decisions"}


def explain_refusals(view):
    """Decorate an admin view: after a refusal, redirect to the editor of the page, with a message."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except ValidationError as error:
            match = request.resolver_match
            is_about_pages = PAGE_VIEWS.intersection(match.namespaces) or kwargs.get("model_name") == "page"
            if not errors_in(error) and not is_about_pages:
                raise
            return answer(request, error, kwargs)

    return checked


def answer(request, error, kwargs):
    """Return a redirect to the editor of the page, or for a modal the JSON that makes its script redirect."""
    page = error.page if isinstance(error, PublishingRefused) else None
    key = page.pk if page else kwargs.get("page_id", kwargs.get("pk"))
    address = reverse("wagtailadmin_pages:edit", args=[key]) if key else reverse("wagtailadmin_explore_root")
    # Without such lines, something else is wrong, such as a slug that another page has by now.
    lines = lines_in(error, request.user, address if key else "") or error.messages
    messages.error(request, format_html_join(" ", "{}", ((each,) for each in lines)))
    if request.headers.get("x-requested-with") == "XMLHttpRequest":
        return render_modal_workflow(request, None, json_data={"step": "success", "redirect": address})
    return redirect(address)
