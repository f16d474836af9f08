"""How thoroughly tests try made-up input: always the same examples, or FUZZ_EXAMPLES of them, by chance."""

import os

from hypothesis import HealthCheck, settings


def number_of_examples(otherwise):
    """Return FUZZ_EXAMPLES, or the number `otherwise` when it is not set."""
    return int(os.environ.get("FUZZ_EXAMPLES", otherwise))


def thoroughly(examples):
    """Return the decorator of a test that tries so many examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        # A fixture stays the same for all examples: those here keep nothing of one.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
