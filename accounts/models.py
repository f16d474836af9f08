"""The models of accounts: counts of attempts to sign in, and users' passkeys."""

from django.db import models
from django_otp.models import Device


class LoginAttempt(models.Model):
    """The number of recent attempts for one name, one network address, or one name from one address.

    Each kind of attempt has its own counts: `purpose` in accounts/throttle.py. `digest` is a keyed hash of
    the kind and the name or address, which are not stored themselves.
    """

    shows_on_pages = False
    digest = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    last = models.DateTimeField()  # when an attempt was last counted

    def __str__(self):
        return self.digest


class Passkey(Device):
    """The public key of a WebAuthn credential. The private key never leaves the user's device.

    The base class of django-otp has the user, the name, and `confirmed`. This site stores only confirmed
    devices. Checks ask for `confirmed` all the same, as those of django-otp do.
    """

    shows_on_pages = False
    # base64url of at most 1023 bytes, the limit of WebAuthn.
    credential_id = models.CharField(max_length=1364, unique=True)
    public_key = models.BinaryField()
    # How often the authenticator was used, by its own count: a lower number reveals a copy of it. Some
    # authenticators always send 0.
    sign_count = models.PositiveBigIntegerField(default=0)
