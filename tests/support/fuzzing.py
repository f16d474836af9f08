"""Settings of Hypothesis: by default the same examples each time, or FUZZ_EXAMPLES random ones."""

import os

from hypothesis import HealthCheck, settings


def number_of_examples(otherwise):
    """Return the number in FUZZ_EXAMPLES, or `otherwise` if that variable is not set."""
    return int(os.environ.get("FUZZ_EXAMPLES", otherwise))


def thoroughly(examples):
    """Return a decorator for a test, with which Hypothesis tries this number of examples."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        # Fixtures are not created anew for each example. The tests' fixtures don't depend on an example.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
