"""The forms of those who are not signed in yet."""

from threading import Thread

from django.core.exceptions import ValidationError
from wagtail.admin.forms.auth import LoginForm, PasswordResetForm

from site_project.signing_in.throttle import TOO_MANY, Throttle


class SignInForm(LoginForm):
    """Wagtail's, which says when there were too many tries."""

    def get_invalid_login_error(self):
        if getattr(self.request, "too_many_tries", False):
            return ValidationError(TOO_MANY, code="too_many_tries")
        return super().get_invalid_login_error()


class ResetForm(PasswordResetForm):
    """Wagtail's, whose answer is the same, and comes as soon, whether or not anybody has the address."""

    def save(self, request=None, **options):
        if Throttle("reset", request, self.cleaned_data["email"]).allows():
            super().save(request=request, **options)

    def send_mail(self, *arguments, **options):
        # A mail server takes its time.
        Thread(target=super().send_mail, args=arguments, kwargs=options, name="reset mail").start()
