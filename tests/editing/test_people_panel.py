"""What prevents publishing a story is listed with links in the side panel, the form and messages.

A lead is a member of the group Safeguarding. Only leads see the records of the people in stories.
"""

import pytest
from django.urls import reverse
from wagtail.users.models import UserProfile

from media.models import CleanImage
from publishing.refusals import FIELDS, panel_id
from safeguarding.policies import GROUP
from safeguarding.scopes import Naming, Picture
from safeguarding.wording import format_day
from stories.models import StoryPage
from tests.support.builders import make_image, make_story, make_user, parse, pictures_block, story_form
from tests.support.leads import send_decision
from tests.support.people import make_agreeing_person, make_person, make_story_about, people_fields, rows_of
from tests.support.undone import undone

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]

NAME = "Amina-of-the-tests"


def sign_in(client, *groups):
    client.force_login(make_user(*groups))


def editor_of(story):
    return f"/admin/pages/{story.pk}/edit/"


def panel_in(page):
    return page.select_one("[data-side-panel=people]")


def links_of(tag):
    return {link["href"] for link in tag.select("a")}


@pytest.fixture
def person():
    return make_agreeing_person({"naming": Naming.CHANGED, "picture": Picture.NOT_RECOGNISABLE}, names=NAME)


def make_refused_story(person):
    """Return a draft that can't be published because of an error in each of FIELDS."""
    image, other = make_image(shows="person", is_recognisable=True), make_image()
    image.people.add(person)
    story = make_story_about(
        person,
        title="Told",
        naming=Naming.REAL,
        live=False,
        lead_image=image,
        lead_image_alt="Somebody",
        body=[{"type": "text", "value": "<p>Words.</p>"}, pictures_block(other)],
    )
    # As after a new file: nobody has said yet who is on it.
    CleanImage.objects.filter(pk=other.pk).update(asks_again=True)
    return story


def test_side_panel_has_what_stands_against_publishing_with_links(client, person, subtests):
    story = make_refused_story(person)
    overview = reverse("safeguarding_people:inspect", args=[person.pk])
    for groups in (("Editors",), ("Editors", GROUP)):
        with subtests.test(groups):
            sign_in(client, *groups)
            page = parse(client.get(editor_of(story)))
            panel = panel_in(page)
            lines = [" ".join(line.text.split()) for line in panel.select("li")]
            fields = ["Body", "Lead picture", "People in this page"]
            assert [line.partition(":")[0] for line in lines] == fields
            assert [person.code in line for line in lines] == [False, True, True]
            assert NAME not in page.text
            places = {link.removeprefix("#") for link in links_of(panel) if link.startswith("#")}
            assert len(places) == 3
            assert [place for place in places if not page.find(id=place)] == []
            assert (overview in links_of(panel)) == (GROUP in groups)


def test_side_panel_is_there_for_new_pages_too(client):
    sign_in(client, "Editors")
    story = make_story()
    index = story.get_parent()
    new = parse(client.get(f"/admin/pages/add/stories/storypage/{index.pk}/"))
    assert "Say who is in this page" in panel_in(new).text
    assert "last saved version" not in panel_in(new).text, "nothing is saved yet"
    for page in (index, story):
        panel = panel_in(parse(client.get(editor_of(page))))
        assert "Nothing is missing here." in panel.text


def test_an_autosave_renews_the_side_panel(client, person):
    story = make_story_about(person, title="Told", naming=Naming.REAL, live=False)
    sign_in(client, "Editors")
    form = story_form(title="Told", slug=story.slug, **people_fields(story))
    refusal = f"{person.code} did not agree to be named in this way"
    for naming, is_refused in ((Naming.REAL, True), (Naming.CHANGED, False)):
        form["story_people-0-naming"] = int(naming)
        response = client.post(editor_of(story), form, headers={"Accept": "application/json"})
        assert (refusal in response.json()["html"]) == is_refused
        assert "data-side-panel='people'" in response.json()["html"]


def test_refusals_link_to_the_field_and_for_leads_to_the_person(client, person, subtests):
    story = make_refused_story(person)
    overview = reverse("safeguarding_people:inspect", args=[person.pk])
    form = story_form("publish", title="Told", slug=story.slug, **people_fields(story))
    for groups in (("Moderators",), ("Moderators", GROUP)):
        with subtests.test(groups), undone():
            sign_in(client, *groups)
            page = parse(client.post(editor_of(story), form))
            errors = page.select_one("[data-contentpath=people]")
            assert f"{person.code} did not agree to be named" in errors.text
            assert (overview in links_of(errors)) == (GROUP in groups)
            state = story.get_workflow().start(story, None)
            approve = f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"
            publish = f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}&next=/admin/"
            for address in (approve, publish):
                client.post(address, {"comment": ""})
                message = parse(client.get("/admin/desk/waiting/")).select_one(".messages .error")
                assert f"People in this page: {person.code} did not agree" in " ".join(message.text.split())
                places = {f"{editor_of(story)}#{panel_id(field)}" for field in FIELDS}
                assert places <= links_of(message)
                assert (overview in links_of(message)) == (GROUP in groups)


def test_links_lead_to_the_fields_whatever_the_language_of_the_first_user(client):
    user, story = make_user("Moderators"), make_story("Told")
    client.force_login(user)
    editor = StoryPage.get_edit_handler()
    groups = [editor, *editor.children]

    def forget_ids():  # Wagtail computes the IDs of panels only for the first user in a process.
        for group in groups:
            group.__dict__.pop("child_identifiers", None)

    for language in ("fr", "en"):
        forget_ids()
        UserProfile.objects.update_or_create(user=user, defaults={"preferred_language": language})
        page = parse(client.get(editor_of(story)))
        assert all(page.select_one(f"#{panel_id(field)}") for field in FIELDS), language


def test_the_choosers_link_to_what_the_user_may_edit(client, person):
    story = make_story_about(person, live=False, themes=["Courts"], countries=["KE"])
    theme, country = story.story_themes.get().theme, story.story_countries.get().country
    # The person has no link, not even for a lead (PersonChooser.show_edit_link).
    rows = [(make_user("Editors", GROUP), [theme]), (make_user(is_superuser=True), [country, theme])]
    for user, terms in rows:
        client.force_login(user)
        links = parse(client.get(editor_of(story))).select("a[data-chooser-edit-link]:not([hidden])")
        names = [link.text.strip() for link in links]
        assert names == [f"Edit this {term._meta.verbose_name}" for term in terms]
        addresses = [reverse(term.snippet_viewset.get_url_name("edit"), args=[term.pk]) for term in terms]
        assert [link["href"] for link in links] == addresses


def test_the_form_has_beside_each_code_what_is_agreed(client, person):
    story = make_story_about(person, live=False)
    gone = make_agreeing_person({"event": "withdrawn"})
    story.story_people = rows_of(person, gone)
    story.save()
    story.save_revision(clean=False)
    sign_in(client, "Editors")
    agreed = f"Active, until {format_day(person.last_day)}"
    agreed += " · In pictures, not recognisable · By a changed name"
    text = client.get(editor_of(story)).text
    assert f"{person.code} – {agreed}" in text
    assert f"{gone.code} – Withdrawn" in text
    make_person()
    rows = parse(client.get(reverse("people_chooser:choose_results"))).select("tbody tr")
    shown = {each.select("td")[-1].get_text(strip=True) for each in rows}
    assert shown == {agreed, "Not asked yet", "Withdrawn"}


def test_lead_gets_from_the_refusal_to_the_decision_and_back_to_publishing(client):
    """Others have no such link, nor does a lead where the person has to be asked."""
    waiting = make_story_about(make_agreeing_person({"proceedings": True}), live=False, slug="waiting")
    ending = make_story_about(make_agreeing_person({"where": []}), live=False, slug="ending")
    for groups, story, is_led in ([GROUP], waiting, True), ([GROUP], ending, False), ([], waiting, False):
        sign_in(client, "Moderators", *groups)
        decide = reverse("safeguarding_decisions:page", args=[story.pk])
        form = story_form("publish", slug=story.slug, **people_fields(story))
        refused = parse(client.post(editor_of(story), form)).select_one("[data-contentpath=people]")
        for shown in (refused, panel_in(parse(client.get(editor_of(story))))):
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
    sign_in(client, "Editors")
    editors, leads = panel_in(parse(client.get(editor_of(story)))).select("h3 + ul")
    assert (agreeing.code in editors.text, unasked.code in editors.text) == (True, False)
    assert (agreeing.code in leads.text, unasked.code in leads.text) == (False, True)
    address = reverse("safeguarding_decisions:ask", args=[story.pk])
    assert panel_in(parse(client.get(editor_of(story)))).select_one(f"[data-ask='{address}']")
    assert client.get(address).status_code == 405
    for _time in range(2):
        assert client.post(address).text == "It is on the desk of: Ana."
    [mail] = mailoutbox
    assert (mail.to, "Her title" in mail.body + mail.subject) == ([lead.email], False)
    assert address.removesuffix("ask/") in mail.body
    panel = panel_in(parse(client.get(editor_of(story))))
    assert ("It is on the desk of: Ana." in panel.text, other.username in panel.text) == (True, False)
    client.force_login(lead)
    assert "Her title" in parse(client.get("/admin/")).select_one("#main").text
