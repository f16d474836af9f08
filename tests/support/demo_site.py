"""A site with the demonstration, as the measurements and the pictures of the documentation need it."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running_demo(*commands, settings="site_project.settings"):
    """Give the address of a running site with the demonstration, and its data folder, gone afterwards.

    `commands` are what manage.py does before, besides; `settings` is the module of the site's settings.
    """
    with tempfile.TemporaryDirectory(prefix="demo-site-") as folder:
        # Who comes before the server is ready waits: the socket is open already when it starts.
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = os.environ | {"TRY_OUT": "1", "DATA_DIR": folder, "BASE_URL": address}
        environment |= {"DJANGO_SETTINGS_MODULE": settings, "LOG_LEVEL": "WARNING"}
        environment.pop("DATABASE_URL", None)
        for words in ["migrate -v0", "load_demo", *commands]:
            # Standard output is for what was measured.
            command = [sys.executable, "manage.py", *words.split()]
            subprocess.run(command, env=environment, stdout=sys.stderr, check=True)
        server = [sys.executable, "-m", "gunicorn", "site_project.wsgi", "--threads", "4"]
        server += ["--bind", f"fd://{listener.fileno()}", "--log-level", "warning", "--no-control-socket"]
        with subprocess.Popen(server, env=environment, pass_fds=[listener.fileno()]) as site:
            listener.close()  # a server that stopped is not waited for
            try:
                yield address, Path(folder)
            finally:
                site.terminate()
