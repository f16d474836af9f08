"""Command that encrypts all restricted texts, such as names, anew with the first key of SAFEGUARDING_KEYS."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from safeguarding.encryption import EncryptedTextField, UnreadableText, has_keys
from safeguarding.journal import KeyCheck
from safeguarding.keys import TEXT


class Command(BaseCommand):
    help = (
        "Encrypt all names, contacts and reasons anew with the first key of SAFEGUARDING_KEYS. "
        "After that, the other keys can be taken out of the variable."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--delete-unreadable",
            action="store_true",
            help="when a key is lost for good: delete the texts that no key decrypts",
        )

    @transaction.atomic
    def handle(self, *args, **options):
        if not has_keys():
            raise CommandError("SAFEGUARDING_KEYS is not set.")
        number = failed = 0
        for model, names in encrypted_fields():
            # The default managers of some models refuse to change rows.
            for row in model._base_manager.select_for_update(no_key=True).order_by("pk"):
                texts = {name: getattr(row, name) for name in names}
                unreadable = [name for name, text in texts.items() if isinstance(text, UnreadableText)]
                failed += len(unreadable)
                if options["delete_unreadable"]:
                    texts |= dict.fromkeys(unreadable, "")
                # Storing a text encrypts it with the first key.
                model._base_manager.filter(pk=row.pk).update(**texts)
                number += 1
        if failed and not options["delete_unreadable"]:
            problem = f"{failed} texts are encrypted with a key that is missing. Nothing was changed."
            raise CommandError(problem)
        # The row may be missing, and --delete-unreadable may have emptied its text.
        KeyCheck.objects.update_or_create(pk=1, defaults={"text": TEXT})
        self.stdout.write(f"{number} rows are encrypted with the first key.")


def encrypted_fields():
    """Yield (model, names of its encrypted fields) of each model that has some."""
    for model in apps.get_models():
        names = [field.name for field in model._meta.local_fields if isinstance(field, EncryptedTextField)]
        if names:
            yield model, names
