"""Functions that start readings and send their forms, for the tests."""

from safeguarding.decisions import find_versions
from safeguarding.reading_start import make_ticket, start
from tests.support import builders, people

LINK_IS_SAFE = {"link_is_safe": True}


def make_reading(way="link", language="en", story=None, event=(), **fields):
    """Return a Reading of the last version of `story`, by default a new one. See start().

    `event`: what the consent of the person differs in.
    """
    story = story or people.make_story_about(people.make_agreeing_person(LINK_IS_SAFE | dict(event)))
    if not {"second_reader", "contributor"} & fields.keys():
        fields["contributor"] = story.story_people.get().contributor
    return start(find_versions(story)[-1], None, way, language=language, **fields)


def send(client, reading, code=None, **data):
    """Return the response to `data`, a form of the `reading`, or without data to its code or to `code`."""
    usual = {"ticket": make_ticket(reading, "read" if data else "code"), "code": code or reading.shown_code}
    return client.post(reading.path, usual | data)


def heading(response):
    """Return the heading of the screen."""
    return builders.parse(response).select_one(".reading h1").get_text(strip=True)


def press(client, page, label, **typed):
    """Press the button with the `label` in the form of `page`, a response. Return the next one."""
    form = builders.parse(page).select_one(".reading form")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]")}
    data |= {each["name"]: each.text.strip() for each in form.select("textarea")} | typed
    button = next(each for each in form.select("button") if label in each.get_text())
    if button.get("name"):
        data[button["name"]] = button["value"]
    return client.post(form["action"], data)
