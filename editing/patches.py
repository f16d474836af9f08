"""The one function that replaces attributes of Wagtail's classes and modules (and one of django-filter).

Every patch is listed in docs/overrides.md with its reason, and guarded by tests/editing/test_overrides.py.
"""

# (class or module, name of the attribute, original) of every patch.
patches = []


def patch(owner, name, replacement):
    """Set the attribute `name` of the class or module `owner` to `replacement`, and list it in `patches`."""
    patches.append((owner, name, getattr(owner, name)))
    setattr(owner, name, replacement)
