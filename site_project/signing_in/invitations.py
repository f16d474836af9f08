"""Users choose their own password: who makes an account has a link sent to them."""

import logging
import smtplib

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.permissions import policy_registry

from home.models import SiteSettings
from stories.sharing import absolute

logger = logging.getLogger(__name__)


class InvitationTokens(PasswordResetTokenGenerator):
    """Like Django's for a forgotten password, and good for nothing else: each is dead once one is chosen."""

    key_salt = "site_project.signing_in.invitations"


tokens = InvitationTokens()


def invite(request, user):
    """Send `user` a link to choose a password; where no mail goes out, show it to who asked, this once."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    context = {
        "user": user,
        "site": SiteSettings.for_request(request).organisation_name,
        "site_url": settings.BASE_URL,
        "link": absolute(reverse("invitation", args=[uid, tokens.make_token(user)])),
        "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
    }
    if settings.SENDS_MAIL and _send(user, context):
        messages.success(request, _("A link to choose a password was sent to %s.") % user.email)
        return redirect("wagtailusers_users:index")
    return render(request, "signing_in/invited.html", context)


def _send(user, context):
    subject = _("Your account at %s") % context["site"]
    try:
        send_mail(subject, render_to_string("signing_in/invitation.txt", context), None, [user.email])
    except (OSError, smtplib.SMTPException):
        logger.exception("The invitation could not be sent.")
        return False
    return True


def invite_again(request, pk):
    """Ask whether somebody without a password shall get a new link, and send it."""
    user = get_object_or_404(get_user_model(), pk=pk)
    if not policy_registry.get_by_type(get_user_model()).user_has_permission(request.user, "change"):
        raise PermissionDenied
    if user.has_usable_password() or not user.is_active:
        raise Http404
    if request.method == "POST":
        return invite(request, user)
    return render(request, "signing_in/invite_again.html", {"invited": user})


class InvitationView(PasswordResetConfirmView):
    """Where the link leads."""

    template_name = "signing_in/choose_password.html"
    success_url = reverse_lazy("wagtailadmin_login")
    token_generator = tokens

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        return user if user and user.is_active and not user.has_usable_password() else None

    def form_valid(self, form):
        messages.success(self.request, _("Your password is chosen. Please sign in with it."))
        return super().form_valid(form)
