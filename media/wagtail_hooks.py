"""Has Wagtail's view of documents ask who may get them."""

from wagtail import hooks

from media.views import check_document

# After Wagtail's own question, whether the document's collection is private.
hooks.register("before_serve_document", check_document, order=100)
