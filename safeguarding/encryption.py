"""Encryption of restricted texts, such as names and contacts, with the keys of SAFEGUARDING_KEYS.

The first key encrypts, and all of them decrypt. Without a key, and for a text that no key decrypts, the site
goes on working: the field then holds an `UnreadableText`, which is empty, and is stored again unchanged.
"""

from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

# Every Fernet token begins with these: its version, and the first bytes of the time, which are zero.
TOKEN_PREFIX = "gAAAAA"  # noqa: S105


class UnreadableText(str):
    """An empty string that stands for a text that can't be decrypted. `token` is the encrypted text."""

    __slots__ = ("token",)

    def __new__(cls, token):
        text = super().__new__(cls)
        text.token = token
        return text


def has_keys():
    """Return whether there is a key, so that restricted texts can be stored."""
    return bool(settings.SAFEGUARDING_KEYS)


def fernet():
    return MultiFernet([Fernet(key) for key in settings.SAFEGUARDING_KEYS])


def encrypt(text):
    """Return the token of `text`. Raises ValidationError without a key."""
    if isinstance(text, UnreadableText):
        return text.token
    if not text:
        return ""
    if not has_keys():
        raise ValidationError(_("The key for restricted texts is missing, so this can't be stored."))
    return fernet().encrypt(text.encode()).decode()


def decrypt(token):
    """Return the text of `token`, or an UnreadableText if no key decrypts it."""
    if not token:
        return ""
    if has_keys():
        with suppress(InvalidToken):
            return fernet().decrypt(token.encode()).decode()
    return UnreadableText(token)


class EncryptedTextField(models.TextField):
    """A text that is encrypted in the database, and in what `dumpdata` writes. No query can search in it."""

    def from_db_value(self, value, _expression, _connection):
        return None if value is None else decrypt(value)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return None if value is None else encrypt(value)

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj))

    def to_python(self, value):
        # `loaddata` passes the token that `dumpdata` wrote.
        if isinstance(value, str) and value.startswith(TOKEN_PREFIX):
            return decrypt(value)
        return super().to_python(value)

    def get_lookup(self, lookup_name):
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if value and not has_keys():
            encrypt(value)  # it raises the error
