"""Configuration of the app, and of a variant of Wagtail's app of users, which the settings install."""

from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from wagtail.users.apps import WagtailUsersAppConfig


class UsersConfig(WagtailUsersAppConfig):
    """Wagtail's app of users, with the views and forms of accounts/users.py."""

    user_viewset = "accounts.users.UserViewSet"


class AccountsConfig(AppConfig):
    name = "accounts"
    default = True  # "accounts" in INSTALLED_APPS means this class

    def ready(self):
        # These imports need the models.
        from accounts.changes import detect_access_change
        from accounts.sessions import start_session

        user_logged_in.connect(start_session, dispatch_uid="accounts")
        pre_save.connect(detect_access_change, sender=get_user_model(), dispatch_uid="accounts")
