"""Fixtures for the tests of accounts: the time, users, the second factor, and an identity provider."""

import pytest

from tests.support import builders, identity_provider
from tests.support.signing_in import NOON


@pytest.fixture
def noon(time_machine):
    """Stop the clock at NOON. Return time_machine, which moves it."""
    time_machine.move_to(NOON, tick=False)
    return time_machine


@pytest.fixture
def amina():
    """An editor, with a capital letter in the e-mail address."""
    return builders.make_user("Editors", username="amina", email="Amina@example.org")


@pytest.fixture
def admin():
    return builders.make_user(username="admin", is_superuser=True)


@pytest.fixture
def factor_required(settings):
    """Require a second factor of administrators, as production does by default. The tests' settings don't."""
    settings.SECOND_FACTOR = "ADMINISTRATORS"


@pytest.fixture
def provider(settings):
    """A running identity provider, at which the site lets users sign in."""
    with identity_provider.running() as provider:
        settings.IDENTITY_PROVIDER = {
            "issuer": provider.issuer,
            "client_id": identity_provider.CLIENT,
            "client_secret": identity_provider.SECRET,
            "name": "Our <b>school</b>",  # with markup, which pages have to escape
        }
        yield provider
