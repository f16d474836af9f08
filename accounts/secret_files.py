"""Secrets that the site generates and keeps in files of its data folder."""

import os
import secrets
from contextlib import suppress


def get_or_create_secret(path, random_bytes=48):
    """Return the secret in the file `path`, which is created if it is missing.

    `random_bytes` is the length of a new secret before it is encoded in base64. The default gives 64
    characters; a secret key needs 50.
    """
    with suppress(FileExistsError):
        write_private(path, secrets.token_urlsafe(random_bytes))
    return path.read_text()


def write_private(path, text):
    """Write `text` into a new file that only its owner can read. Raises FileExistsError if it exists."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)
