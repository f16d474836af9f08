from django.apps import AppConfig


class SigningInConfig(AppConfig):
    name = "site_project.signing_in"
    label = "signing_in"

    def ready(self):
        # These need the models.
        from django.contrib.auth import get_user_model
        from django.contrib.auth.signals import user_logged_in
        from django.db.models.signals import pre_save

        from site_project.signing_in.changes import watch_user
        from site_project.signing_in.sessions import note_start

        user_logged_in.connect(note_start, dispatch_uid="signing_in")
        pre_save.connect(watch_user, sender=get_user_model(), dispatch_uid="signing_in")
