"""A fixture for all tests: a connection to another machine is refused and fails the test."""

import ipaddress
import socket

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def no_outside_network(monkeypatch):
    """Refuse connections of Python to other machines, except that of the database, and fail the test."""
    attempts = []
    database_host = settings.DATABASES["default"].get("HOST")

    def guarded(function, host_of):
        def guard(*arguments, **options):
            host = host_of(*arguments)
            if not is_this_machine(host) and host != database_host:
                attempts.append(host)
                raise ConnectionRefusedError(f"tests may not reach {host}")
            return function(*arguments, **options)

        return guard

    def host_of_address(sock, address):
        return address[0] if sock.family in {socket.AF_INET, socket.AF_INET6} else None

    for place, name, host_of in (
        (socket.socket, "connect", host_of_address),
        (socket.socket, "connect_ex", host_of_address),
        (socket, "getaddrinfo", lambda host, *_: host),
    ):
        monkeypatch.setattr(place, name, guarded(getattr(place, name), host_of))
    yield
    if attempts:
        # The code under test may have swallowed the exception.
        pytest.fail(f"asked another machine: {', '.join(map(str, attempts))}", pytrace=False)


def is_this_machine(host):
    """Return whether `host`, a name or an address, is this machine. None means no network, so it is."""
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
