"""Runs a site with the demo stories, for benchmarks."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager


@contextmanager
def running_demo(*first, settings):
    """Context manager that runs a site with the demo, and yields its address.

    `first`: commands of manage.py to run before the demo is loaded, as text. Loading it renders its pages, to
    make renditions. `settings`: the module with the settings.
    """
    with tempfile.TemporaryDirectory(prefix="demo-site-") as folder:
        # The socket is open before the server starts, so requests wait until it is ready.
        listener = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        environment = os.environ | {"TRY_OUT": "1", "DATA_DIR": folder, "BASE_URL": address}
        environment |= {"DJANGO_SETTINGS_MODULE": settings, "LOG_LEVEL": "WARNING"}
        environment.pop("DATABASE_URL", None)
        for words in ["migrate -v0", *first, "load_demo"]:
            # Standard output is for the measurements.
            command = [sys.executable, "manage.py", *words.split()]
            subprocess.run(command, env=environment, stdout=sys.stderr, check=True)
        server = [sys.executable, "-m", "gunicorn", "site_project.wsgi", "--threads", "4"]
        server += ["--bind", f"fd://{listener.fileno()}", "--log-level", "warning", "--no-control-socket"]
        with subprocess.Popen(server, env=environment, pass_fds=[listener.fileno()]) as site:
            listener.close()  # so that a request fails if the server has stopped
            try:
                yield address
            finally:
                site.terminate()
