"""What prevents publishing a story is listed with links in the side panel, the form and messages.

A lead is a member of the group Safeguarding. Only leads see the records of the people in stories.
"""

import pytest
from django.urls import reverse

from media.models import CleanImage
from publishing.refusals import FIELDS, panel_id
from safeguarding.policies import GROUP
from safeguarding.scopes import Naming, Picture
from safeguarding.wording import format_day
from tests.support import builders
from tests.support.builders import make_image, make_story, make_user, parse, story_form
from tests.support.leads import send_decision
from tests.support.people import make_agreeing_person, make_person, make_story_about, people_fields, rows_of
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

NAME = "Amina-of-the-tests"


def editor_of(story):
    return f"/admin/pages/{story.pk}/edit/"


def opened(client, address, *groups):
    """Return the page at `address` for a new user in `groups`, or for the one who is signed in."""
    if groups:
        client.force_login(make_user(*groups))
    return parse(client.get(address))


def panel_in(page):
    return page.select_one("[data-side-panel=people]")


def links_of(tag):
    return {link["href"] for link in tag.select("a")}


@pytest.fixture
def person():
    return make_agreeing_person({"naming": Naming.CHANGED, "picture": Picture.NOT_RECOGNISABLE}, names=NAME)


def overview_of(person):
    return reverse("safeguarding_people:inspect", args=[person.pk])


def make_refused_story(person):
    """Return a draft that can't be published because of an error in each of FIELDS."""
    image, other = make_image(shows="person", is_recognisable=True), make_image()
    image.people.add(person)
    fields = {"title": "Told", "lead_image": image, "lead_image_alt": "Somebody", "live": False}
    body = [{"type": "text", "value": "<p>Words.</p>"}, builders.pictures_block(other)]
    story = make_story_about(person, naming=Naming.REAL, body=body, **fields)
    # As after a new file: nobody has said yet who is on it.
    CleanImage.objects.filter(pk=other.pk).update(asks_again=True)
    return story


def test_side_panel_has_what_stands_against_publishing_with_links(client, person, subtests):
    story = make_refused_story(person)
    for groups in (("Editors",), ("Editors", GROUP)):
        with subtests.test(groups):
            page = opened(client, editor_of(story), *groups)
            panel = panel_in(page)
            lines = [" ".join(line.text.split()) for line in panel.select("li")]
            fields = ["Body", "Lead picture", "People in this page"]
            assert [line.partition(":")[0] for line in lines] == fields
            assert [person.code in line for line in lines] == [False, True, True]
            assert NAME not in page.text
            places = {link.removeprefix("#") for link in links_of(panel) if link.startswith("#")}
            assert len(places) == 3 and all(page.find(id=place) for place in places)
            assert (overview_of(person) in links_of(panel)) == (GROUP in groups)


def test_side_panel_is_there_for_new_pages_and_is_renewed_by_an_autosave(client, person):
    index, live = builders.make_index(), make_story()
    new = panel_in(opened(client, f"/admin/pages/add/stories/storypage/{index.pk}/", "Editors"))
    assert "Say who is in this page" in new.text
    assert "last saved version" not in new.text, "nothing is saved yet"
    for page in (index, live):
        editor = opened(client, editor_of(page))
        assert "Nothing is missing here." in panel_in(editor).text
        panels = [panel["data-side-panel"] for panel in editor.select("[data-side-panel]")]
        assert panels.index("people") == 1, "after the panel Status"
    story = make_story_about(person, title="Told", naming=Naming.REAL, live=False)
    form = story_form(title="Told", slug=story.slug, **people_fields(story))
    for naming, is_refused in ((Naming.REAL, True), (Naming.CHANGED, False)):
        form["story_people-0-naming"] = int(naming)
        html = client.post(editor_of(story), form, headers={"Accept": "application/json"}).json()["html"]
        assert (f"{person.code} did not agree to be named in this way" in html) == is_refused
        assert "data-side-panel='people'" in html


def test_refusals_link_to_the_field_and_for_leads_to_the_person(client, person, subtests):
    story = make_refused_story(person)
    overview = overview_of(person)
    form = story_form("publish", title="Told", slug=story.slug, **people_fields(story))
    for groups in (("Moderators",), ("Moderators", GROUP)):
        with subtests.test(groups), undone():
            client.force_login(make_user(*groups))
            errors = parse(client.post(editor_of(story), form)).select_one("[data-contentpath=people]")
            assert f"{person.code} did not agree to be named" in errors.text
            assert (overview in links_of(errors)) == (GROUP in groups)
            state = story.get_workflow().start(story, None)
            approve = f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"
            publish = f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}&next=/admin/"
            for address in (approve, publish):
                client.post(address, {"comment": ""})
                message = parse(client.get("/admin/desk/waiting/")).select_one(".messages .error")
                assert f"People in this page: {person.code} did not agree" in " ".join(message.text.split())
                assert {f"{editor_of(story)}#{panel_id(field)}" for field in FIELDS} <= links_of(message)
                assert (overview in links_of(message)) == (GROUP in groups)


def test_the_form_has_beside_each_code_what_is_agreed(client, person):
    story = make_story_about(person, live=False)
    gone = make_agreeing_person({"event": "withdrawn"})
    story.story_people = rows_of(person, gone)
    story.save()
    story.save_revision(clean=False)
    agreed = f"Active, until {format_day(person.last_day)}"
    agreed += " · In pictures, not recognisable · Voice as it is · By a changed name"
    client.force_login(make_user("Editors"))
    text = client.get(editor_of(story)).text
    assert f"{person.code} – {agreed}" in text and f"{gone.code} – Withdrawn" in text
    make_person()
    rows = parse(client.get(reverse("people_chooser:choose_results"))).select("tbody tr")
    shown = {each.select("td")[-1].get_text(strip=True) for each in rows}
    assert shown == {agreed, "Not asked yet", "Withdrawn"}


def test_lead_gets_from_the_refusal_to_the_decision_and_back_to_publishing(client):
    """Others have no such link, nor does a lead where the person has to be asked."""
    waiting = make_story_about(make_agreeing_person({"proceedings": True}), live=False, slug="waiting")
    ending = make_story_about(make_agreeing_person({"where": []}), live=False, slug="ending")
    for groups, story, is_led in ([GROUP], waiting, True), ([GROUP], ending, False), ([], waiting, False):
        client.force_login(make_user("Moderators", *groups))
        decide = reverse("safeguarding_decisions:page", args=[story.pk])
        form = story_form("publish", slug=story.slug, **people_fields(story))
        refused = parse(client.post(editor_of(story), form)).select_one("[data-contentpath=people]")
        for shown in (refused, panel_in(opened(client, editor_of(story)))):
            assert (decide in links_of(shown)) == is_led
            assert not groups or "the team decides" not in shown.text
        if is_led:
            send_decision(client, story)
            assert editor_of(story) in links_of(parse(client.get(decide)).select_one("main"))


def test_panel_says_who_can_help_and_an_editor_asks_them_once(client, settings, mailoutbox):
    settings.SENDS_MAIL = True
    lead, other = make_user(GROUP, username="Ana"), make_user(GROUP, username="Ben", is_active=False)
    unasked, agreeing = make_person(), make_agreeing_person({"picture": Picture.NONE})
    image = make_image(shows="person")
    image.people.add(agreeing)
    fields = {"lead_image": image, "lead_image_alt": "Somebody", "people": "listed", "live": False}
    story = make_story("Her title", story_people=rows_of(unasked, agreeing), **fields)
    panel = panel_in(opened(client, editor_of(story), "Editors"))
    editors, leads = panel.select("h3 + ul")
    assert (agreeing.code in editors.text, unasked.code in editors.text) == (True, False)
    assert (agreeing.code in leads.text, unasked.code in leads.text) == (False, True)
    address = reverse("safeguarding_decisions:ask", args=[story.pk])
    assert panel.select_one(f"[data-ask='{address}']")
    assert client.get(address).status_code == 405
    for _time in range(2):
        assert client.post(address).text == "It is on the desk of: Ana."
    [mail] = mailoutbox
    assert (mail.to, "Her title" in mail.body + mail.subject) == ([lead.email], False)
    assert address.removesuffix("ask/") in mail.body
    panel = panel_in(opened(client, editor_of(story)))
    assert ("It is on the desk of: Ana." in panel.text, other.username in panel.text) == (True, False)
    client.force_login(lead)
    assert "Her title" in parse(client.get("/admin/")).select_one("#main").text
