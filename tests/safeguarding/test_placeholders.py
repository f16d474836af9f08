"""People whom editors add where they write: who sees the label, what checks it, and when it is deleted."""

import datetime

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from publishing.trash import move_to_trash
from safeguarding.leak_check.hits import count_today
from safeguarding.models import Contributor
from safeguarding.policies import GROUP
from safeguarding.status import Status
from safeguarding.withdrawal.carry_out import make_plan, withdraw
from stories.models import StoryPage
from tests.support.admin_world import Section, make_section_editors
from tests.support.builders import make_image, make_index, make_story, make_user, parse, story_form
from tests.support.people import make_agreeing_person, make_person, make_story_about, people_fields, rows_of
from tests.support.protected_person import NAMES, make_protected_person

pytestmark = pytest.mark.django_db

LABEL = "the woman in the market, called Zainab here"
CREATE, RESULTS = reverse("people_chooser:create"), reverse("people_chooser:choose_results")


def make_placeholder(label=LABEL):
    return make_person(kind="", label=label)


def days_later(number):
    return time_machine.travel(timezone.now() + datetime.timedelta(days=number), tick=False)


def edit(client, story, action=None, **fields):
    """Send the form of the page editor for `story`. `action`: as for story_form()."""
    form = story_form(action, title=story.title, slug=story.slug, **people_fields(story) | fields)
    return client.post(reverse("wagtailadmin_pages:edit", args=[story.pk]), form)


def test_editor_adds_a_person_and_submits_at_once_and_only_publishing_waits(client):
    index, user = make_index(), make_user("Editors")
    client.force_login(user)
    assert "This field is required" in client.post(CREATE, {"label": " "}).json()["htmlFragment"]
    added = client.post(f"{CREATE}?multiple=1", {"label": LABEL}).json()["result"]
    person = Contributor.objects.get()
    assert [each["title"] for each in added] == [f"{person.code} · {LABEL} · Not asked yet"]
    assert (person.get_status(), person.kind, person.label) == (Status.NONE, "", LABEL)
    # The answer "These people" follows from the list.
    draft = make_story("Told", index, live=False, people="", story_people=rows_of(person), owner=user)
    assert edit(client, draft, "submit").status_code == 302
    draft.refresh_from_db()
    assert (draft.people, bool(draft.current_workflow_state)) == ("listed", True)
    client.force_login(make_user("Moderators"))
    refused = parse(edit(client, draft, "publish")).select_one("[data-contentpath=people] .error-message")
    assert f"There is no consent of {person.code} yet" in refused.text
    assert LABEL not in refused.text
    assert not StoryPage.objects.get().live


def test_label_is_shown_to_those_who_may_edit_a_page_with_the_person_and_to_leads(client, subtests):
    """`Here`: a section with a draft about one person, and a live story whose draft is about another."""
    here, there = Section("Here", "Plain"), Section("There", "Plain")
    people = [make_placeholder(f"{place}, called Zainab") for place in ("market", "well", "school")]
    make_story_about(people[0], parent=here.index, live=False)
    live = make_story(parent=here.index)
    live.people, live.story_people = "listed", rows_of(people[1])
    live.save_revision(clean=False)
    image = make_image(shows="person", collection=here.collection)
    groups = [make_section_editors(section) for section in (here, there)]
    for group, number in zip([*groups, "Moderators", GROUP], (2, 0, 2, 3), strict=True):
        with subtests.test(group=str(group)):
            user, is_lead = make_user(), group == GROUP
            user.groups.add(Group.objects.get(name=group))
            client.force_login(user)
            for query in ("", "?q=ZAINAB"):
                found = client.get(RESULTS + query).text
                assert found.count("Zainab") == number
                assert [each.code in found for each in people] == [not query or n < number for n in range(3)]
            for n, person in enumerate(people):
                chosen = client.get(reverse("people_chooser:chosen", args=[person.pk])).json()["result"]
                assert ("Zainab" in chosen["title"]) == (n < number)
            if not is_lead and number:
                editor = client.get(reverse("wagtailadmin_pages:edit", args=[live.pk])).text
                assert people[1].label in editor
                assert client.get(f"/admin/images/{image.pk}/").text.count("Zainab") == number


@pytest.mark.sqlite_only
def test_label_is_checked_like_a_title_when_a_page_is_submitted_or_published(client):
    person, placeholder = make_protected_person(), make_placeholder(f"she is {NAMES}")
    story = make_story_about(person, placeholder, title="Told", live=False)
    user = make_user("Moderators")
    client.force_login(user)
    # The draft itself has no word, so saving it tells nothing.
    assert edit(client, story).status_code == 302
    assert count_today(user) == 0
    for number, action in enumerate(("submit", "publish"), 1):
        errors = (
            parse(edit(client, story, action)).select_one("[data-contentpath=people] .error-message").text
        )
        assert f"label of {placeholder.code}" in errors
        assert NAMES not in errors
        assert count_today(user) == number
    assert not StoryPage.objects.get().current_workflow_state


def test_withdrawal_erases_the_label_and_lists_those_of_others_that_mention_the_person():
    person = make_agreeing_person(names=NAMES, label=LABEL)
    other = make_placeholder(f"the sister of {NAMES}")
    make_placeholder()
    found = [each for each in make_plan(person).shown if each.place.name == "labels"]
    assert [line.title for line in found[0].found] == [f"{other.code} · {other.label}"]
    withdraw(person, yes=[("labels", str(other.pk))])
    assert sorted(Contributor.objects.values_list("label", flat=True)) == ["", "", LABEL]


def test_label_is_deleted_with_the_last_page_unless_somebody_asked(capsys):
    placeholder, other = make_placeholder(), make_placeholder()
    asked = make_agreeing_person(label=LABEL)
    story = make_story_about(placeholder, asked, live=False)
    # Only an earlier version lists the second one.
    second = make_story_about(other, live=False)
    second.save_revision(clean=False)
    second.story_people = rows_of(asked)
    second.save(clean=False)

    def labelled(after):
        with days_later(after):
            call_command("run_due_work")
        return {each for each in (placeholder, other, asked) if Contributor.objects.get(pk=each.pk).label}

    everybody = {placeholder, other, asked}
    assert labelled(2) == everybody
    move_to_trash(story)
    assert labelled(20) == everybody
    assert labelled(40) == {other, asked}


@pytest.mark.sqlite_only
def test_first_page_of_leads_lists_who_was_not_asked_for_30_days(lead):
    placeholder = make_placeholder()
    heading = "Added to a page, and not asked yet"
    for number, is_listed in ((29, False), (31, True)):
        with days_later(number):
            lead.force_login(lead.user)
            page = parse(lead.get("/admin/")).select_one("#safeguarding_today, main").text
            assert (heading in page) == is_listed
            assert (placeholder.code in page.partition(heading)[2]) == is_listed
    overview = lead.get(reverse("safeguarding_people:inspect", args=[placeholder.pk])).text
    assert LABEL in overview
    assert "Say who it is, then record a consent" in overview


@pytest.mark.sqlite_only
def test_picture_offers_the_people_of_its_story_first_and_labels(client):
    first, second = make_agreeing_person(), make_placeholder()
    Contributor.objects.filter(pk=first.pk).update(code="P-2222")
    image = make_image(shows="person")
    make_story_about(second, live=False, lead_image=image, lead_image_alt="Somebody")
    client.force_login(make_user("Moderators"))
    options = parse(client.get(f"/admin/images/{image.pk}/")).select("select[name=people] option")
    assert [each.text.strip() for each in options] == [f"{second.code} · {LABEL}", "P-2222"]
