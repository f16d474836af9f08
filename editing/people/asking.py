"""Lets whoever may edit a page ask the safeguarding team, who find it on their desk, and get a mail.

It stands there while something about the people in it is open: waiting_pages() in safeguarding/decisions.py.
"""

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.utils import get_user_display_name
from wagtail.log_actions import log
from wagtail.models import Page

from safeguarding.decisions import ASK, questions
from safeguarding.mails import mail_about
from safeguarding.policies import leads


def name_users(users):
    """Return the names of the active users in the queryset `users`, with commas between them."""
    names = sorted(map(get_user_display_name, users.filter(is_active=True).distinct()))
    return ", ".join(names) or _("nobody at the moment")


@require_POST
def ask(request, pk):
    """View that notes the question, mails the leads, and returns what happened as plain text.

    The mail has no title, which may be a name, and is sent once while the page is on the desk.
    """
    page = get_object_or_404(Page, pk=pk, depth__gt=1)
    if not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if not questions().filter(page=page).exists():
        log(page, ASK, user=request.user)
        text = gettext_lazy("Somebody who writes a page needs your help with the people in it:")
        mail_about(page, gettext_lazy("You are asked about a page"), lambda: text)
    return HttpResponse(_("It is on the desk of: %s.") % name_users(leads()), content_type="text/plain")
