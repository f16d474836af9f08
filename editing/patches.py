"""The one function through which this project changes classes and modules of Wagtail.

Every change is listed in docs/overrides.md with its reason, and guarded by tests/editing/test_overrides.py.
"""

# (class or module, name of the attribute, original) of every patch.
patches = []


def patch(owner, name, replacement):
    """Set the attribute `name` of the class or module `owner` to `replacement`, and return the original."""
    original = getattr(owner, name)
    patches.append((owner, name, original))
    setattr(owner, name, replacement)
    return original
