"""The forms that ask for a password, or send a link to choose one."""

from threading import Thread

from django.core.exceptions import ValidationError
from wagtail.admin.forms.auth import LoginForm, PasswordChangeForm, PasswordResetForm
from wagtail.admin.views.account import ChangePasswordPanel

from accounts.throttle import TOO_MANY, Throttle


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


class NewPasswordForm(PasswordChangeForm):
    """Wagtail's, which counts tries to guess the old password together with those to sign in."""

    request = None

    def clean_old_password(self):
        throttle = Throttle("password", self.request, self.user.get_username())
        if not throttle.allows():
            raise ValidationError(TOO_MANY, code="too_many_tries")
        password = super().clean_old_password()
        throttle.forget()
        return password


class PasswordPanel(ChangePasswordPanel):
    """Wagtail's, which asks for its form several times in a request: that is one try."""

    form_class = NewPasswordForm

    def is_active(self):
        return self.user.has_usable_password()

    def get_form(self):
        if not hasattr(self.request, "password_form"):
            self.request.password_form = super().get_form()
            self.request.password_form.request = self.request
        return self.request.password_form
