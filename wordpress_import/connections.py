"""Opens connections to public addresses only, each to the very address that was checked.

Otherwise an export could have the server ask for files of the network that it is in.
"""

import contextlib
import http.client
import ipaddress
import socket

PORTS = {"http": 80, "https": 443}
# Seconds to wait for a host: to connect, and for each of the bytes that it sends.
TIMEOUT = 10
# The addresses of one name that are tried.
MAX_ADDRESSES = 3
# The public addresses of IPv6. Most that stand for addresses of IPv4, such as ::ffff:127.0.0.1, are outside.
# `is_global` is false for the others, those of 6to4 and Teredo.
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# Machines at Azure get data about themselves from this address, which looks public.
AZURE_METADATA = ipaddress.ip_address("168.63.129.16")


class FetchError(Exception):
    """Raised if a file can't be fetched. Its text is the reason, for the report."""


def resolve(host):
    """Return the IP addresses of `host` as strings, the preferred one first. Raises OSError if it has none.

    Raises UnicodeError if `host` can't be a name.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [address[0] for *_others, address in found]


def is_public(address):
    """Return whether `address`, an IP address as a string, is one of the public internet."""
    parsed = ipaddress.ip_address(address)
    if parsed.version == 6 and parsed not in GLOBAL_UNICAST:
        return False
    return parsed.is_global and not parsed.is_multicast and parsed != AZURE_METADATA


def find_addresses(host):
    """Return the IP addresses of `host`. Raises FetchError if one of them is not public."""
    try:
        addresses = resolve(host)
    except (OSError, UnicodeError):
        raise FetchError("its host was not found") from None
    if not addresses or not all(map(is_public, addresses)):  # all() of none would be True
        raise FetchError("its host has an address that is not public")
    return list(dict.fromkeys(addresses))[:MAX_ADDRESSES]


class PublicConnection(http.client.HTTPConnection):
    """A connection to `host`. `context`: the SSLContext for HTTPS, which checks the certificate, or None.

    The name is resolved once. So it can't have another address when the connection is made.
    """

    def __init__(self, host, context=None):
        port = PORTS["https" if context else "http"]
        super().__init__(host, port, timeout=TIMEOUT)
        self.default_port = port  # The header Host names no port.
        self.context = context
        # `opened`: the socket, for stop(). http.client sets `sock` to None before the body is read.
        self.opened, self.is_stopped = None, False

    def connect(self):
        """Connect to the first of the addresses that answers. Raises FetchError, or OSError if none does."""
        for address in find_addresses(self.host):
            try:
                self.sock = socket.create_connection((address, self.port), self.timeout)
                break
            except OSError as error:
                failure = error
        else:
            raise failure
        if self.context:
            self.sock = self.context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
        self.opened = self.sock  # before the handshake, so that stop() can end that too
        if self.is_stopped:
            raise TimeoutError  # stop() was called before there was anything to end.
        if self.context:
            self.sock.do_handshake()

    def stop(self):
        """End the connection, from another thread. Whoever reads from it gets no more bytes."""
        self.is_stopped = True
        if self.opened:
            with contextlib.suppress(OSError):
                self.opened.shutdown(socket.SHUT_RDWR)
