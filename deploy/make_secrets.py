"""Makes what the services of compose.yaml keep from others, once: run as root before them.

    python deploy/make_secrets.py /secrets

site/ has the secret key and the database's password, for the site's user alone; database/ has the
password for the database; front/ has a certificate that nobody signed, until a real one takes its place.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

SITE_USER = 10001  # as in the Dockerfile


def main(folder):
    site, database, front = (Path(folder) / name for name in ("site", "database", "front"))
    for each in (site, database, front):
        each.mkdir(parents=True, exist_ok=True)
    if not (site / "secret_key").exists():
        write(site / "secret_key", secrets.token_urlsafe(48), 0o600, SITE_USER)
    # The file that the database reads comes last: when it is there, both are.
    if not (database / "password").exists():
        password = secrets.token_hex(24)
        write(site / "pgpass", f"database:5432:stories:stories:{password}\n", 0o600, SITE_USER)
        # Only the database's own service has this folder.
        write(database / "password", password, 0o444)
    if not (front / "fullchain.pem").exists():
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"]
        command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        files = ["-keyout", front / "privkey.pem", "-out", front / "fullchain.pem"]
        subprocess.run([*command, *files], check=True, stderr=subprocess.DEVNULL)  # noqa: S603


def write(path, text, mode, user=None):
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "w") as file:
        file.write(text)
        if user is not None and os.geteuid() == 0:
            os.chown(file.fileno(), user, user)


if __name__ == "__main__":
    main(*sys.argv[1:])
