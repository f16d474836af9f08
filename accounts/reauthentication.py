"""Asks users to authenticate again before they change who can sign in to an account.

Somebody who finds an open session must not be able to turn it into permanent access. So the views in
`PROTECTED_VIEWS` need a proof that is at most VALID_FOR old: the password or a new sign-in at the identity
provider, and the second factor if the account has one. Signing in counts as a proof.

The page that asks usually comes before the form. If the proof expires while a form is filled in, the page
that asks has the data of that form in hidden fields. After the proof, the view gets these data.
"""

import time
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib.auth import authenticate
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _

from accounts import passkeys, second_factor
from accounts.sessions import IDENTITY_VERIFIED_AT, preserve_session
from accounts.throttle import TOO_MANY, Throttle, log_failure

# How long a proof counts.
VALID_FOR = timedelta(minutes=10)
WRONG_PASSWORD = _("This password is not right. Please try again.")
WRONG_CODE = _("This code is not right, or was used already. Please wait for the next one.")
WRONG_PASSKEY = _("This passkey was not accepted. Please try again, or enter a code.")
# Session key: an error message for the next page that asks.
PROBLEM = "reauthentication_problem"
# Names of hidden fields in the page that asks (interrupted_form.html): the kind of proof that the page asks
# for, and whether the interrupted request was a POST. The fields of its form have the prefix INTERRUPTED.
STEP, WAS_POSTED, INTERRUPTED = "reauthentication_step", "reauthentication_was_posted", "interrupted-"


# --- Which views ---------------------------------------------------------------------------------


def changes_access(request, user):
    """Return whether the form of the account page changes the e-mail address or the password."""
    sent = request.POST  # Each panel of the account page prefixes its fields with its name.
    email = sent.get("email-email", user.email)
    return email != user.email or any(sent.get(f"password-new_password{n}") for n in (1, 2))


def sets_up_factor(request, user):
    """Return whether the second-factor page shows, or handles, the form that sets up a new factor."""
    if "sign_out" in request.POST or second_factor.has_app(user):
        return False
    return request.user.is_authenticated or not second_factor.has_factor(user)


def is_about_users(request, _user):
    """Return whether a bulk action is one on users or groups."""
    return request.resolver_match.kwargs["app_label"] == "auth"


def always(_request, _user):
    return True


# The views that change who can sign in: {URL name: function that tells if this request needs a proof}.
PROTECTED_VIEWS = {
    "invite_again": always,
    "my_second_factors": always,
    "reset_second_factor": always,
    "second_factor": sets_up_factor,
    "wagtail_bulk_action": is_about_users,
    "wagtailadmin_account": changes_access,
} | {
    f"wagtailusers_{kind}:{action}": always
    for kind in ("users", "groups")
    for action in ("add", "delete", "edit")
}


def require_recent_proof(view):
    """Decorator for views of the admin. It asks for a proof before a view that PROTECTED_VIEWS lists.

    If a view ends the sessions of its user, that of the request goes on.
    """

    @wraps(view)
    def checked(request, *arguments, **named):
        needs_proof = PROTECTED_VIEWS.get(request.resolver_match.view_name)
        user = get_account(request) if needs_proof else None
        if user and (response := check_or_ask(request, user, needs_proof)):
            return response
        with preserve_session(request.session):
            return view(request, *arguments, **named)

    return checked


# --- Asking --------------------------------------------------------------------------------------


def get_account(request):
    """Return the user who is signed in, or whose second factor is pending, or None."""
    return request.user if request.user.is_authenticated else second_factor.pending_user(request)


def is_recent(request, key):
    """Return whether the time that the session has at `key` is at most VALID_FOR ago."""
    age = time.time() - request.session.get(key, 0)
    return 0 <= age <= VALID_FOR.total_seconds()


def missing_proof(request, user):
    """Return the kind of proof that is missing: "identity", "factor", or "" if none is."""
    if not is_recent(request, IDENTITY_VERIFIED_AT):
        return "identity"
    if second_factor.has_factor(user) and not is_recent(request, second_factor.FACTOR_VERIFIED_AT):
        return "factor"
    return ""


def check_or_ask(request, user, needs_proof):
    """Check the proof that `request` may contain. Return the page that asks for another, if one is missing.

    Arguments:
        user: whose proof is needed.
        needs_proof: a function of PROTECTED_VIEWS.
    Return None if the view may run. If `request` has a proof, `request.POST` is changed to the data of the
    interrupted form. If no form was interrupted, return a redirect that opens the view with GET.
    """
    answer = request.POST if STEP in request.POST else None
    was_posted = request.method == "POST" and (answer is None or WAS_POSTED in answer)
    if answer is not None:
        request.POST = interrupted_form(answer)
    if needs_proof(request, user):
        problem = check_proof(request, user, answer) if answer else request.session.pop(PROBLEM, "")
        if missing := missing_proof(request, user):
            return render_question(request, user, missing, problem, was_posted)
    return redirect(request.get_full_path()) if answer and not was_posted else None


def check_proof(request, user, sent):
    """Check the proof in the form data `sent` and store its time in the session.

    Return an error message, or "" if the proof is right.
    """
    step = sent[STEP]
    if step == "identity" and "password" in sent:
        if authenticate(request, username=user.get_username(), password=sent["password"]) != user:
            return TOO_MANY if getattr(request, "is_throttled", False) else WRONG_PASSWORD
        mark_identity_verified(request)
    elif step == "factor" and is_recent(request, IDENTITY_VERIFIED_AT):
        return check_factor(request, user, sent)
    return ""  # If the first proof has expired, the page asks for it again.


def check_factor(request, user, sent):
    """Check the passkey or code in the form data `sent`, and store in the session that it was given.

    Return an error message, or "" if it is right.
    """
    throttle = Throttle("code", request, user.pk)
    if not throttle.allow_attempt():
        return TOO_MANY
    if "passkey" in sent:
        device, wrong = passkeys.verify(request, user, sent["passkey"]), WRONG_PASSKEY
    else:
        device, wrong = second_factor.verify_code(user, sent.get("code", "")), WRONG_CODE
    if not device:
        log_failure("code")
        return wrong
    throttle.record_success()
    second_factor.mark_verified(request, device)
    return ""


def describe_factors(request, user):
    """Return what the templates that ask for a second factor take: whose it is, and what `user` has."""
    options = passkeys.authentication_options(request, user)
    return {"account": user, "has_app": second_factor.has_app(user), "passkey_options": options}


def mark_identity_verified(request, at=None):
    """Store the time of a proof of identity, and change the session's key, as Django's login() does.

    `at` is the time in seconds since 1970; the default is now. Nobody who knew the old key has the proof.
    """
    request.session[IDENTITY_VERIFIED_AT] = time.time() if at is None else at
    request.session.cycle_key()


def interrupted_form(answer):
    """Return the data of the interrupted form, which the page that asks held in hidden fields."""
    form = QueryDict(mutable=True)
    for name, values in answer.lists():
        if name.startswith(INTERRUPTED):
            form.setlist(name.removeprefix(INTERRUPTED), values)
    return form


def render_question(request, user, missing, problem, was_posted):
    """Return the page that asks for the `missing` proof and holds the interrupted form in hidden fields."""
    fields = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    context = {
        "step": missing,
        "problem": problem,
        "was_posted": was_posted,
        "interrupted_form": [(name, value) for name, values in fields for value in values],
        "has_files": bool(request.FILES),
        "has_password": user.has_usable_password(),
        "provider": settings.IDENTITY_PROVIDER.get("name", ""),
        **(describe_factors(request, user) if missing == "factor" else {"account": user}),
    }
    response = render(request, "accounts/reauthenticate.html", context)
    add_never_cache_headers(response)
    return response
