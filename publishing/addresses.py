"""Full addresses of what is on this site."""

from urllib.parse import urljoin

from django.conf import settings
from django.utils.encoding import iri_to_uri


def absolute(address):
    """Return the full address of `address`, always at the host that the site names as its own."""
    return urljoin(settings.BASE_URL, iri_to_uri(address))
