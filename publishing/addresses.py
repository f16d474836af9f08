"""Absolute URLs of this site."""

from urllib.parse import urljoin

from django.conf import settings
from django.utils.encoding import iri_to_uri


def absolute(address):
    """Return the absolute URL of `address`: a path gets the host of BASE_URL, a full URL keeps its own."""
    return urljoin(settings.BASE_URL, iri_to_uri(address))
