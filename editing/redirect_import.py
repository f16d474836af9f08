"""The second step of the admin's import of redirects, which shows an error message where Wagtail 8.0 fails.

editing/urls.py has this view in the place of Wagtail's.
"""

from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.contrib.redirects import views


def process_import(request):
    """Import all redirects of the uploaded file with Wagtail's view, or none of them.

    Wagtail's view raises OSError if the temporary file is gone or on another machine, and IndexError for a
    row that is too short. By then it has imported the rows before that one, so the transaction takes them
    back.
    """
    try:
        with transaction.atomic():
            return views.process_import(request)
    except (LookupError, OSError):
        messages.error(
            request,
            _("Nothing was imported: the file is gone, or has a row that is too short. Choose it again."),
        )
        return redirect("wagtailredirects:start_import")
