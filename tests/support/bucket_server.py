"""Runs a server with the API of S3, for tests of a bucket."""

import subprocess
import sys
from contextlib import contextmanager

from tests.support import front_server, services


@contextmanager
def running():
    """Context manager that yields the environment variables with which boto3 reaches a new server."""
    port = services.free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            front_server.wait_for(port, server)
            keys = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
            place = {"AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
            yield keys | place
        finally:
            server.terminate()
