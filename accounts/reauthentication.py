"""Proof that the person at the keyboard owns the account, before a change to what lets somebody into one.

Whoever finds an open session must not be able to keep it for good. So the views in `PROTECTED` need proof
that is at most VALID_FOR old: the password, or a new sign-in at the identity provider, and the second factor
where the account has one. Signing in gives that proof too.

The question stands before the form where it can. It also interrupts a form that was sent when the proof had
run out: the page that asks carries what was sent along, and the view gets it once the proof is given.
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
from accounts.sessions import IDENTITY_VERIFIED_AT, acting_in
from accounts.throttle import TOO_MANY, Throttle

VALID_FOR = timedelta(minutes=10)
WRONG_PASSWORD = _("This password is not right. Please try again.")
WRONG_CODE = _("This code is not right, or was used already. Please wait for the next one.")
WRONG_PASSKEY = _("This passkey was not accepted. Please try again, or enter a code.")
# Session key: text that the next page that asks shows.
PROBLEM = "reauthentication_problem"
# Names of fields in the page that asks. What an interrupted form held is sent with PENDING before each name.
STEP, WAS_POSTED, PENDING = "reauthentication_step", "reauthentication_was_posted", "pending-"


# --- Which views ---------------------------------------------------------------------------------


def changes_access(request, user):
    """Return whether the account page was sent with another e-mail address or with a new password."""
    sent = request.POST
    email = sent.get("name_email-email", user.email)
    return email != user.email or any(sent.get(f"password-new_password{n}") for n in (1, 2))


def sets_up_factor(request, user):
    """Return whether the page for the second factor offers, or does, the set-up of a new one."""
    if "leave" in request.POST or second_factor.has_app(user):
        return False
    return request.user.is_authenticated or not second_factor.has_factor(user)


def is_about_users(request, _user):
    """Return whether the action on a list is one on users."""
    return request.resolver_match.kwargs["app_label"] == "auth"


def always(_request, _user):
    return True


# The views that change what lets somebody into an account, by URL name, and when each needs the proof.
PROTECTED = {
    "invite_again": always,
    "my_second_factors": always,
    "reset_second_factor": always,
    "second_factor": sets_up_factor,
    "wagtail_bulk_action": is_about_users,
    "wagtailadmin_account": changes_access,
} | {
    f"wagtailusers_{kind}:{name}": always
    for kind, names in (("users", ["add", "copy", "delete", "edit"]), ("groups", ["add", "delete", "edit"]))
    for name in names
}


def require_recent_proof(view):
    """Decorate a view of the admin: where PROTECTED names it, ask for proof before it runs."""

    @wraps(view)
    def checked(request, *arguments, **named):
        needs_proof = PROTECTED.get(request.resolver_match.view_name)
        user = account_of(request) if needs_proof else None
        if user and (response := ask(request, user, needs_proof)):
            return response
        with acting_in(request.session):
            return view(request, *arguments, **named)

    return checked


# --- Asking --------------------------------------------------------------------------------------


def account_of(request):
    """Return who is signed in, or gave a password and still owes the second factor; or None."""
    return request.user if request.user.is_authenticated else second_factor.pending_user(request)


def is_recent(request, key):
    """Return whether the session has proof of one kind that is at most VALID_FOR old."""
    age = time.time() - request.session.get(key, 0)
    return 0 <= age <= VALID_FOR.total_seconds()


def missing_proof(request, user):
    """Return which proof is missing: "identity", "factor", or "" when all of it is there."""
    if not is_recent(request, IDENTITY_VERIFIED_AT):
        return "identity"
    if second_factor.has_factor(user) and not is_recent(request, second_factor.FACTOR_VERIFIED_AT):
        return "factor"
    return ""


def ask(request, user, needs_proof):
    """Return the page that asks `user` for the proof that is missing; None when the view may go on.

    A proof that `request` brings is checked first. The view gets the form that was interrupted.
    """
    answer = request.POST if STEP in request.POST else None
    was_posted = request.method == "POST" and (answer is None or WAS_POSTED in answer)
    if answer is not None:
        request.POST = pending_form(answer)
    if needs_proof(request, user):
        problem = check(request, user, answer) if answer else request.session.pop(PROBLEM, "")
        if missing := missing_proof(request, user):
            return ask_for(request, user, missing, problem, was_posted)
    return redirect(request.get_full_path()) if answer and not was_posted else None


def check(request, user, sent):
    """Check the proof in `sent` and note it in the session; return what is wrong with it."""
    step = sent[STEP]
    if step == "identity" and "password" in sent:
        if authenticate(request, username=user.get_username(), password=sent["password"]) != user:
            return TOO_MANY if getattr(request, "too_many_tries", False) else WRONG_PASSWORD
        mark_identity_verified(request)
    elif step == "factor" and not is_recent(request, IDENTITY_VERIFIED_AT):
        return ""  # the first step has run out meanwhile, and is asked for again
    elif step == "factor":
        throttle = Throttle("code", request, user.pk)
        if not throttle.allows():
            return TOO_MANY
        if "passkey" in sent:
            device, wrong = passkeys.accept(request, user, sent["passkey"]), WRONG_PASSKEY
        else:
            device, wrong = second_factor.accept(user, sent.get("code", "")), WRONG_CODE
        if not device:
            return wrong
        throttle.forget()
        second_factor.mark_verified(request, device)
    return ""


def mark_identity_verified(request, at=None):
    """Note that the user proved who they are, now or `at` a time in seconds; the session gets another key."""
    request.session[IDENTITY_VERIFIED_AT] = time.time() if at is None else at
    request.session.cycle_key()


def pending_form(answer):
    """Return what the interrupted form held, as the page that asks carried it along."""
    form = QueryDict(mutable=True)
    for name, values in answer.lists():
        if name.startswith(PENDING):
            form.setlist(name.removeprefix(PENDING), values)
    form._mutable = False
    return form


def ask_for(request, user, missing, problem, was_posted):
    """Return the page that asks for `missing` proof and carries the interrupted form along."""
    fields = [(name, values) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"]
    context = {
        "step": missing,
        "problem": problem,
        "was_posted": was_posted,
        "pending": [(name, value) for name, values in fields for value in values],
        "has_files": bool(request.FILES),
        "has_password": user.has_usable_password(),
        "provider": settings.IDENTITY_PROVIDER.get("name", ""),
        "passkey_options": passkeys.options_to_give(request, user) if missing == "factor" else "",
    }
    response = render(request, "accounts/reauthenticate.html", context)
    add_never_cache_headers(response)
    return response
