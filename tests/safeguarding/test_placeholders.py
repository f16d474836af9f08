"""People whom editors add where they write, who sees their labels, and what checks these."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from safeguarding.leak_check.hits import count_today
from safeguarding.models import Contributor
from safeguarding.policies import GROUP
from stories.models import StoryPage
from tests.support.admin_world import Section, make_section_editors
from tests.support.builders import make_image, make_index, make_story, make_user, parse, save_draft
from tests.support.people import make_person, make_story_about, rows_of, send_form
from tests.support.protected_person import NAMES, make_protected_person

LABEL = "the woman in the market, called Zainab here"
CREATE, RESULTS = reverse("people_chooser:create"), reverse("people_chooser:choose_results")


def make_placeholder(label=LABEL, **fields):
    return make_person(kind="", label=label, **fields)


def test_editor_adds_a_person_and_submits_at_once_and_only_publishing_waits(client):
    index, user = make_index(), make_user("Editors")
    client.force_login(user)
    assert "This field is required" in client.post(CREATE, {"label": " "}).json()["htmlFragment"]
    added = client.post(f"{CREATE}?multiple=1", {"label": LABEL}).json()["result"]
    person = Contributor.objects.get()
    assert [each["title"] for each in added] == [f"{person.code} · {LABEL} – Not asked yet"]
    assert (person.kind, person.label) == ("", LABEL)
    # The answer "These people" follows from the list.
    draft = make_story("Told", index, live=False, people="", story_people=rows_of(person), owner=user)
    assert send_form(client, draft, "submit").status_code == 302
    draft.refresh_from_db()
    assert (draft.people, bool(draft.current_workflow_state)) == ("listed", True)
    client.force_login(make_user("Moderators"))
    errors = parse(send_form(client, draft, "publish")).select("[data-contentpath=people] .story-refusal")
    wanted = f"There is no consent of {person.code} yet: write it down, or ask the safeguarding team."
    assert [each.text for each in errors] == [f"{wanted} Write down the consent"]
    assert not StoryPage.objects.get().live


def test_label_is_shown_to_those_who_may_edit_a_page_with_the_person_and_to_leads(client, subtests):
    """`Here`: a section with a draft about one person, and a live story whose draft is about another."""
    here, there = Section("Here", "Plain"), Section("There", "Plain")
    people = [make_placeholder("Zainab", code=code) for code in ("P-ZZZ2", "P-2222", "P-3333")]
    image = make_image(shows="person", collection=here.collection)
    picture = {"lead_image": image, "lead_image_alt": "Somebody"}
    make_story_about(people[0], parent=here.index, live=False, **picture)
    live = make_story(parent=here.index)
    save_draft(live, people="listed", story_people=rows_of(people[1]))
    groups = [make_section_editors(section) for section in (here, there)]
    for group, number in zip([*groups, "Moderators", GROUP], (2, 0, 2, 3), strict=True):
        with subtests.test(group=str(group)):
            user = make_user()
            user.groups.add(Group.objects.get(name=group))
            client.force_login(user)
            for query in ("", "?q=ZAINAB"):
                found = client.get(RESULTS + query).text
                assert found.count("Zainab") == number
                assert [each.code in found for each in people] == [not query or n < number for n in range(3)]
            chosen = [client.get(reverse("people_chooser:chosen", args=[each.pk])) for each in people]
            assert ["Zainab" in each.text for each in chosen] == [n < number for n in range(3)]
            if number == 2:
                editor = client.get(reverse("wagtailadmin_pages:edit", args=[live.pk])).text
                assert "P-2222 · Zainab" in editor
                form = parse(client.get(f"/admin/images/{image.pk}/"))
                # The people of the story with the picture come first.
                offered = [each.text.strip() for each in form.select("label:has([name=people])")]
                assert offered == ["P-ZZZ2 · Zainab", "P-2222 · Zainab", "P-3333"]


@pytest.mark.sqlite_only
def test_label_is_checked_like_a_title_when_a_page_is_submitted_or_published(client):
    person, placeholder = make_protected_person(), make_placeholder(f"she is {NAMES}")
    story = make_story_about(person, placeholder, title="Told", live=False)
    user = make_user("Moderators")
    client.force_login(user)
    # The draft itself has no word, so saving it tells nothing.
    assert send_form(client, story).status_code == 302
    assert count_today(user) == 0
    for number, action in enumerate(("submit", "publish"), 1):
        errors = parse(send_form(client, story, action)).select("[data-contentpath=people] .story-refusal")
        assert f"label of {placeholder.code}. Change" in errors[0].text
        assert count_today(user) == number
