"""Does the same with several objects. One that fails does not hold up the others."""

import logging

logger = logging.getLogger(__name__)


def do_for_each(objects, function):
    """Call `function` with each of the model instances `objects`. Raise an error at the end if some fail."""
    failed = 0
    for each in objects:
        try:
            function(each)
        except Exception:
            failed += 1
            # The key only, because the text of an object can be a name.
            logger.exception("%s %s failed.", each._meta.label, each.pk)
    if failed:
        raise RuntimeError(f"{failed} objects failed.")
