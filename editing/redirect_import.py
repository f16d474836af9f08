"""The second step of Wagtail's import of redirects, with words for an editor where Wagtail 8.0 fails."""

from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.contrib.redirects import views


def process_import(request):
    """Have Wagtail import all redirects of the file, or none of them.

    Its view fails where the form's hidden fields are missing (KeyError) or are not those that it signed
    (AttributeError), where the file is gone or on another machine (OSError), and on a row that is too
    short (IndexError), after it has imported the rows before.
    """
    try:
        with transaction.atomic():
            return views.process_import(request)
    except (AttributeError, LookupError, OSError, ValueError):
        messages.error(
            request,
            _("Nothing was imported: the file is gone, or has a row that is too short. Choose it again."),
        )
        return redirect("wagtailredirects:start_import")
