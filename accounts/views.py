"""Views that ask for a second factor, set one up, list a user's own, and reset those of others."""

from django import forms
from django.contrib.auth import get_user_model, logout
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key
from qrcode import make as make_qr
from qrcode.image.svg import SvgPathFillImage
from wagtail.admin import messages

from accounts import passkeys, second_factor
from accounts.models import Passkey
from accounts.reauthentication import WRONG_CODE, check_factor, describe_factors
from accounts.users import may_change

# Session key: the shared secret of an app that is being set up.
NEW_APP_KEY = "second_factor_key"
LAST_FACTOR = _("Your account needs a second step: add another before you remove this one.")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,  # A recovery code has 19 characters. Spaces between them are allowed.
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class PasskeyForm(forms.Form):
    # max_length: that of the column, which is django-otp's.
    name = forms.CharField(label=_("Name of the passkey"), max_length=64, initial=_("My phone"))


@never_cache
def ask_second_factor(request):
    """View that asks a pending user for the second factor, or sets up the first one.

    Users who are signed in can set up an app here, if they have none. "sign_out" is the button "Sign out".
    """
    user = second_factor.pending_user(request)
    if request.method == "POST" and "sign_out" in request.POST:
        logout(request)
        return redirect("wagtailadmin_login")
    if user and second_factor.has_factor(user):
        return ask_second_step(request, user)
    user = user or request.user
    if not user.is_authenticated:
        return redirect("wagtailadmin_login")
    if second_factor.has_app(user):
        return redirect("wagtailadmin_home")
    if "passkey" in request.POST:
        return add_passkey(request, user, set_up_app)
    return set_up_app(request, user)


def ask_second_step(request, user):
    """Show the form for a code or a passkey, and check what it sends."""
    form, problem = CodeForm(request.POST if "code" in request.POST else None), ""
    if form.is_valid() or "passkey" in request.POST:
        problem = check_factor(request, user, request.POST)
        if not problem:
            return redirect(next_url(request))
    # After the check, because it makes a new challenge.
    factors = describe_factors(request, user)
    if not factors["has_app"]:
        form.fields["code"].label = gettext("Recovery code")
        del form.fields["code"].widget.attrs["autofocus"]
    context = {"form": form, "problem": problem, "next": next_url(request), **factors}
    return render(request, "accounts/second_factor.html", context)


def set_up_app(request, user, problem="", passkey_form=None):
    """Show the form that sets up an authenticator app or a passkey, and check the app's first code."""
    form = CodeForm(request.POST if "code" in request.POST else None)
    key = request.session.setdefault(NEW_APP_KEY, default_key())
    if form.is_valid():
        device = second_factor.add_app(user, key, form.cleaned_data["code"])
        if device:
            del request.session[NEW_APP_KEY]
            return finish_set_up(request, user, device)
        form.add_error("code", WRONG_CODE)
    address = TOTPDevice(user=user, key=key).config_url  # otpauth://…?secret=KEY_IN_BASE32&…
    picture = make_qr(address, image_factory=SvgPathFillImage).to_string(encoding="unicode")
    context = {
        "account": user,
        "form": form,
        "problem": problem,
        "next": next_url(request),
        "picture": mark_safe(picture),  # noqa: S308 - an SVG of rectangles
        "secret": address.partition("secret=")[2].partition("&")[0],
        "passkey_form": passkey_form or PasskeyForm(),
        "passkey_options": passkeys.registration_options(request, user),
    }
    return render(request, "accounts/set_up_app.html", context)


def add_passkey(request, user, show):
    """Store a new passkey of `user`. If that fails, return the page that the function `show` renders."""
    form, problem = PasskeyForm(request.POST), ""
    if form.is_valid():
        device = passkeys.add(request, user, request.POST["passkey"], form.cleaned_data["name"])
        if device:
            return finish_set_up(request, user, device)
        problem = gettext("The passkey could not be added. Please try again.")
    return show(request, user, problem, form)


def finish_set_up(request, user, device):
    """Return the page after `device` was set up: the recovery codes after the first factor, else the list.

    The first factor also completes the sign-in of a pending user.
    """
    if not user.is_verified():
        second_factor.mark_verified(request, device)
    if codes := second_factor.replace_recovery_codes(user):
        context = {"codes": codes, "next": next_url(request)}
        return render(request, "accounts/recovery_codes.html", context)
    return redirect("my_second_factors")


@never_cache
def my_second_factors(request):
    """View that lists the second factors of the user, who can add and remove them."""
    if not request.user.is_authenticated:
        return redirect("wagtailadmin_login")
    if "passkey" in request.POST:
        return add_passkey(request, request.user, show_my_second_factors)
    if "remove" in request.POST:
        if second_factor.remove(request.user, request.POST["remove"]):
            return redirect("my_second_factors")
        return show_my_second_factors(request, request.user, LAST_FACTOR)
    return show_my_second_factors(request, request.user)


def show_my_second_factors(request, user, problem="", passkey_form=None):
    context = {
        "account": user,
        "problem": problem,
        "passkeys": Passkey.objects.filter(user=user).order_by("pk"),
        "apps": TOTPDevice.objects.filter(user=user, confirmed=True),
        "passkey_form": passkey_form or PasskeyForm(),
        "passkey_options": passkeys.registration_options(request, user),
    }
    return render(request, "accounts/my_second_factors.html", context)


def reset_second_factor(request, pk):
    """View that asks for confirmation and deletes all second factors of a user who lost them."""
    user = get_object_or_404(get_user_model(), pk=pk)
    if not may_change(request.user, user):
        raise PermissionDenied
    if not second_factor.has_factor(user):
        raise Http404
    if request.method == "POST":
        second_factor.reset(user)
        messages.success(request, gettext("%s sets up a second step anew at the next sign-in.") % user)
        return redirect("wagtailusers_users:index")
    return render(request, "accounts/reset_second_factor.html", {"owner": user})


def next_url(request):
    """Return the address on this site to redirect to afterwards. The default is the start of the admin."""
    target = request.POST.get("next") or request.GET.get("next")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return reverse("wagtailadmin_home")
