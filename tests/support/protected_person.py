"""A person with protected words of every kind, and whether a page is live, for tests of the leak check."""

from wagtail.models import Page

from tests.support.people import make_agreeing_person

# Protected words would give a person away. ORDINARY is an ordinary word too: editors are only warned of it.
NAMES, PLACE, ORDINARY, PHONE = "Bachelal Xuyimana", "Qovondo", "Rose", "+254 700 123 456"


def make_protected_person():
    """Return a person with protected words who agreed to everything."""
    words = {"protected_words": f"{PLACE}\n{ORDINARY}", "ordinary_words": ORDINARY}
    return make_agreeing_person(names=NAMES, contact=f"Sister {PHONE}", **words)


def is_live(page):
    """Return whether the stored page `page` is live."""
    return Page.objects.get(pk=page.pk).live
