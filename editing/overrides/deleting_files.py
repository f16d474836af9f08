"""Says, before a picture or document is deleted, how many public pages show it, and that there is no trash.

Wagtail's page that asks for confirmation has only the number of references to it, drafts and others included.
"""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages
from wagtail.documents.views.bulk_actions.delete import DeleteBulkAction as DeleteDocumentsBulkAction
from wagtail.documents.views.documents import DeleteView as DeleteDocumentView
from wagtail.images.views.bulk_actions.delete import DeleteBulkAction as DeleteImagesBulkAction
from wagtail.images.views.images import DeleteView as DeleteImageView
from wagtail.models import Page

from media.access import is_agreed, is_page_using, is_used_for_readers
from publishing.visibility import published_pages


def say_what_is_lost(request, files):
    """Add a message about `files`. It counts no page that is not public, so it tells nothing about those."""
    # Readers see no picture while somebody on it does not agree.
    shown = [each for each in files if is_agreed(each)]
    pages = set()
    for each in shown:
        pages |= set(published_pages().filter(is_page_using(each)).values_list("pk", flat=True))
    texts = [_("Pictures and documents don't go to the trash: nobody can bring them back.")]
    # Without pages, only what is shown everywhere counts, such as the logo.
    if any(is_used_for_readers(Page.objects.none(), each) for each in shown):
        texts.insert(0, _("The settings of the site use this, so readers see it on all pages."))
    if pages:
        text = ngettext(
            "%(count)d public page shows this now.", "%(count)d public pages show this now.", len(pages)
        )
        texts.insert(0, text % {"count": len(pages)})
    messages.warning(request, " ".join(texts))


class SaysWhatIsLostMixin:
    """For the views that ask for confirmation."""

    def get(self, request, *args, **kwargs):
        say_what_is_lost(request, self.get_files())
        return super().get(request, *args, **kwargs)

    def get_files(self):
        return [self.object]


class DeletePicture(SaysWhatIsLostMixin, DeleteImageView):
    pass


class DeleteDocument(SaysWhatIsLostMixin, DeleteDocumentView):
    pass


class BulkMixin(SaysWhatIsLostMixin):
    def get_files(self):
        return self.get_actionable_objects()[0]


class DeletePictures(BulkMixin, DeleteImagesBulkAction):
    pass


class DeleteDocuments(BulkMixin, DeleteDocumentsBulkAction):
    pass
