"""What the database keeps about attempts to sign in, and the passkeys of users."""

from django.db import models
from django_otp.models import Device


class LoginAttempt(models.Model):
    """How many recent attempts count for one name, one address, or one name from one address.

    Only a keyed hash of the name and the address is stored.
    """

    digest = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    last = models.DateTimeField()

    class Meta:
        verbose_name = "login attempt"
        verbose_name_plural = "login attempts"

    def __str__(self):
        return self.digest


class Passkey(Device):
    """The public half of a WebAuthn credential. The private half never leaves the user's device."""

    # As browsers write it: base64url of up to 1023 bytes.
    credential_id = models.CharField(max_length=1364, unique=True)
    public_key = models.BinaryField()
    # Some authenticators count their uses, so that a copy is noticed. Others always say 0.
    sign_count = models.PositiveBigIntegerField(default=0)
