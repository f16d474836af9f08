"""Checks for each address of the app `safeguarding` which users may open it."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from safeguarding import policies, scopes
from safeguarding.models import Contributor, RestrictedView, Withdrawal
from tests.support import builders, people, routes

# A lead is a member of the group Safeguarding.
# Only to leads the views show what is stored, so only with them the database makes a difference.
OTHERS = ["lead without second factor", "visitor", "helper", "editor", "moderator", "administrator"]
ROLES = ["lead", *(pytest.param(role, marks=pytest.mark.sqlite_only) for role in OTHERS)]
# The roles that may open the chooser of people. All other routes are for leads only. Their names are in
# tests/editing/access/test_admin_routes.py.
WHO_EDITS = {"editor", "moderator", "administrator", "lead"}
SECRET = "Amina-of-the-tests"
# test_placeholders.py tests who sees the label.
RESTRICTED = {*Contributor.RESTRICTED_FIELDS} - {"label"}


def safeguarding_routes():
    """Return {name: pattern} of the routes of `safeguarding` that answer GET."""
    names = ("safeguarding", "people_chooser")
    found = {name: pattern for name, pattern, _route in routes.all_routes() if name.startswith(names)}
    # test_leak_guesses.py and tests/editing/people/test_people_panel.py test who may post to the first two,
    # and test_showing.py who opens the third.
    for name in ("allow", "ask", "reader"):
        del found[f"safeguarding_decisions:{name}"]
    # test_showing.py tests who opens these.
    return {name: pattern for name, pattern in found.items() if not name.startswith("safeguarding_readings")}


def address_of(name, pattern, person, story):
    key = story.pk if name.startswith("safeguarding_decisions") else person.pk
    if name == "safeguarding_withdrawals:report":
        key = Withdrawal.objects.get_or_create(contributor=person, code=person.code)[0].pk
    address = reverse(name, kwargs={"pk": key} if "<" in pattern else {})
    return f"{address}?id={person.pk}" if name.endswith("chosen_multiple") else address


def client_of(role, settings):
    """Return a client in which a user with `role` is signed in, with a password alone.

    Leads need a second factor too, except in development (LOCAL).
    """
    settings.LOCAL = "without" not in role
    client = Client()
    if role != "visitor":
        groups = {"editor": ["Editors"], "moderator": ["Moderators"], "administrator": [], "helper": []}
        user = builders.make_user(*groups.get(role, [policies.GROUP]), is_superuser=role == "administrator")
        if role == "helper":  # somebody who may open the admin, and edit no page
            user.user_permissions.add(Permission.objects.get(codename="access_admin"))
        client.force_login(user)
    return client


@pytest.mark.parametrize("role", ROLES)
def test_who_opens_what(role, settings):
    person = people.make_agreeing_person({"evidence_held_at": SECRET}, **dict.fromkeys(RESTRICTED, SECRET))
    story = people.make_story_about(person, naming=scopes.Naming.REAL, title="About somebody")
    client = client_of(role, settings)
    opened, shown = {}, {}
    for name, pattern in safeguarding_routes().items():
        address = address_of(name, pattern, person, story)
        answers = [client.get(address), client.post(address, {"reason": "check"})]
        opened[name] = answers[0].status_code == 200
        refusals = {(answer.status_code, answer.headers.get("Location")) for answer in answers}
        assert opened[name] or len(refusals) == 1, f"{name} takes what others post"
        shown[name] = [SECRET in answer.text for answer in answers]
        assert not shown[name][1] or "no-store" in answers[1]["Cache-Control"]
    for name, is_opened in opened.items():
        assert is_opened == (role in (WHO_EDITS if name.startswith("people_chooser") else {"lead"})), name
    shows = {"safeguarding_people:restricted", "safeguarding_people:print"} if role == "lead" else set()
    assert {name for name, found in shown.items() if any(found)} == shows
    assert not any(found[0] for found in shown.values()), "a name is shown only after a reason was sent"
    # Each look of a lead is recorded, also that at the list of a withdrawal, which has no name here. No
    # request has added or deleted a person.
    assert RestrictedView.objects.count() == (3 if shows else 0)
    assert Contributor.objects.count() == 1


@pytest.mark.sqlite_only
def test_menu_and_first_page(settings):
    # One lead, or none, is too few. Each row adds a user, so there are 0, 0, 1, 2 and 3 leads. Editors and
    # moderators don't see the warning.
    rows = [("moderator", False), ("administrator", True), ("lead", True)]
    for role, warned in [*rows, ("lead without second factor", False), ("lead", False)]:
        page = client_of(role, settings).get("/admin/").text
        assert ("/admin/safeguarding/people/" in page) == (role == "lead")
        assert ("Needs you today: people in stories" in page) == (role == "lead")
        assert ("The safeguarding team is small" in page) == warned, role
