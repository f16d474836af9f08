"""Recognises descriptions that are paths or names of files, which programs write into documents."""

import re

# A name with the suffix of a picture or document, perhaps of a copy, as in "a.jpg (1)"; paths of Windows,
# macOS and Linux; shared folders, also those of SharePoint and OneDrive (/personal/); addresses. A single "/"
# divides words: "and/or".
PATH_OR_FILE = re.compile(
    r"""\.(jpe?g|jfif|jpe|png|apng|heic|heif|avif|gif|bmp|dib|tiff?|webp|svg|emf|wmf|eps|ai|indd|psd|ico|raw|dng|cr2|nef|arw
        |pdf|docx?|docm|dotx?|xlsx?|xlsm|csv|odt|ods|odp|odg|rtf|pptx?|pages|numbers|key|txt|html?|mp4|mov|zip)
        (\s*\(\d+\)|\s*-\s*copy)?\s*$
    |\b[a-z]:[\\/]|\\\\|~/|file:|://|\bmacintosh\ hd\b|\w:users:|\bsharepoint\.com\b|/personal/
    |(^|\s)(/[^/\s]+){2,}""",
    re.IGNORECASE | re.VERBOSE,
)


def is_not_path(value):
    """Return whether `value` has no path, file name or address in it."""
    return not PATH_OR_FILE.search(value)
