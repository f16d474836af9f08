"""A lead sees what changed since she decided about a story, and repeats her decisions with one button."""

import pytest
from django.urls import reverse
from modelcluster.models import get_all_child_relations
from wagtail.models import GroupCollectionPermission, Workflow

from media.cleaning import CleanFile
from media.models import CleanImage
from publishing import pages, people
from safeguarding.models import Decision
from safeguarding.policies import GROUP
from tests.support.builders import make_image, make_user, parse, picture_bytes, save_with
from tests.support.people import ALL_AGREED, days_from_today, decide, make_agreeing_person, make_story_about

BEFORE = "She came home, and her sister was there."
GUARDIAN = {"given_by": "guardian", "proceedings": True}


@pytest.fixture
def story(lead):
    """A draft about a child in proceedings. `lead` decided about both, and two words changed since."""
    child = make_agreeing_person(GUARDIAN, kind="child", adult_on=days_from_today(900))
    picture = {"lead_image": make_image(shows="place"), "lead_image_alt": "A lamp"}
    page = make_story_about(child, live=False, summary=BEFORE, **picture)
    save(page)
    for ground in ("child", "proceedings"):
        decide(page, child, ground)
    Decision.objects.update(revision=page.latest_revision, decided_by=lead.user)
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
    """Press “Still right”, whether it is there or not. Return the decisions that are new."""
    known = set(Decision.objects.values_list("pk", flat=True))
    data = {"still_right": "1", "digest": page.get_latest_revision_as_object().people_digest}
    client.post(reverse("safeguarding_decisions:page", args=[page.pk]), data)
    return list(Decision.objects.exclude(pk__in=known).order_by("ground"))


def test_two_changed_words_take_two_steps(story, lead):
    [link] = [a for a in parse(lead.get("/admin/")).select("li > a") if "Waits since" in a.parent.text]
    page = parse(lead.get(link["href"]))
    marked = [each.text for each in page.select(".comparison .deletion, .comparison .addition")]
    assert marked == ["her sister", "his brother"], "only what changed is marked"
    earlier = Decision.objects.earliest("pk")
    for each, ground in zip(press(lead, story), ("child", "proceedings"), strict=True):
        assert (each.ground, each.reason, each.ends_on) == (ground, earlier.reason, earlier.ends_on)
        assert (each.revision, each.decided_by) == (story.latest_revision, lead.user)
        assert each.decided_at > earlier.decided_at
    story.refresh_from_db()
    story.latest_revision.publish()
    assert type(story).objects.published().filter(pk=story.pk)


def replace_picture(*_):
    save_with(CleanImage.objects.get(), file=CleanFile(picture_bytes(50, 50), ".png"))


def overwrite(*_):
    """Put other words into the version that was decided about, as an autosave does."""
    version = Decision.objects.earliest("pk").revision
    version.content["summary"] = "He fled to Thies."
    version.save()


def answer_again(story, _lead):
    story.story_people.get().contributor.consents.create(**ALL_AGREED | GUARDIAN)


# {what happened since the decision: (function, whether something is compared, what “Still right” repeats)}
SINCE = {
    "picture replaced": (replace_picture, False, []),
    "overwritten": (overwrite, False, []),
    "answered again": (answer_again, True, ["child"]),
    "by the lead": (lambda story, lead: save(story, lead.user, summary="He fled to Thies."), True, []),
    "ended": (lambda *_: Decision.objects.update(ends_on=days_from_today(-1)), True, []),
    "others decided": (lambda *_: Decision.objects.update(decided_by=make_user(GROUP)), False, []),
}


@pytest.mark.parametrize("name", SINCE)
def test_only_what_still_counts_and_is_seen_is_repeated(story, lead, name):
    change, is_compared, expected = SINCE[name]
    change(story, lead)
    page = opened(lead, story)
    assert bool(page.select(".comparison")) == is_compared
    assert bool(page.select("[name=still_right]")) == bool(expected)
    assert [each.ground for each in press(lead, story)] == expected


@pytest.mark.sqlite_only
def test_changed_pictures_are_shown_to_a_lead_who_may_not_choose_them(story, lead):
    other = make_image("Village", shows="place", size=(60, 40))
    body = [{"type": "pictures", "value": {"pictures": [{"image": {"image": other.pk, "alt_text": "x"}}]}}]
    save(story, body=body, lead_image=other)
    GroupCollectionPermission.objects.all().delete()
    shown = [each["src"] for each in opened(lead, story).select(".comparison img")]
    assert shown.count(other.renditions.get(filter_spec="max-165x165").url) == 2


@pytest.mark.sqlite_only
def test_comparison_has_every_field_that_a_decision_is_about(lead, rf):
    for page_type in pages.page_types():
        page = page_type()
        panels = page.get_edit_handler().get_bound_panel(instance=page, request=rf.get("/"), form=None)
        compared = {each.args[0].name for each in panels.get_comparison()}
        decided = {"title", "seo_title", "search_description"} | {
            each.name for each in page._meta.local_fields if not people.is_option(each)
        }
        decided |= {each.get_accessor_name() for each in get_all_child_relations(page)}
        assert decided - people.NO_CONTENT_RELATIONS - compared == set(), page_type
