"""Recognises addresses of films and recordings: on known sites, or by the ending of the file."""

from pathlib import PurePosixPath

from stories.links import split_address
from wordpress_import.names import NAMES


def kind_of(url):
    """Return "video" or "audio" if `url` is the address of a film or recording, else ""."""
    parts = split_address(url)
    if parts.scheme not in {"http", "https"}:
        return ""
    host = parts.netloc.rpartition("@")[2].partition(":")[0].lower()
    suffix = PurePosixPath(parts.path.lower()).suffix
    for kind in ("video", "audio"):
        is_known = any(host == each or host.endswith(f".{each}") for each in NAMES[f"{kind}_hosts"])
        if is_known or suffix in NAMES[f"{kind}_suffixes"]:
            return kind
    return ""
