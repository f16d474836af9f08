"""Makes chains of aliases, and a section with a page in it."""

from tests.support.builders import make_index


def chain_of(source, length):
    """Return the last of `length` aliases of `source`, each an alias of the one before."""
    for number in range(length):
        source = source.create_alias(parent=make_index(), update_slug=f"{source.slug}-{number}")
    return source


def section_with_part():
    """Return (a section, an index page in it). Neither is private yet."""
    section = make_index(make_index(), title="A section")
    return section, make_index(section, title="A part")
