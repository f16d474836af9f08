"""Checks at the start whether SAFEGUARDING_KEYS holds the keys that this database was written with."""

import sys

from django.db import DatabaseError

from safeguarding.encryption import has_keys
from safeguarding.journal import KeyCheck

TEXT = "readable"


def refuse_wrong_keys():
    """End the program if no key decrypts the text in KeyCheck. The first start with a key writes that text.

    Without keys, without a database and before the migrations there is nothing to check.
    """
    if not has_keys():
        return
    try:
        row, _created = KeyCheck.objects.get_or_create(pk=1, defaults={"text": TEXT})
    except DatabaseError:
        return
    if row.text != TEXT:  # A text that no key decrypts is empty.
        sys.exit(
            "SAFEGUARDING_KEYS holds another key than the one that this database was written with. "
            "Set that key, or none: the site then runs without the restricted fields."
        )
