"""Fixtures: a client of a lead, a person, and a data folder."""

from tests.safeguarding.conftest import data_dir, lead, person  # noqa: F401
