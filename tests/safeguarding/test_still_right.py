"""A lead sees what changed since she decided about a story, and repeats her decisions with one button."""

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from modelcluster.models import get_all_child_relations
from wagtail.models import GroupCollectionPermission, Workflow

from media.cleaning import CleanFile
from media.models import CleanImage
from safeguarding.models import Decision
from safeguarding.policies import GROUP
from stories.checked_pages import CheckedPageMixin
from stories.people import NO_CONTENT, NO_CONTENT_RELATIONS, values_of
from tests.support.builders import make_image, make_user, parse, picture_bytes
from tests.support.people import ALL_AGREED, days_from_today, make_agreeing_person, make_story_about, record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

BEFORE = "She came home, and her sister was there."
GUARDIAN = {"given_by": "guardian", "proceedings": True}


@pytest.fixture
def story(lead):
    """A draft about a child in proceedings. `lead` decided about both, and two words changed since."""
    child = make_agreeing_person(GUARDIAN, kind="child", adult_on=days_from_today(900))
    image = make_image("Lamp", shows="place")
    page = make_story_about(child, live=False, lead_image=image, lead_image_alt="A lamp")
    save(page, summary=BEFORE)
    for ground in ("child", "proceedings"):
        Decision.objects.create(
            page=page,
            revision=page.latest_revision,
            contributor=child,
            ground=ground,
            reason="Weighed",
            ends_on=days_from_today(30),
            decided_by=lead.user,
        )
    save(page, summary=BEFORE.replace("her sister", "his brother"))
    Workflow.objects.get().start(page, page.latest_revision.user)
    return page


def save(page, user=None, **fields):
    for name, value in fields.items():
        setattr(page, name, value)
    page.save_revision(user=user or make_user("Editors"), log_action=True, clean=False)


def opened(client, page):
    return parse(client.get(reverse("safeguarding_decisions:page", args=[page.pk])))


def press(client, page):
    """Open the page, press “Still right” if it is there, and return the grounds of what was repeated."""
    form = opened(client, page)
    known = set(Decision.objects.values_list("pk", flat=True))
    data = {"still_right": "1", "digest": page.get_latest_revision_as_object().people_digest}
    client.post(reverse("safeguarding_decisions:page", args=[page.pk]), data)
    made = list(Decision.objects.exclude(pk__in=known).order_by("ground"))
    assert bool(made) == bool(form.select("[name=still_right]")), "the button is there if it does something"
    return made


def test_two_changed_words_take_two_steps(story, lead):
    [link] = [a for a in parse(lead.get("/admin/")).select("li > a") if "Waits for" in a.parent.text]
    page = parse(lead.get(link["href"]))
    marked = [each.text for each in page.select(".comparison .deletion, .comparison .addition")]
    assert marked == ["her sister", "his brother"], "only what changed is marked"
    made = press(lead, story)
    assert [each.ground for each in made] == ["child", "proceedings"]
    earlier = Decision.objects.earliest("pk")
    for each in made:
        assert (each.reason, each.ends_on) == (earlier.reason, earlier.ends_on)
        assert (each.revision, each.decided_by) == (story.latest_revision, lead.user)
        assert each.digest == story.people_digest
        assert each.decided_at > earlier.decided_at
    story.refresh_from_db()
    story.latest_revision.publish()
    assert Client().get(story.url).status_code == 200


def replace_picture(_story, _lead):
    image = CleanImage.objects.get()
    image.file = CleanFile(picture_bytes(50, 50), ".png")
    image.save()


def overwrite(story, _lead):
    """Put other words into the version that was decided about, as an autosave does."""
    first = Decision.objects.earliest("pk").revision
    first.content["summary"] = "He fled to Thies."
    first.save()


def answer_again(story, _lead):
    record(story.story_people.get().contributor, **ALL_AGREED | GUARDIAN)


def write_much(story, lead):
    save(story, lead.user, summary="He fled to Thies, with all of them, one night in March.")


# {what happened since the decision: (function, grounds of what “Still right” repeats)}
SINCE = {
    "picture replaced": (replace_picture, []),
    "version overwritten": (overwrite, []),
    "version deleted": (lambda *_: Decision.objects.earliest("pk").revision.delete(), []),
    "answered again": (answer_again, ["child"]),
    "the lead wrote it": (write_much, []),
    "ended": (
        lambda *_: Decision.objects.filter(ground="child").update(ends_on=days_from_today(-1)),
        ["proceedings"],
    ),
    "somebody else decided": (lambda *_: Decision.objects.update(decided_by=make_user(GROUP)), []),
    "the same again": (lambda story, _lead: save(story, summary=BEFORE), None),
}


@pytest.mark.parametrize("name", SINCE)
def test_only_what_is_seen_to_be_the_same_is_repeated(story, lead, name):
    change, expected = SINCE[name]
    change(story, lead)
    page = opened(lead, story)
    assert bool(page.select(".comparison")) == (bool(expected) or name == "the lead wrote it")
    assert [each.ground for each in press(lead, story)] == (expected or [])


def test_changed_pictures_are_shown_to_a_lead_who_may_not_choose_them(story, lead):
    other = make_image("Village", shows="place", size=(60, 40))
    body = [{"type": "pictures", "value": {"pictures": [{"image": {"image": other.pk, "alt_text": "x"}}]}}]
    save(story, body=body, lead_image=other)
    GroupCollectionPermission.objects.all().delete()
    page = opened(lead, story)
    shown = [each.get("src") for each in page.select(".comparison img")]
    rendition = other.renditions.get(filter_spec="max-165x165").url
    assert len(shown) == 3
    assert shown.count(rendition) == 2, "in place of the lead picture, and in the body"


@pytest.mark.sqlite_only
def test_comparison_has_every_field_that_a_decision_is_about(lead, rf):
    for page_type in (each for each in apps.get_models() if issubclass(each, CheckedPageMixin)):
        page = page_type()
        panels = page.get_edit_handler().get_bound_panel(instance=page, request=rf.get("/"), form=None)
        compared = {each.args[0].name for each in panels.get_comparison()}
        relations = {each.get_accessor_name() for each in get_all_child_relations(page)}
        decided = {"title", "seo_title", "search_description"} | values_of(page, NO_CONTENT).keys()
        decided |= relations - NO_CONTENT_RELATIONS
        assert decided - compared == set(), page_type
