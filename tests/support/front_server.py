"""Runs nginx with deploy/nginx.conf in a temporary folder, by deploy/front as in a container."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.support import services

DEPLOY = Path(__file__).parents[2] / "deploy"
CONFIGURATION = DEPLOY / "nginx.conf"
# The main nginx.conf, which includes that of the site as those of distributions do.
MAIN_CONFIGURATION = """
worker_processes 1; pid {folder}/pid; {user}
error_log stderr notice;
events {{}}
http {{ types {{ text/html html; }} {temporary} include {folder}/etc/nginx/conf.d/*.conf; }}
"""
# Kinds of temporary files of nginx, each in a folder.
TEMPORARY = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"]
PATIENCE = 30  # seconds to start


def nginx_program(install=True):
    """Return the path of nginx; if it is missing and `install` is true, install it. Raises Missing."""
    everywhere = f"{os.environ['PATH']}:/usr/sbin:/opt/homebrew/bin"
    if not shutil.which("nginx", path=everywhere) and install:
        services.install_debian_packages("nginx-light")
    if path := shutil.which("nginx", path=everywhere):
        return path
    raise services.Missing("no nginx here: install it (Debian's package is nginx-light)")


@contextmanager
def running(
    program, upstream, served, certificate=None, scheme="$scheme", more="", letsencrypt=None, variables=None
):
    """Context manager that runs nginx in front of the site, and yields its port and the folder of its logs.

    Arguments:
        program: the path of nginx.
        upstream: the address of the site, such as "127.0.0.1:8000", or a list of addresses of replicas.
        served: the folder `served` in the data folder of the site.
        certificate: the folder with a certificate for HTTPS. Without it, nginx uses HTTP.
        scheme: the value of X-Forwarded-Proto.
        more: further lines for the `server` block.
        letsencrypt: the folder of certbot.
        variables: those of deploy/front.
    """
    port = services.free_port()
    replicas = [upstream] if isinstance(upstream, str) else upstream
    with tempfile.TemporaryDirectory(prefix="tests-nginx-") as name:
        folder = Path(name)
        replaced = {
            "default $scheme;": f"default {scheme};",
            # A line of the `server` block, after which the further lines are added.
            "    server_tokens off;": f"    server_tokens off;\n{more}",
            "/var/cache/nginx/": f"{folder}/",
            "/var/log/nginx/": f"{folder}/",
            "root /data/served;": f"root {served};",
            "alias /data/served/media/;": f"alias {served}/media/;",
            "root /var/www/acme;": f"root {folder}/acme;",
        }
        if certificate:
            replaced |= {"    listen 80;\n": "", "listen 443 ssl": f"listen 127.0.0.1:{port} ssl"}
        else:
            replaced |= {"listen 80;": f"listen 127.0.0.1:{port};", "    listen 443 ssl http2;": "    #"}
            replaced |= {"    ssl_certificate": "    # ssl_certificate"}
        for place in ("etc/nginx/conf.d", "run", "deploy"):
            (folder / place).mkdir(parents=True)
        (folder / "etc/nginx/certificates").symlink_to(certificate or folder)
        (folder / "etc/letsencrypt").symlink_to(letsencrypt or folder)
        # The certificate's folder must have files, even if nginx doesn't read them.
        (folder / "fullchain.pem").write_text("none")
        (folder / "privkey.pem").write_text("none")
        places = {place: f"{folder}{place}" for place in ("/etc/", "/run/", "/deploy/")}
        script = with_replaced((DEPLOY / "front").read_text(), places | {"sleep 5": "sleep 0.1"})
        (folder / "front").write_text(script)
        text = with_replaced(CONFIGURATION.read_text(), replaced)
        (folder / "deploy/nginx.conf").write_text(text.replace("/etc/nginx/", f"{folder}/etc/nginx/"))
        main = MAIN_CONFIGURATION.format(folder=folder, user=user_line(), temporary=temporary_paths(folder))
        (folder / "etc/nginx/nginx.conf").write_text(main)
        path = f"{Path(program).parent}:{os.environ['PATH']}"
        variables = {
            "PATH": path,
            "base_url": "https://localhost",
            "upstreams": ",".join(replicas),
        } | (variables or {})
        # In a session of its own, so that the script's loop ends with nginx.
        with subprocess.Popen(["sh", folder / "front"], env=variables, start_new_session=True) as process:
            try:
                wait_for(port, process)
                yield port, folder
            finally:
                with suppress(ProcessLookupError):  # it stopped by itself
                    os.killpg(process.pid, signal.SIGTERM)


def temporary_paths(folder):
    return " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in TEMPORARY)


def user_line():
    """Return a line for nginx.conf: for root, workers stay root and can write into the test's folder."""
    return "user root;" if os.geteuid() == 0 else ""


def with_replaced(text, replaced):
    """Return `text` with the keys of `replaced` replaced by its values. Each key must occur."""
    for old, new in replaced.items():
        assert old in text, f"{old} is not in the file"
        text = text.replace(old, new)
    return text


def wait_for(port, process):
    """Wait until `process` listens on `port`. Raises ConnectionRefusedError if it ends or takes too long."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
