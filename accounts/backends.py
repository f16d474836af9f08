"""How names and passwords are checked, whichever form they come from."""

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied

from accounts.throttle import Throttle


class ThrottledBackend(ModelBackend):
    """Django's own, which is asked only so often for a name, and from an address."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if username is None or password is None:
            return None
        throttle = Throttle("password", request, username)
        if not throttle.allows():
            if request:
                request.too_many_tries = True  # for the form, which else knows of wrong passwords only
            raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user:
            throttle.forget()
        return user
