"""Invitations: a new user gets a link to choose a password that nobody else knows."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.views import PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse, reverse_lazy
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from wagtail.admin import messages

from accounts.users import NEEDS_ROLE, may_change
from home.models import SiteSettings
from publishing.addresses import absolute
from safeguarding.mails import send
from safeguarding.membership import check_change

# How long an invitation can be accepted.
VALID_FOR = timedelta(days=3)


class InvitationTokens:
    """Tokens for links to choose a first password. The interface is that of Django's token generators.

    A token is valid for one user, for VALID_FOR, and until that user's password or e-mail address changes.
    Django's PasswordResetTokenGenerator has one lifetime, PASSWORD_RESET_TIMEOUT, which is shorter.
    """

    # sep: by the dot, the logs recognise a token and leave it out (operations/logs.py, deploy/nginx.conf).
    signer = TimestampSigner(sep=".", salt="accounts.invitations")

    def make_token(self, user):
        # Only the time and the signature: check_token() knows the rest from the user.
        return self.signer.sign(self._state_of(user)).removeprefix(self._state_of(user) + ".")

    def check_token(self, user, token):
        try:
            return bool(self.signer.unsign(f"{self._state_of(user)}.{token}", max_age=VALID_FOR))
        except BadSignature:
            return False

    def _state_of(self, user):
        # A user who has no password yet has a random value here, which set_unusable_password() stored. A
        # password, or a new value, ends the link.
        return f"{user.pk}.{user.password}.{user.email}"


tokens = InvitationTokens()


def invite(request, user):
    """Send `user` a link to choose a password, and return the response.

    If no mail server is configured, or it fails, the response shows the link.
    """
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    context = {
        "user": user,
        "site": SiteSettings.for_request(request).organisation_name,
        "site_url": settings.BASE_URL,
        "link": absolute(reverse("invitation", args=[uid, tokens.make_token(user)])),
        "days": VALID_FOR.days,
    }
    subject = _("Your account at %s") % context["site"]
    if send(subject, render_to_string("accounts/invitation.txt", context), user.email):
        messages.success(request, _("A link to choose a password was sent to %s.") % user.email)
        return redirect("wagtailusers_users:index")
    return render(request, "accounts/invited.html", context)


def invite_again(request, pk):
    """View that asks for confirmation and sends a new link to a user who has no password yet.

    Raises PermissionDenied for people who may not change the user, and Http404 for a user who has a password
    or is inactive.
    """
    user = get_object_or_404(get_user_model(), pk=pk)
    if not may_change(request.user, user):
        raise PermissionDenied
    if user.has_usable_password() or not user.is_active:
        raise Http404
    if not user.has_perm("wagtailadmin.access_admin"):
        messages.error(request, NEEDS_ROLE)
        return redirect("wagtailusers_users:edit", user.pk)
    if request.method == "POST":
        check_change(user)
        return invite(request, user)
    return render(request, "accounts/invite_again.html", {"invited": user})


class InvitationView(PasswordResetConfirmView):
    """The page that the link opens, to choose a password. Django's view moves the token into the session.

    The link stays valid until a password is chosen, because programs that scan e-mail open links too.
    """

    template_name = "accounts/choose_password.html"
    success_url = reverse_lazy("wagtailadmin_login")
    token_generator = tokens

    def get_user(self, uidb64):
        user = super().get_user(uidb64)
        return user if user and user.is_active and not user.has_usable_password() else None

    def form_valid(self, form):
        messages.success(self.request, _("Your password is chosen. Please sign in with it."))
        return super().form_valid(form)
