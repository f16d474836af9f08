"""Makes forms of the admin show nothing of a chosen picture or document that their user may not choose.

The link to edit a chosen object is shown only to users who may edit it.

A form keeps a reference that is stored, even if its user may no longer choose the file, because it was moved
to the collection of another section. Wagtail would show the title and the address that the file has now. The
title of a page is shown: docs/decisions/admin-access.md.

Each function that replaces another has that as its `original`: editing/overrides/patches.py sets it.
"""

from django.utils.translation import gettext as _
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.documents import get_document_model
from wagtail.documents.rich_text.contentstate import DocumentLinkElementHandler

from editing.access.chosen_objects import FILES, current_check


def may_show(model, key):
    """Return whether the current form may show the instance of `model` with the primary key `key`.

    Outside of admin views there is no check, and no user from whom something must be hidden. Leads see all of
    a version about which they decide.
    """
    check = current_check.get()
    if check is None or check.request.resolver_match.namespace == "safeguarding_decisions":
        return True
    return not issubclass(model, FILES) or check.shows(model, key)


def hidden_title():
    """Return the words that stand for the title of a hidden file."""
    return _("Not available to you")


def get_value_data(self, value):
    """Replace BaseChooser.get_value_data: keep only the key of a hidden file.

    Of another object, leave out the address where it is edited if the user may not edit it.
    """
    instance, check = self.get_instance(value), current_check.get()
    data = get_value_data.original(self, instance)
    if data is None or check is None:
        return data
    if may_show(self.model_class, data["id"]):
        return data | {"edit_url": AdminURLFinder(check.request.user).get_edit_url(instance)}
    hidden = dict.fromkeys(data)  # None for each key
    hidden |= {"id": data["id"], self.display_title_key: hidden_title()}
    if "preview" in data:  # only pictures have it
        hidden |= {"preview": {"url": "", "width": 0, "height": 0}, "default_alt_text": ""}
    return hidden


class VisibleDocumentLink(DocumentLinkElementHandler):
    """A link to a document in the rich text editor."""

    def get_attribute_data(self, attrs):
        data = super().get_attribute_data(attrs)
        if "id" not in data or may_show(get_document_model(), data["id"]):
            return data
        return {"id": data["id"]}


def replace_document_links(features):
    """Hook "register_rich_text_features": replace the rule that reads stored links to documents."""
    rules = features.converter_rules_by_converter["contentstate"]["document-link"]["from_database_format"]
    rules['a[linktype="document"]'] = VisibleDocumentLink("DOCUMENT")
