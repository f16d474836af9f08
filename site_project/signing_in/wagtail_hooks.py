"""Wagtail's users are invited."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.widgets import Button

from site_project.signing_in.invitations import invite, invite_again


@hooks.register("after_create_user")
def invite_new_user(request, user):
    user.set_unusable_password()
    user.save(update_fields=["password"])
    return invite(request, user)


@hooks.register("register_admin_urls")
def invitation_urls():
    return [path("users/invite/<int:pk>/", invite_again, name="invite_again")]


@hooks.register("register_user_listing_buttons")
def invite_again_button(user, request_user):
    if user.is_active and not user.has_usable_password():
        yield Button(_("Invite again"), url=reverse("invite_again", args=[user.pk]), icon_name="mail")
