"""The check that makes an address from an editor safe to use in a link's `href`."""


def web_address(address):
    """Return `address` when its scheme is http or https, else "".

    Any other scheme is refused, because browsers run the rest of a `javascript:` address as a script.
    """
    return address if str(address).lower().startswith(("https://", "http://")) else ""
