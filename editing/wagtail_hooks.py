"""Registers what this folder changes in Wagtail's admin.

A hook with a positive `order` runs after Wagtail's own hooks, so that it can replace what these register.
"""

from functools import partial

from django.forms.utils import flatatt
from django.templatetags.static import static
from django.urls import path
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.views.home import WorkflowObjectsToModeratePanel

from editing.access import hidden_choices, translating
from editing.access.admin_access import visible_to
from editing.desk import guide, source_panel, translation_report
from editing.desk.filing import FileUnderBulkAction
from editing.desk.panel import Desk, DeskListView
from editing.desk.story_list import StoryListViewSet
from editing.moderation import hiding, messages, old_versions, page_actions, page_views, trash, userbar
from editing.overrides import content_checks, date_fields, deleting_files, gallery  # noqa: F401 - two only register
from editing.overrides.pages_api import PagesAPIViewSet
from editing.people import consent_column, nobody_described, viewsets
from editing.people.panels import add_panels


@hooks.register("construct_page_chooser_queryset")
def offer_only_visible_pages(pages, request):
    """Leave out of the page chooser what can't be chosen: the trash, drafts and private pages elsewhere."""
    return pages.filter(visible_to(request.user))


@hooks.register("construct_admin_api", order=100)
def replace_pages_api(router):
    """Register our endpoint under the name of Wagtail's, and so replace it."""
    router.register_endpoint("pages", PagesAPIViewSet)


# It replaces the views of all page types that Wagtail registers before.
hooks.register("register_admin_viewset", page_views.SitePageViewSet, order=100)
hooks.register("register_admin_viewset", StoryListViewSet)
hooks.register("register_admin_viewset", viewsets.PeopleViewSet)
hooks.register("register_story_list_part", consent_column.list_part)
hooks.register("register_bulk_action", FileUnderBulkAction)
hooks.register("register_bulk_action", nobody_described.NobodyDescribedBulkAction)
# These two replace Wagtail's actions of the same types.
hooks.register("register_bulk_action", deleting_files.DeletePictures, order=100)
hooks.register("register_bulk_action", deleting_files.DeleteDocuments, order=100)


@hooks.register("construct_homepage_panels")
def add_desk(request, panels):
    """Show the desk in place of Wagtail's panel of pages to moderate, which takes several queries for each.

    The desk has a list of the same pages, without those of other sections, which Wagtail's panel shows too.
    """
    panels[:] = [panel for panel in panels if type(panel) is not WorkflowObjectsToModeratePanel]
    panels.append(Desk())
    add_panels(request, panels)


hooks.register("before_bulk_action", page_actions.move_with_page_above)
hooks.register("register_rich_text_features", hidden_choices.replace_document_links, order=1000)
hooks.register("register_reports_menu_item", translation_report.menu_item)


@hooks.register("register_admin_urls")
def register_urls():
    report, base = translation_report.TranslationReport, "reports/translations/"
    return [
        path("desk/<slug:key>/", DeskListView.as_view(), name="desk_list"),
        path(base, report.as_view(), name="translation_report"),
        path(f"{base}results/", report.as_view(results_only=True), name="translation_report_results"),
        path(
            "pages/<int:page_id>/history/forget/",
            old_versions.ForgetVersionsView.as_view(),
            name="forget_versions",
        ),
        path("pages/<int:page_id>/hide/", hiding.hide_page, name="hide_page"),
        path("pages/<int:page_id>/up-to-date/", source_panel.mark_as_up_to_date, name="mark_translation"),
        path("pages/<int:page_id>/show/", hiding.show_page, name="show_page"),
        path("guide/", guide.GuideView.as_view(), name="editors_guide"),
        path("trash/", trash.TrashView.as_view(), name="trash"),
        path("trash/results/", trash.TrashView.as_view(results_only=True), name="trash_results"),
        path("trash/empty/", trash.empty_trash, name="empty_trash"),
        path("trash/<int:pk>/restore/", trash.restore_page, name="restore_page"),
        path("trash/<int:pk>/delete/", trash.delete_page_for_good, name="delete_page_for_good"),
        *viewsets.urlpatterns,
    ]


@hooks.register("register_log_actions")
def register_log_actions(actions):
    actions.register_action(old_versions.FORGET)(old_versions.ForgetFormatter)
    answered = nobody_described.ANSWERED
    actions.register_action(answered, _("Answer"), _("Answered: no person is described"))
    marked = _("Marked as up to date with its source")
    actions.register_action(translation_report.MARKED, _("Mark as up to date"), marked)


hooks.register("construct_page_action_menu", messages.put_main_action_first)
hooks.register("before_edit_page", messages.say_who_sent_it)
hooks.register("after_create_page", messages.say_what_prevents_publishing)
hooks.register("after_edit_page", messages.say_what_prevents_publishing)
hooks.register("construct_wagtail_userbar", content_checks.check_only_content)
hooks.register("register_help_menu_item", guide.menu_item)
hooks.register("construct_help_menu", guide.leave_out_wagtails_guide)
hooks.register("register_page_header_buttons", translating.explain_button)

# --- "Hide now" and the trash --------------------------------------------------------------------

hooks.register("register_page_header_buttons", hiding.buttons)
hooks.register("register_page_listing_more_buttons", hiding.buttons)
hooks.register("before_edit_page", hiding.say_that_it_is_hidden)
hooks.register("construct_wagtail_userbar", userbar.add_links)
hooks.register("register_admin_menu_item", trash.menu_item)
hooks.register("before_delete_page", trash.refuse_root_of_site)
hooks.register("before_delete_page", trash.say_where_it_will_be)
hooks.register("before_bulk_action", trash.refuse_roots_of_sites)
hooks.register("after_delete_page", trash.say_where_it_is)
hooks.register("after_bulk_action", trash.say_where_they_are)


# --- Scripts --------------------------------------------------------------------------------------

# {name of a script: the texts that it shows}.
ADMIN_SCRIPTS = {
    "check_before_sending": {},
    "half_typed": {
        "note": _("This is half typed. Complete it or empty it: this field is not saved until then."),
        "discarded": _("The dialog was closed without saving: what you typed in it is not kept."),
    },
}
EDITOR_SCRIPTS = {
    **dict.fromkeys(["content_words", "duplicate_picture", "first_field", "fold_panels"], {}),
    **dict.fromkeys(["paste", "people", "read_clipboard", "submit_after_autosave", "undo_in_place"], {}),
    "undo_deleting": {"deleted": _("Deleted:"), "undo": _("Undo")},
    "links_as_blocks": {
        "found": _("A link alone on a line:"),
        "video": _("Make it a Video block"),
        "story": _("Make it a chosen story"),
    },
    "alternative_text": {
        "note": _("The alternative text was about the picture before, and is replaced. It said:"),
    },
}


def load_scripts(scripts):
    """Hook: return the elements of `scripts`, each with its texts as data-… attributes."""
    tags = (
        (static(f"editing/{name}.js"), flatatt({f"data-{key}": text for key, text in texts.items()}))
        for name, texts in scripts.items()
    )
    return format_html_join("\n", '<script src="{}"{}></script>', tags)


hooks.register("insert_global_admin_js", partial(load_scripts, ADMIN_SCRIPTS))
hooks.register("insert_editor_js", partial(load_scripts, EDITOR_SCRIPTS))


@hooks.register("insert_global_admin_css", order=1)
def add_stylesheet():
    return format_html('<link rel="stylesheet" href="{}">', static("editing/people.css"))
