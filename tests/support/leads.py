"""Form data that a safeguarding lead sends in the admin: for a new person, and for decisions.

A safeguarding lead keeps the records of the people in stories, and decides in doubtful cases.
"""

from django.urls import reverse

from safeguarding.models import Contributor
from tests.support import builders, people

# A word that only restricted fields contain.
SECRET = "Amina-of-the-tests"
# Valid data for the form about what a person agreed to, and for that of the person.
ANSWERS = {"given_on": "2026-01-31", "given_by": "self", "where": ["website", "print"]}
ANSWERS |= dict.fromkeys(("picture", "voice", "naming"), "1")
ANSWERS |= dict.fromkeys(("proceedings", "in_programme", "final_text", "stop_code"), "no")
ANSWERS |= {"talked_through": ["explained", "interpreter"], "evidence_held_at": f"{SECRET} cupboard"}
PERSON = {"kind": "adult", "role": "tells", "adult_on": "", "names": f"{SECRET} Otieno"}
PERSON |= {"contact": f"{SECRET} +254 700 000 000", "safe_contact_note": f"Only by {SECRET}"}
# The form for a new person.
ADD = "/admin/safeguarding/people/new/"


def add(client, **answers):
    """Send the forms for a new person and the consent as a lead; return the response to the second one."""
    client.post(ADD, PERSON | answers)
    person = Contributor.objects.latest("pk")
    return client.post(address(person, "consent"), ANSWERS | {"ends_on": ""} | answers)


def address(person, name):
    """Return the address of the view `name` for `person`."""
    return reverse(f"safeguarding_people:{name}", args=[person.pk])


def errors_of(response):
    """Return {name of the field: text of the error} for a form. Errors of the whole form have the name ""."""
    page = builders.parse(response)
    fields = page.select("[data-contentpath]")
    found = {each["data-contentpath"]: each.select_one(".error-message") for each in fields}
    found[""] = page.select_one(".messages .error")
    return {name: error.get_text(" ", strip=True) for name, error in found.items() if error}


def make_live_story(change, **fields):
    """Return a live story that needs a decision, because its person's answers changed by `change`."""
    person = people.make_agreeing_person()
    story = people.make_story_about(person, **fields)
    people.record(person, **people.ALL_AGREED | change)
    return story


def send_decision(client, story, **fields):
    """Send the form for the first question about `story`; return the response.

    If there is no question that the user may decide, return the page without a form.
    """
    page = reverse("safeguarding_decisions:page", args=[story.pk])
    opened = client.get(page)
    form = builders.parse(opened)
    if not form.select_one("[name=question]"):
        return opened
    return client.post(page, decision_data(form) | fields, follow=True)


def decision_data(form):
    """Return the data that a lead sends for the first question of `form`, an HTML tree."""
    data = {name: form.select_one(f"[name={name}]")["value"] for name in ("digest", "question")}
    return data | {"reason": "It was weighed.", "ends_on": str(people.days_from_today(30)), "has_read": "on"}
