"""The one function that replaces attributes of Wagtail's classes and modules (and one of django-filter).

Every patch is listed in docs/overrides.md with its reason, and guarded by
tests/editing/overrides/test_overrides.py.
"""

# (class or module, name of the attribute, original) of every patch.
patches = []


def patch(owner, name):
    """Return a decorator of the function or class that replaces the attribute `name` of `owner`.

    `owner`: a class or a module. What is replaced becomes the attribute `original` of the replacement, and is
    listed in `patches`.
    """

    def replace(replacement):
        replacement.original = getattr(owner, name)
        patches.append((owner, name, replacement.original))
        setattr(owner, name, replacement)
        return replacement

    return replace
