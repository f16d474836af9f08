"""The attributes of Wagtail's classes and modules (and one of django-filter) that the site replaces.

docs/overrides.md gives the reason for each, and tests/editing/overrides/test_overrides.py guards them.
"""

from pkgutil import resolve_name

# {attribute: our function or class}
PATCHES = {
    "wagtail.admin.widgets.chooser.BaseChooser.value_from_datadict": "editing.access.chosen_objects.read_chooser",
    "wagtail.admin.rich_text.editors.draftail.DraftailRichTextArea.value_from_datadict": "editing.access.chosen_objects.read_rich_text",
    "wagtail.admin.forms.models.WagtailAdminModelForm.__init__": "editing.access.chosen_objects.start_form",
    "wagtail.admin.forms.models.WagtailAdminModelForm._post_clean": "editing.access.chosen_objects.check_form",
    "wagtail.admin.widgets.chooser.BaseChooser.get_value_data": "editing.access.hidden_choices.get_value_data",
    "wagtail.admin.compare.diff_text": "editing.access.comparisons.diff_text",
    "wagtail.admin.compare.ForeignObjectComparison.get_objects": "editing.access.comparisons.get_objects",
    "wagtail.admin.compare.get_comparison_class_for_block": "editing.access.comparisons.get_comparison_class",
    "wagtail.admin.views.pages.edit.send_notification": "editing.access.mails.send_notification",
    "wagtail.admin.mail.EmailNotificationMixin.send_emails": "editing.access.mails.send_emails",
    "wagtail.models.pages.PageLogEntryManager.viewable_by_user": "editing.access.page_policy.viewable_by_user",
    "wagtail.models.workflows.AbstractGroupApprovalTask.user_can_access_editor": "editing.access.page_policy.user_can_access_editor",
    "wagtail.models.pages.PagePermissionTester.__init__": "editing.access.page_policy.start_tester",
    "wagtail.images.views.chooser.ImageChooserViewSet.choose_view_class": "editing.access.tags.ImageChooseView",
    "wagtail.models.reference_index.ReferenceIndex.remove_references_to": "editing.desk.dead_links.remove_references_to",
    "wagtail.actions.copy_page.CopyPageAction.execute": "editing.moderation.page_actions.copy_page",
    "wagtail.actions.delete_page.DeletePageAction.execute": "editing.moderation.page_actions.delete_page",
    "wagtail.admin.views.mixins.SpreadsheetExportMixin.preprocess_field_value": "editing.overrides.exports.preprocess_field_value",
    "wagtail.admin.views.pages.bulk_actions.page_bulk_action.PageBulkAction.get_all_objects_in_listing_query": "editing.overrides.listings.get_all_listed",
    "wagtail.admin.views.bulk_action.registry.BulkActionRegistry.get_bulk_actions_for_model": "editing.overrides.listings.get_offered_actions",
    "django_filters.filters.RangeFilter.field_class": "editing.overrides.listings.CountRangeField",
    "wagtail.admin.views.generic.models.EditView.get_form": "editing.overrides.stale_forms.get_form",
    "wagtail.admin.widgets.chooser.BaseChooser.render": "editing.overrides.start_choosers.render_chooser",
}


def start():
    """Replace the attributes. What is replaced becomes the attribute `original` of the replacement."""
    for name, ours in PATCHES.items():
        owner, _dot, attribute = name.rpartition(".")
        owner, replacement = resolve_name(owner), resolve_name(ours)
        replacement.original = getattr(owner, attribute)
        setattr(owner, attribute, replacement)
