"""Fetches files that the copy of the uploads folder lacks from the old site or WordPress.com, slowly."""

import contextlib
import http.client
import ssl
import tempfile
import threading
import time
import weakref
from contextlib import closing
from urllib.parse import urljoin

from django.conf import settings
from django.utils.encoding import iri_to_uri

from stories.links import split_address
from wordpress_import.connections import PORTS, FetchError, PublicConnection
from wordpress_import.export import PHOTON, VARIANT

# WordPress.com serves the uploads of its sites under such a host.
WORDPRESS_COM = ".files.wordpress.com"
# Seconds between two requests, and for one request at most.
INTERVAL, MAX_SECONDS = 0.5, 60
MAX_REDIRECTS = 3
REDIRECTS = {301, 302, 303, 307, 308}
NOT_THERE = {404, 410}
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; import_wordpress)", "Connection": "close"}


class Fetcher:
    """Fetches files of the old site of `export`, an Export, and holds those of one item until the next.

    It sends no cookies and no credentials, and uses no proxy. The files are held in a temporary file without
    a name, so nothing of them stays if the import is killed.
    """

    def __init__(self, export):
        self.export = export
        upload_hosts = set().union(*export.uploads.values())
        hosts = export.hosts | {each for each in upload_hosts if each.endswith(WORDPRESS_COM)}
        self.hosts = hosts | {f"www.{host}" for host in hosts}
        self.context = ssl.create_default_context()
        self.next_request = time.monotonic()
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the Fetcher
        weakref.finalize(self, self.file.close)
        self.places = {}  # {path: (start, end)} in the temporary file

    def forget(self):
        """Forget all files."""
        self.places.clear()
        self.file.truncate(0)

    def read(self, path):
        """Return the bytes of the file at `path`, which was fetched."""
        start, end = self.places[path]
        self.file.seek(start)
        return self.file.read(end - start)

    def check(self, path, url):
        """Raise FetchError unless the file at `path` below the uploads folder may be fetched from `url`."""
        parts = split_address(url)
        host = parts.netloc.lower()
        if parts.scheme not in PORTS:
            raise FetchError("its address does not begin with http or https")
        if "@" in host or ":" in host:
            raise FetchError("its address has a password or a port")
        # For Photon, path_key() reads the host of the old site in the path.
        is_own = host in self.hosts or PHOTON.fullmatch(host)
        if not is_own or self.export.path_key(url) != path:
            raise FetchError("it is not on the old site")

    def refusal(self, path, url):
        """Return the reason why the file at `path` can't be fetched, or "". It sends no request.

        `url`: its address in an item.
        """
        if not self.candidates(path, url):
            try:
                self.check(path, url)
            except FetchError as error:
                return str(error)
        return ""

    def candidates(self, path, url):
        """Return the addresses of the file at `path` that may be asked, the best one first.

        These are that of the attachment, that of the original of the picture at `url`, and `url`.
        """
        parts = split_address(url)._replace(query="", fragment="")
        original = parts._replace(path=VARIANT.sub("", parts.path))
        found = [*self.export.urls_of(path), original.geturl(), parts.geturl()]
        allowed = []
        for each in dict.fromkeys(found):
            with contextlib.suppress(FetchError):
                self.check(path, each)
                allowed.append(each)
        return allowed

    def fetch(self, path, url):
        """Fetch the file at `path`, for read(). Raises FetchError.

        It is called only for files against which refusal() has no reason, so there is an address to ask.
        """
        reasons = []
        for address in self.candidates(path, url):
            try:
                data = self.follow(path, address)
            except FetchError as error:
                reasons.append(error)
                continue
            start = self.file.seek(0, 2)  # the end
            self.file.write(data)
            self.places[path] = (start, start + len(data))
            return
        raise reasons[0]  # that of the best address

    def follow(self, path, url):
        """Return the bytes of the file at `url`, or where it redirects to. Raises FetchError."""
        for _request in range(MAX_REDIRECTS + 1):
            self.check(path, url)
            data, location = self.request(url)
            if location is None:
                return data
            try:
                url = urljoin(url, location)
            except ValueError:
                raise FetchError("the old site redirects to a malformed address") from None
        raise FetchError("the old site redirects too often")

    def request(self, url):
        """Return (bytes, None) of the file at `url`, or (None, where it redirects to). Raises FetchError."""
        parts = split_address(url)
        context = self.context if parts.scheme == "https" else None
        try:
            connection = PublicConnection(parts.netloc.lower(), context)
        except http.client.InvalidURL:
            raise FetchError("its host was not found") from None
        timer = threading.Timer(MAX_SECONDS, connection.stop)
        self.wait()
        timer.start()
        try:
            connection.request(
                "GET", iri_to_uri(parts._replace(scheme="", netloc="").geturl()), headers=HEADERS
            )
            with closing(connection.getresponse()) as response:
                found = read_response(response)
        except (OSError, http.client.HTTPException, ValueError):
            if not connection.is_stopped:
                raise FetchError("its host gave no proper answer") from None
        finally:
            timer.cancel()
            connection.close()
        if connection.is_stopped:  # stop() ends a request with or without an error.
            raise FetchError("its host took too long")
        return found

    def wait(self):
        """Wait until the next request may be made."""
        time.sleep(max(0, self.next_request - time.monotonic()))
        self.next_request = time.monotonic() + INTERVAL


def read_response(response):
    """Return (bytes, None) of the file in `response`, or (None, where it redirects to). Raises FetchError."""
    location = response.headers["Location"]
    if response.status in REDIRECTS and location:
        return None, location
    if response.status in NOT_THERE:
        raise FetchError("the old site does not have it")
    if response.status != http.client.OK:
        raise FetchError(f"the old site answered with the error {response.status}")
    if response.headers.get_content_type() == "text/html":
        raise FetchError("the old site sent a web page in its place")
    # One byte more than is allowed, so that what cleans it sees that it is too large. Documents have the same
    # limit as pictures.
    data = response.read(settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE + 1)
    # `length` is the number of bytes that are still to come.
    if response.length and len(data) <= settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE:
        raise FetchError("its end is missing")
    return data, None
