"""Adds links to the errors that prevent publishing a page: to the fields, and to the people in it.

Only safeguarding leads get links to people. They are the members of the group Safeguarding.
"""

from django.apps import apps
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages

from publishing.checks import errors_in, find_errors
from safeguarding.decisions import WAITING
from safeguarding.encryption import has_keys
from safeguarding.gate import WITHOUT_CONSENT, Unmet
from safeguarding.policies import is_lead, may_write_down

# {field: heading of its panel in the page editor}.
FIELDS = {"people": _("People in this page"), "lead_image": _("Lead picture"), "body": _("Body")}


def panel_id(field):
    """Return the id that Wagtail gives to the panel of `field`, a key of FIELDS, in the page editor.

    It is looked up, because Wagtail makes it of the heading, in the language in which the process first shows
    the form.
    """
    # Not imported, because stories.models imports this module.
    editor = apps.get_model("stories.StoryPage").get_edit_handler()
    return next(
        f"panel-child-{tab_name}-{name}-section"
        for tab, tab_name in zip(editor.children, editor.child_identifiers, strict=True)
        for panel, name in zip(tab.children, tab.child_identifiers, strict=True)
        if field in panel.get_form_options().get("fields", ())
    )


def link_person(error, user):
    """Return the sentence of `error`, an error of find_errors(), as HTML.

    If `user` is a safeguarding lead, the code of the person in it is a link. Another link leads to where
    leads decide, or to where `user` may write down the consent.
    """
    text, person = conditional_escape(error.message), getattr(error, "person", None)
    if not person:
        return text
    if is_lead(user):
        address = reverse("safeguarding_people:inspect", args=[person.pk])
        link = format_html('<a href="{}">{}</a>', address, person.code)
        text = mark_safe(text.replace(person.code, link))  # noqa: S308 - text and link are escaped
    key, address = error.page.pk, ""
    if key and error.unmet & WITHOUT_CONSENT and may_write_down(user, person):
        address = f"{reverse('safeguarding_people:consent', args=[person.pk])}?page={key}"
        label = _("Confirm the consent") if person.proposed_at else _("Write down the consent")
    elif error.unmet & WAITING and not is_lead(user):
        return format_html("{} {}", text, _("Once the page is submitted, the team decides."))
    elif key and error.unmet & WAITING:
        address, label = reverse("safeguarding_decisions:page", args=[key]), _("Decide on it.")
    elif key and Unmet.READING in error.unmet:
        address = f"{reverse('safeguarding_readings:start', args=[person.pk])}?page={key}"
        label = _("Show it to the person")
    return format_html('{} <a href="{}" target="_blank">{}</a>', text, address, label) if address else text


def link_field(field, error, user, editor=""):
    """Return HTML with a link to `field`, if it is a key of FIELDS, and the sentence of `error`.

    `editor`: the address of the page editor, or "" for a link within it.
    """
    error = link_person(error, user)
    if field not in FIELDS:
        return error
    return format_html('<a href="{}#{}">{}</a>: {}', editor, panel_id(field), FIELDS[field], error)


def lines_about(page, user, editor=""):
    """Return a list of (HTML, whether only safeguarding leads can help) for what prevents publishing `page`.

    Only what is about its people. `user`, `editor`: as in link_field().
    """
    # has_keys() only looks for a key. The default, can_compare(), decrypts all protected words.
    errors = find_errors(page, can_compare=has_keys)
    return [
        (link_field(field, error, user, editor), error.is_for_leads)
        for field, found in errors.items()
        for error in found
    ]


def lines_in(error, user, editor):
    """Return a list of HTML lines for the errors of publishing/checks.py in `error`, a ValidationError.

    `user`, `editor`: as in link_field().
    """
    return [link_field(field, each, user, editor) for field, each in errors_in(error)]


def say_what_is_missing(request, page, error):
    """Add a message for the user of `request`: `page` can't be published because of `error`."""
    text = _("Something is missing here: %(title)s. “Publish” in its editor says where.")
    text %= {"title": page.get_admin_display_title()}
    editor = reverse("wagtailadmin_pages:edit", args=[page.pk])
    lines = format_html_join(" ", "{}", ((each,) for each in [text, *lines_in(error, request.user, editor)]))
    messages.error(request, lines, buttons=[messages.button(editor, _("Edit"))])
