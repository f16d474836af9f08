"""The page between the password and the admin, and what administrators do about it."""

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
from wagtail.permissions import policy_registry

from site_project.signing_in import second_factor
from site_project.signing_in.throttle import TOO_MANY, Throttle

KEY = "second_factor_key"
WRONG = _("This code is not right, or was used already. Please wait for the next one.")


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


@never_cache
def ask_second_factor(request):
    """Ask for a code, or have an app set up by who has none. Nobody gets past it with a password only."""
    user = second_factor.half_known_user(request)
    if request.method == "POST" and "leave" in request.POST:
        logout(request)
        return redirect("wagtailadmin_login")
    if user and second_factor.has_app(user):
        return ask_code(request, user)
    user = user or request.user
    if not user.is_authenticated:
        return redirect("wagtailadmin_login")
    if second_factor.has_app(user):
        return redirect("wagtailadmin_home")
    return set_up_app(request, user)


def ask_code(request, user):
    form = CodeForm(request.POST or None)
    if form.is_valid():
        throttle = Throttle("code", request, user.pk)
        if not throttle.allows():
            form.add_error("code", TOO_MANY)
        elif device := second_factor.accept(user, form.cleaned_data["code"]):
            throttle.forget()
            second_factor.note_given(request, device)
            return redirect(_target(request))
        else:
            form.add_error("code", WRONG)
    return render(request, "signing_in/second_factor.html", {"form": form, "next": _target(request)})


def set_up_app(request, user):
    form = CodeForm(request.POST or None)
    key = request.session.setdefault(KEY, default_key())
    if form.is_valid():
        device, codes = second_factor.set_up(user, key, form.cleaned_data["code"])
        if device:
            del request.session[KEY]
            second_factor.note_given(request, device)
            return render(
                request, "signing_in/recovery_codes.html", {"codes": codes, "next": _target(request)}
            )
        form.add_error("code", WRONG)
    address = TOTPDevice(user=user, key=key).config_url
    picture = make_qr(address, image_factory=SvgPathFillImage).to_string(encoding="unicode")
    context = {
        "form": form,
        "next": _target(request),
        "picture": mark_safe(picture),  # noqa: S308 - made here, of squares
        "secret": address.partition("secret=")[2].partition("&")[0],
    }
    return render(request, "signing_in/set_up_app.html", context)


def take_away(request, pk):
    """Ask whether the app and the codes of somebody who lost both shall be forgotten, and do it."""
    user = get_object_or_404(get_user_model(), pk=pk)
    if not policy_registry.get_by_type(get_user_model()).user_has_permission(request.user, "change"):
        raise PermissionDenied
    if user.is_superuser and not request.user.is_superuser:
        raise PermissionDenied
    if not second_factor.has_app(user):
        raise Http404
    if request.method == "POST":
        second_factor.forget(user)
        messages.success(request, gettext("%s sets up an app anew at the next sign-in.") % user)
        return redirect("wagtailusers_users:index")
    return render(request, "signing_in/take_away.html", {"owner": user})


def _target(request):
    target = request.POST.get("next") or request.GET.get("next")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, request.is_secure()):
        return target
    return reverse("wagtailadmin_home")
