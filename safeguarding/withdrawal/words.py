"""The search for words that give a person away."""

import re

from safeguarding.encryption import SealedText


def words_of(contributor):
    """Return the protected words and the names of `contributor` as a list; [] without the key."""
    texts = [contributor.protected_words, contributor.names]
    found = [word.strip() for text in texts for word in re.split(r"[\n,;]", text)]
    return [word for word in found if word]


def are_sealed(contributor):
    """Return whether there are words that can't be read, so that nothing is found."""
    return any(isinstance(text, SealedText) for text in (contributor.protected_words, contributor.names))


def mentions(words, texts):
    """Return whether one of `words` is a whole word in one of `texts`."""
    if not words:
        return False
    pattern = "|".join(rf"(?<!\w){re.escape(word.casefold())}(?!\w)" for word in words)
    # A slug joins words by hyphens.
    return any(re.search(pattern, form) for text in texts for form in forms_of(str(text).casefold()))


def forms_of(text):
    return text, re.sub(r"[-_/]+", " ", text)
