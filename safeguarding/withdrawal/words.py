"""Returns the names and words of a person who withdraws, and searches texts for addresses of pages."""

import re
from urllib.parse import unquote

from safeguarding.encryption import UnreadableText
from safeguarding.leak_check.words import FIELDS, words_of_person

# The fields whose words are kept until no held story and no other text has one.
KEPT_FIELDS = ("names", "protected_words", "ordinary_words")


def terms_of(contributor):
    """Return the set of Terms for the names and words of `contributor`. Without the key it is empty."""
    words = () if has_unreadable_words(contributor) else words_of_person(contributor)
    return {word.term for word in words}


def has_unreadable_words(contributor):
    """Return whether a name or word of `contributor` can't be decrypted. terms_of() is empty then."""
    return any(isinstance(getattr(contributor, name), UnreadableText) for name in FIELDS)


def has_path(paths, texts):
    """Return whether one of `paths`, decoded paths of pages, is in one of `texts`."""
    wanted = "|".join(re.escape(path.rstrip("/")) for path in paths if path.strip("/"))
    if not wanted:
        return False
    # Not the beginning of the address of another page.
    address = re.compile(rf"(?:{wanted})(?![\w-])")
    return any(address.search(unquote(str(text))) for text in texts)
