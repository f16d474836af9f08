"""Generates the secrets of the services in compose.yaml that don't exist. Runs as root, before the services.

    python deploy/make_secrets.py /secrets /backups

site/ gets the secret key, a key for SAFEGUARDING_KEYS and the database password, which only the site's user
can read; database/ gets the password for the database server; front/ gets a self-signed certificate, to be
replaced by a real one. The site's user becomes the owner of the folder /backups and of the files in it, which
can come from another machine.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

SITE_USER = 10001  # user ID, as in the Dockerfile


def main(folder, backups=None):
    site, database, front = (Path(folder) / name for name in ("site", "database", "front"))
    for each in (site, database, front):
        each.mkdir(parents=True, exist_ok=True)
    # Lengths in bytes. 48 are 64 characters: SECRET_KEY needs 50. A key for SAFEGUARDING_KEYS has 32 bytes.
    for name, length in (("secret_key", 48), ("safeguarding_keys", 32)):
        if not (site / name).exists():
            write(site / name, secrets.token_urlsafe(length), 0o600, SITE_USER)
    # database/password is written last, so if it exists, the other file does too.
    if not (database / "password").exists():
        password = secrets.token_hex(24)
        write(site / "pgpass", f"database:5432:stories:stories:{password}\n", 0o600, SITE_USER)
        # Readable for all, because only the database service mounts this folder.
        write(database / "password", password, 0o444)
    if not (front / "fullchain.pem").exists():
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        files = ["-keyout", front / "privkey.pem", "-out", front / "unfinished"]
        subprocess.run([*command, *files], check=True, stderr=subprocess.DEVNULL)  # noqa: S603
        (front / "unfinished").replace(front / "fullchain.pem")
    if backups:
        # Without other rights, root can list the folder only as its owner.
        os.chown(backups, 0, 0)
        for path in (*Path(backups).iterdir(), backups):
            # The site can write here: a link of it must not open another file.
            os.chown(path, SITE_USER, SITE_USER, follow_symlinks=False)


def write(path, text, mode, user=None):
    """Write a new file with the permissions `mode` and, if this runs as root, the owner `user`.

    It appears when it is complete. A part of it, as on a full disk, would be taken for the secret ever after.
    """
    unfinished = path.with_name("unfinished")
    unfinished.unlink(missing_ok=True)
    with open(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w") as file:
        file.write(text)
        if user is not None and os.geteuid() == 0:
            os.chown(file.fileno(), user, user)
    unfinished.replace(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
