"""Functions that make addresses from editors and other sites safe to use."""

from urllib.parse import urlsplit


def split_address(address):
    """Return urlsplit() of `address`, stripped, or of an empty string if it is malformed, as `http://[x`."""
    try:
        return urlsplit(address.strip())
    except ValueError:
        return urlsplit("")


def web_address(address):
    """Return `address` when its scheme is http or https, else "". Also "" for None.

    Any other scheme is refused, because browsers run the rest of a `javascript:` address as a script.
    """
    return address if str(address).lower().startswith(("https://", "http://")) else ""
