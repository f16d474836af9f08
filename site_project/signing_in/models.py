"""What is known of those who try to sign in."""

from django.db import models
from django_otp.models import Device


class Tries(models.Model):
    """How often somebody tried lately: one name, or one address, of which only a keyed hash is stored."""

    digest = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    last = models.DateTimeField()

    class Meta:
        verbose_name = "tries to sign in"
        verbose_name_plural = "tries to sign in"

    def __str__(self):
        return self.digest


class Passkey(Device):
    """The public half of a key that stays on somebody's phone, computer or stick: nothing to steal here."""

    # As browsers write it: base64url of up to 1023 bytes.
    credential_id = models.CharField(max_length=1364, unique=True)
    public_key = models.BinaryField()
    # Some count how often they were used, so that a copy is noticed. Others always say 0.
    sign_count = models.PositiveBigIntegerField(default=0)
