"""Wagtail's forms for signing in, for resetting and for changing a password, with throttled attempts."""

from threading import Thread

from django.core.exceptions import ValidationError
from wagtail.admin.forms.auth import LoginForm, PasswordChangeForm, PasswordResetForm
from wagtail.admin.views.account import ChangePasswordPanel

from accounts.throttle import TOO_MANY, Throttle


class SignInForm(LoginForm):
    """Wagtail's sign-in form with a message of its own for a throttled attempt."""

    def get_invalid_login_error(self):
        if getattr(self.request, "is_throttled", False):  # set by ThrottledBackend
            return ValidationError(TOO_MANY, code="throttled")
        return super().get_invalid_login_error()


class ResetForm(PasswordResetForm):
    """Wagtail's form for a forgotten password, with a limit on the e-mails that it sends.

    Neither the response nor its time tells whether an account has the address.
    """

    def save(self, request=None, **options):
        if Throttle("reset", request, self.cleaned_data["email"]).allow_attempt():
            super().save(request=request, **options)

    def send_mail(self, *arguments, **options):
        # In another thread: the time that the mail server takes would tell that the account exists.
        Thread(target=super().send_mail, args=arguments, kwargs=options, name="reset mail").start()


class NewPasswordForm(PasswordChangeForm):
    """Wagtail's form for a new password. It counts the old password as an attempt to sign in."""

    request = None  # set by PasswordPanel

    def clean_old_password(self):
        throttle = Throttle("password", self.request, self.user.get_username())
        if not throttle.allow_attempt():
            raise ValidationError(TOO_MANY, code="throttled")
        password = super().clean_old_password()
        throttle.record_success()
        return password


class PasswordPanel(ChangePasswordPanel):
    """Wagtail's panel of the account page, with NewPasswordForm."""

    form_class = NewPasswordForm

    def is_active(self):
        # Wagtail's method also asks for WAGTAIL_PASSWORD_MANAGEMENT_ENABLED, which is off so that
        # Wagtail's own panel is not shown.
        return self.user.has_usable_password()

    def get_form(self):
        # Wagtail calls this several times in a request, which must count as one attempt.
        if not hasattr(self.request, "password_form"):
            self.request.password_form = super().get_form()
            self.request.password_form.request = self.request
        return self.request.password_form
