"""Makes chains of aliases, and pages in a section that can be hidden."""

from tests.support.builders import make_index


def chain_of(source, length):
    """Return the last of `length` aliases of `source`, each an alias of the one before."""
    for number in range(length):
        source = source.create_alias(parent=make_index(), update_slug=f"{source.slug}-{number}")
    return source


def private_section():
    """Return (a section, an index page in it). make_private() of the section hides both."""
    section = make_index(make_index(), title="A section")
    return section, make_index(section, title="A part")
