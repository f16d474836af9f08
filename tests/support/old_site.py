"""An old site for tests of the import from WordPress: a web server, and replacements for DNS and time."""

import datetime
import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.requests import in_thread

# The address of the server. It differs from 127.0.0.1, so that tests can let only this one count as public.
ADDRESS = "127.0.0.2"
# The original functions. A fixture of all tests replaces them to refuse connections to other machines.
getaddrinfo, connect = socket.getaddrinfo, socket.socket.connect


class OldSite(ThreadingHTTPServer):
    """A web server. `files`: {path: (status, headers, bytes)}. `requests`: (path, headers, time) of all.

    `clock`: the Clock that gives the times.
    """

    def __init__(self, clock):
        super().__init__((ADDRESS, 0), Handler)
        self.files, self.requests, self.clock = {}, [], clock

    def add(self, path, data=b"", status=200, **headers):
        """Serve `data` at `path`. `headers`: by their names, with "_" for "-"."""
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        self.files[path] = status, {"Content-Length": len(data)} | headers, data

    def running(self):
        """Return a context manager during which the server answers."""
        return in_thread(self)

    def use_tls(self, certificate):
        """Speak HTTPS with the key and certificate in the file `certificate`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request, client_address):
        """Say nothing about clients that refuse the certificate."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append((self.path, dict(self.headers), self.server.clock.now))
        if self.path == "/wp-content/uploads/slow.jpg":  # a response whose headers never end
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self.rfile.read()  # until the client goes away
            return
        status, headers, data = self.server.files.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        """Print nothing."""


class Clock:
    """Replaces the module `time`. sleep() returns at once, and moves the clock forward."""

    now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Network:
    """Replaces DNS and sockets: resolves names from a table, and records connections.

    `names`: {name: list of its addresses, one list for each time that it is asked; the last one stays}.
    `connected`: the addresses to which a socket was to connect. All but that of the OldSite refuse.
    """

    def __init__(self):
        self.names, self.connected = {}, []

    def resolve(self, host):
        """Take the place of resolve() in wordpress_import/connections.py.

        A host that is not in `names` has to be an IP address.
        """
        if answers := self.names.get(host):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        return [address[0] for *_others, address in self.look_up(host, None, type=socket.SOCK_STREAM)]

    def look_up(self, *arguments, **options):
        """Take the place of socket.getaddrinfo. It reads IP addresses in any form, and no names."""
        return getaddrinfo(*arguments, **options | {"flags": socket.AI_NUMERICHOST})

    def connect(self, sock, address):
        """Take the place of socket.connect."""
        self.connected.append(address[0])
        if address[0] != ADDRESS:
            raise ConnectionRefusedError
        return connect(sock, address)


def write_certificate(path, name):
    """Write a key and a certificate for `name`, signed by itself, into the file `path`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now, day = datetime.datetime.now(datetime.UTC), datetime.timedelta(days=1)
    new = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    new = new.not_valid_before(now - day).not_valid_after(now + day)
    new = new.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = new.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
