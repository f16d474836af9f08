"""Passes texts and addresses to the button that adds several pictures to a gallery at once.

The button is in editing/static/editing/gallery.js. The pictures come from the library or from files. The
script sends each file to a view of editing/overrides/adding_pictures.py.
"""

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.struct_block import StructBlockAdapter

from stories.blocks import PicturesBlock


class GalleryAdapter(StructBlockAdapter):
    js_constructor = "editing.Gallery"

    def js_args(self, block):
        name, child_blocks, meta = super().js_args(block)
        meta["several"] = {
            "add": _("Add several pictures"),
            "files": _("Files, one or more"),
            "tooMany": _("The gallery is full. These pictures are only in the library:"),
            "refused": _("Not added:"),
            "notSent": _("It could not be sent. Try again."),
            "sent": _("Sent:"),
            # For paste.js:
            "pasted": _("Pasted picture"),
            "missing": _("The clipboard has no file of this picture. Add it here."),
            "loose": _("Move these pictures to their places: the clipboard does not say where they were."),
            "covered": _("Look again: what covered a picture in Word is gone."),
            "noPicture": _("Only pictures can be dropped here. For other files, add the block “Document”:"),
            "onlyOne": _("This field takes one picture. Not added:"),
            "chooseUrl": reverse("wagtailimages_chooser:choose"),
            "chosenUrl": reverse("wagtailimages_chooser:chosen_multiple"),
            "addUrl": reverse("wagtailimages:add_multiple"),
        }
        return [name, child_blocks, meta]

    @cached_property
    def media(self):
        return super().media + forms.Media(js=[versioned_static("editing/gallery.js")])


register(GalleryAdapter(), PicturesBlock)
