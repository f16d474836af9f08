"""The authentication backend: it limits the attempts to sign in with a password, from every form."""

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied

from accounts.throttle import Throttle, log_failure


class ThrottledBackend(ModelBackend):
    """Django's ModelBackend behind the limits of accounts/throttle.py."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        throttle = Throttle("password", request, username)
        if not throttle.allow_attempt():
            request.is_throttled = True  # the forms that ask for the password then say why
            raise PermissionDenied  # Django's authenticate() then asks no other backend, and returns None
        user = super().authenticate(request, username, password, **kwargs)
        if user:
            throttle.record_success()
        else:
            log_failure("password")
        return user
