"""Wagtail hooks for users: invitations, second factors, the account page, and who may change whom."""

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets import Button
from wagtail.permissions import register_permission_policy

from accounts import second_factor
from accounts.forms import PasswordPanel
from accounts.invitations import invite, invite_again
from accounts.sessions import end_sessions
from accounts.users import EmailPanel, UserPolicy, may_change
from accounts.views import reset_second_factor
from safeguarding.policies import sees_names

register_permission_policy(get_user_model(), UserPolicy(get_user_model()))


@hooks.register("after_create_user")
def invite_new_user(request, user):
    # The form has no password (WAGTAILUSERS_PASSWORD_ENABLED), so the user was stored with an empty one.
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return invite(request, user)


@hooks.register("before_edit_user")
def refuse_to_edit(request, user):
    if not may_change(request.user, user) and not sees_names(request.user):
        raise PermissionDenied


@hooks.register("before_bulk_action")
def refuse_bulk_action_on_superusers(request, _action_type, objects, action):
    # Not may_change(): to delete users needs another permission than to change them.
    is_limited = action.model is get_user_model() and not request.user.is_superuser
    if is_limited and any(user.is_superuser for user in objects):
        raise PermissionDenied


@hooks.register("after_bulk_action")
def end_sessions_of_inactive_users(_request, action_type, users, action):
    # The bulk action sends no pre_save, with which accounts/changes.py does this.
    if action_type == "set_active_state" and not action.cleaned_form.cleaned_data["mark_as_active"]:
        for user in users:
            end_sessions(user)


@hooks.register("register_admin_urls")
def user_urls():
    return [
        path("users/invite/<int:pk>/", invite_again, name="invite_again"),
        path("users/second-factor/<int:pk>/", reset_second_factor, name="reset_second_factor"),
    ]


@hooks.register("register_user_listing_buttons")
def user_buttons(user, request_user):
    if not may_change(request_user, user):
        return
    if user.is_active and not user.has_usable_password():
        yield Button(_("Invite again"), url=reverse("invite_again", args=[user.pk]), icon_name="mail")
    if second_factor.has_factor(user):
        address = reverse("reset_second_factor", args=[user.pk])
        yield Button(_("Forget phone, passkeys and codes"), url=address, icon_name="lock")


hooks.register("register_account_settings_panel", EmailPanel)
hooks.register("register_account_settings_panel", PasswordPanel)


@hooks.register("register_account_menu_item")
def offer_second_factor(request):
    if second_factor.has_factor(request.user):
        return {
            "url": reverse("my_second_factors"),
            "label": _("Second step"),
            "help_text": _("The passkeys and the app that are asked for besides the password."),
        }
    return {
        "url": reverse("second_factor"),
        "label": _("Protect your account"),
        "help_text": _("Besides the password, have a code from your phone or a passkey asked for."),
    }
