"""Sets how many examples Hypothesis tries: a few fixed ones, or FUZZ_EXAMPLES random ones in `make drill`."""

import os

from hypothesis import HealthCheck, settings

# Tests without Hypothesis read this too, and then try more cases.
IS_THOROUGH = "FUZZ_EXAMPLES" in os.environ


def number_of_examples(otherwise):
    """Return the number in FUZZ_EXAMPLES, or `otherwise` if that variable is not set."""
    return int(os.environ.get("FUZZ_EXAMPLES", otherwise))


def thoroughly(examples):
    """Return a decorator for a test, with which Hypothesis tries this number of examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not IS_THOROUGH,
        # Fixtures are not created anew for each example. The tests' fixtures don't depend on an example.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
