"""Fields of stories that must not be public: for each condition about people, a story that violates it."""

import json

from django.utils import timezone

from media.cleaning import CleanFile
from media.models import CleanImage
from safeguarding import scopes, uses
from stories.terms import Author
from tests.support.builders import SOMEBODY, film_block, make_image, picture_bytes
from tests.support.people import answer, days_from_today, decide, make_agreeing_person, make_person, rows_of

CHILD, GROUP = {"kind": "child"}, {"kind": "group"}
NOT_ADULT_YET = {"kind": "adult", "adult_on": days_from_today(50)}
GUARDIAN, WITHDRAWN = {"given_by": "guardian"}, {"event": "withdrawn"}


def about(person, naming=scopes.Naming.CHANGED, **fields):
    """Return the fields of a story that lists `person`, together with `fields`."""
    return fields | {"people": "listed", "story_people": rows_of(person, naming=naming)}


def pictured(*people, **fields):
    """Return the fields of a story whose lead picture shows `people`. `fields`: those of the image."""
    image = make_image(shows=CleanImage.Shows.PERSON_IN_STORY, **fields)
    image.people.set(people)
    return {"lead_image": image, "lead_image_alt": "Somebody"}


def not_as_agreed(level, **fields):
    """Return the fields of a story with a picture of a person who agreed to pictures of `level` only."""
    person = make_agreeing_person({"picture": level})
    return about(person, **pictured(person, **fields))


def child(event=(), naming=scopes.Naming.CHANGED, is_pictured=False, fields=CHILD):
    """Return the fields of a story about a child, or a group that may have some.

    `event`: what differs in the guardian's consent. `fields`: those of the person.
    """
    person = make_agreeing_person(GUARDIAN | dict(event), **fields)
    return about(person, naming, **(pictured(person) if is_pictured else {}))


def heard(fields, voice, *others):
    """Return `fields` of a story with a film in which its person, and `others`, are heard as in `voice`."""
    people = [row.contributor for row in fields.get("story_people", ())]
    return fields | {"body": [film_block(voice, *people, *others)]}


def one_of_two_withdrew():
    person, other = make_agreeing_person(), make_agreeing_person(WITHDRAWN)
    return about(person) | {"story_people": rows_of(person, other)}


def child_and_picture():
    return child() | {"lead_image": make_image("Replaced", shows="place"), "lead_image_alt": "A place"}


def proposed():
    """Return the fields of a story about a person whose consent is only proposed."""
    answers = {"given_by": "self", "picture": "2", "naming": "2", "where": ["website", "languages"]}
    answers |= {"given_on": str(days_from_today(-10))}
    answers |= dict.fromkeys(("proceedings", "in_programme", "final_text"), "no")
    return about(make_person(proposal=json.dumps(answers), proposed_at=timezone.now()))


def somebody_else(people):
    """Return the fields of a story with the answer `people` and a picture of somebody who is not in it."""
    return {"people": people, "lead_image": make_image(shows="other"), "lead_image_alt": "Somebody"}


def relabelled():
    """Return the fields of a story with a picture that was said to show somebody, and shows a place now."""
    image = make_image(shows="other")
    image.shows = "place"
    image.save()
    return about(make_agreeing_person(), lead_image=image, lead_image_alt="A place")


def uploaded_again():
    """Return the fields of a story with a picture whose file is also that of a picture of somebody."""
    make_image(shows="other")
    file = CleanFile(picture_bytes(color=SOMEBODY), ".png")
    image = CleanImage.objects.create(title="Again", file=file, shows="place")
    return {"people": "none", "lead_image": image, "lead_image_alt": "A place"}


# {name of a condition: function that returns the fields of a story. Only this condition is not met for it}.
CONDITIONS = {
    "not decided": lambda: {"people": ""},
    "nobody chosen": lambda: {"people": "listed"},
    "somebody in the list of nobody": lambda: about(make_agreeing_person()) | {"people": "none"},
    "nobody, with a picture of somebody": lambda: somebody_else("none"),
    "nobody could tell, with a picture of somebody": lambda: somebody_else("unknown"),
    "nobody could tell, and not said why": lambda: {"people": "unknown"},
    "relabelled picture": relabelled,
    "file of a picture of somebody": uploaded_again,
    "no consent": lambda: about(make_person()),
    "proposal not confirmed": proposed,
    # An editor added the person, and nobody has asked yet.
    "placeholder": lambda: about(make_person(kind="", label="the woman in the market")),
    "not known whether it is a child": lambda: about(make_agreeing_person(kind="")),
    "ended": lambda: about(make_agreeing_person({"ends_on": days_from_today(-1)})),
    "withdrawn": lambda: about(make_agreeing_person(WITHDRAWN)),
    # A lead pressed "Take down now" for the person.
    "held": lambda: about(make_agreeing_person(held_since=timezone.now())),
    "not this website": lambda: about(make_agreeing_person({"where": ["print"]})),
    "name not answered": lambda: about(make_agreeing_person(), naming=None),
    "name not agreed": lambda: about(make_agreeing_person({"naming": scopes.Naming.NONE})),
    "no picture agreed": lambda: not_as_agreed(scopes.Picture.NONE, is_recognisable=False),
    "recognisable": lambda: not_as_agreed(scopes.Picture.NOT_RECOGNISABLE),
    "voice not agreed": lambda: heard(about(make_agreeing_person({"voice": scopes.Voice.ALTERED})), "2"),
    "altered voice not agreed": lambda: heard(about(make_agreeing_person({"voice": scopes.Voice.NONE})), "1"),
    "voices not answered": lambda: about(make_agreeing_person()) | {"body": [film_block("")]},
    "nobody chosen who is heard": lambda: about(make_agreeing_person()) | {"body": [film_block("1")]},
    "somebody is heard who is not": lambda: heard(about(make_agreeing_person()), "0"),
    "heard without being listed": lambda: heard(about(make_agreeing_person()), "1", make_agreeing_person()),
    "on the picture without consent": lambda: pictured(make_person()) | {"people": "none"},
    "proceedings not asked": lambda: about(make_agreeing_person({"proceedings": None})),
    "proceedings": lambda: about(make_agreeing_person({"proceedings": True})),
    "programme not asked": lambda: about(make_agreeing_person({"in_programme": None})),
    "programme": lambda: about(make_agreeing_person({"in_programme": True})),
    "child without guardian": lambda: child({"given_by": "self"}),
    "child recognisable": lambda: child(is_pictured=True),
    "child by voice": lambda: heard(child(), "2"),
    "child by name": lambda: child(naming=scopes.Naming.REAL),
    "not an adult yet": lambda: child(naming=scopes.Naming.REAL, fields=NOT_ADULT_YET),
    "child without decision": child,
    "group with children": lambda: child(fields=GROUP | {"has_children": True}),
    "group not asked about children": lambda: child(fields=GROUP),
    "one of two people withdrew": one_of_two_withdrew,
    "final text not asked": lambda: about(make_agreeing_person({"final_text": ""})),
    "not read": lambda: about(make_agreeing_person({"final_text": "yes"})),
    "read an earlier version": lambda: about(make_agreeing_person({"final_text": "yes"})),
    "said no": lambda: about(make_agreeing_person()),
    "picture replaced since the decision": child_and_picture,
    "author renamed since the decision": lambda: child() | {"authors": ["Staff"]},
}


# Those of them that hold although somebody decided to publish a story about a child.
DECIDED = {f"child {how}" for how in ("without guardian", "recognisable", "by voice", "by name")}
DECIDED.add("not an adult yet")


def change_after_decision(name, page):
    """If the condition `name` is about a page with a decision, record it, and change what it is about.

    If it is that nobody could tell who is in the picture, say why. If it is about a reading, record that.
    """
    if name.startswith("nobody could tell, with"):
        uses.Release.objects.filter(page=page.pk).update(reason="It is told without places.")
    if name in {"read an earlier version", "said no"}:
        answer(page, page.story_people.get().contributor, agrees=name != "said no")
    if name == "read an earlier version":
        page.search_description = "It was told anew."
        page.save(clean=False)
        page.save_revision(clean=False)
    if name in DECIDED or "since the decision" in name:
        decide(page, page.story_people.get().contributor, "child")
    if "since the decision" not in name:
        return
    if name.startswith("picture"):
        changed = CleanImage.objects.get(title="Replaced")
        changed.file = CleanFile(picture_bytes(50, 50), ".png")
    else:
        changed = Author.objects.get()
        changed.name = "Amina"
    changed.save()
