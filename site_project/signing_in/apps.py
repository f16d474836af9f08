from django.apps import AppConfig


class SigningInConfig(AppConfig):
    name = "site_project.signing_in"
    label = "signing_in"

    def ready(self):
        from django.contrib.auth.signals import user_logged_in  # it needs the models

        from site_project.signing_in.sessions import note_start

        user_logged_in.connect(note_start, dispatch_uid="signing_in")
