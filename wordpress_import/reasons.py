"""The reasons why an editor has to look at an imported page, in the language of whoever reads them.

A reason is stored in English, and marked with gettext_noop() where it is given. One about a certain file,
address or number is stored as a list of two: the text with "%s", and what stands there.
"""

from django.utils.translation import gettext


def sentence(reason):
    """Return `reason` as a sentence in the active language."""
    if isinstance(reason, str):
        return gettext(reason)
    text, value = reason
    return gettext(text).replace("%s", str(value))
