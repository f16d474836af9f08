"""Encrypt all restricted texts anew with the first key of SAFEGUARDING_KEYS."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from safeguarding.encryption import EncryptedTextField, SealedText, has_keys


class Command(BaseCommand):
    help = (
        "Encrypt all restricted texts anew with the first key of SAFEGUARDING_KEYS. Put the new key first, "
        "keep the former one behind it until this has run, and then take it out."
    )

    def handle(self, *args, **options):
        if not has_keys():
            raise CommandError("SAFEGUARDING_KEYS is not set.")
        counts = [rotate(model, fields) for model, fields in encrypted_fields()]
        done, unread = (sum(each) for each in zip(*counts, strict=True))
        self.stdout.write(f"{done} texts are encrypted with the first key.")
        if unread:
            raise CommandError(
                f"{unread} texts need a key that SAFEGUARDING_KEYS doesn't hold. They are unchanged."
            )


def encrypted_fields():
    """Yield each model with encrypted fields, and the names of these."""
    for model in apps.get_models():
        fields = [field.name for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
        if fields:
            yield model, fields


def rotate(model, fields):
    """Encrypt `fields` of all rows of `model` anew. Return (number of texts, number that no key decrypts)."""
    done = unread = 0
    # Consent's own manager refuses every change.
    rows = model._base_manager
    for key in list(rows.values_list("pk", flat=True)):
        with transaction.atomic():
            row = rows.select_for_update().filter(pk=key).only(*fields).first()
            texts = {name: getattr(row, name) for name in fields} if row else {}
            unread += sum(isinstance(text, SealedText) for text in texts.values())
            texts = {name: text for name, text in texts.items() if text}
            if texts:
                rows.filter(pk=key).update(**texts)
            done += len(texts)
    return done, unread
