from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self):
        # These need the models.
        from django.contrib.auth import get_user_model
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import pre_save

        from accounts.changes import watch_user
        from accounts.sessions import note_start

        user_logged_in.connect(note_start, dispatch_uid="accounts")
        pre_save.connect(watch_user, sender=get_user_model(), dispatch_uid="accounts")
