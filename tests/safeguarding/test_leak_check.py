"""The leak check on pages: which words prevent publishing or cause a warning, on every way to publish."""

import datetime
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import GroupApprovalTask, Page, PageSubscription, WorkflowTask
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from publishing.pages import page_types
from safeguarding.leak_check import checking, sources
from safeguarding.leak_check.texts import text_fields
from safeguarding.leak_check.words import load_words, split_names
from safeguarding.scopes import Naming
from stories.models import StoryPage, StoryPerson
from tests.support import builders, messages, people
from tests.support.builders import home_page, make_image, make_index, make_plain_page, make_story, make_user
from tests.support.protected_person import NAMES, ORDINARY, PHONE, PLACE, is_live
from tests.support.undone import undone


def places_in(findings):
    """Return {name of a list: its places} of `findings`, a Findings."""
    return {name: getattr(findings, name) for name in ("stops", "warnings", "ordinary")}


# --- What is refused -----------------------------------------------------------------------------


CONTACTS = ["Call 0700123456", "Write to AMINA.O@example.org", "She is @amina_o there"]
# (summary of a story, how the story names the person, or None if the story doesn't list this person, the list
# of Findings that has the summary, or None if no list has it). Those in `stops` prevent publishing.
GRADES = [
    *((text, Naming.CHANGED, "stops") for text in (NAMES, "Bachelal", PLACE)),
    *((text, Naming.REAL, "stops") for text in (PLACE, *CONTACTS)),
    *((text, Naming.REAL, None) for text in (NAMES, "Bachelal")),
    *((ORDINARY, naming, "ordinary") for naming in (Naming.CHANGED, None)),
    *((text, None, "stops") for text in (NAMES, "Xuyimana, Bachelal")),
    *((text, None, "warnings") for text in ("Bachelal", PLACE, "0254700123456")),
    ("Nothing of that", Naming.CHANGED, None),
]


def test_words_are_refused_or_warned_of():
    # The name is not public, because the person did not agree to the real name.
    words = {"protected_words": f"{PLACE}\n{ORDINARY}", "ordinary_words": ORDINARY}
    words |= {"names": NAMES, "contact": f"Sister {PHONE}, amina.o@example.org, @amina_o"}
    person = people.make_agreeing_person({"naming": Naming.CHANGED}, **words)
    named = people.make_story_about(person, naming=Naming.REAL, live=False)
    changed = people.make_story_about(person, live=False)
    stories = {Naming.REAL: named, Naming.CHANGED: changed, None: make_story(live=False)}
    words, wrong = load_words().words, []
    for text, naming, grade in GRADES:
        story = stories[naming]
        story.summary = text
        found = [name for name, places in places_in(checking.check(story, words)).items() if places]
        wrong += [] if found == ([grade] if grade else []) else [(text, naming, found)]
    assert wrong == []


def test_who_agreed_to_the_real_name_may_be_named_on_other_pages(person):
    page = make_plain_page("About", introduction=f"Read what {NAMES} says.")
    # Nothing stops the page, there is a warning, and the word is not an ordinary one.
    found = places_in(checking.check(page, load_words().words)).values()
    assert [bool(each) for each in found] == [False, True, False]


def test_names_are_split_as_people_write_them():
    full, words = split_names("Amina de la Otieno (called Mina)")
    assert words == {"Amina", "Otieno", "Mina"}
    assert not any("called" in name for name in full)
    assert {"Amina de la Otieno", "Amina Otieno", "Otieno Amina"} <= full
    assert {"Amina Otieno", "Otieno Amina"} <= split_names("Otieno, Amina")[0]
    assert split_names("amina otieno")[1] == {"amina", "otieno"}


def test_word_over_two_cells_of_a_table_is_refused():
    person = people.make_agreeing_person({"naming": Naming.CHANGED}, names="Amina")
    columns = [{"type": "text", "heading": heading} for heading in "AB"]
    table = {"caption": "", "columns": columns, "rows": [{"values": ["Ami", "na"]}]}
    story = people.make_story_about(person, body=[{"type": "table", "value": table}], live=False)
    assert checking.check(story, load_words().words).stops


# --- The places that are named -------------------------------------------------------------------


def leaking_story(person):
    """Return a draft with a protected word in every kind of place, disguised in some of them."""
    pictures = builders.pictures_block(*[make_image(), make_image(credit=f"By {NAMES}")])
    pictures["value"]["pictures"][1]["image"]["alt_text"] = f"The market of {PLACE}"
    pictures["value"]["pictures"][0]["caption"] = "X%75yimana"
    # Its credit is shown if all pictures have the same one.
    still_picture = {"image": make_image(credit=NAMES).pk, "decorative": True}
    body = [
        {"type": "text", "value": "<p>One.</p><ul><li>Two.</li></ul>"},
        {"type": "text", "value": f"<p>In {PLACE}.</p>"},
        {"type": "heading", "value": {"text": "Nothing", "level": "2"}},
        {"type": "quote", "value": {"text": "I.", "attribution": "B&#97;chelal"}},
        pictures,
        {"type": "media_link", "value": {"title": "A film", "poster": still_picture}},
    ]
    fields = {"title": "Of BACHELAL", "slug": "bachelal-in-leeds", "summary": "Xuyimanas all."}
    fields |= {"seo_title": NAMES, "search_description": PLACE, "themes": [f"Life in {PLACE}"]}
    fields |= {"authors": [NAMES], "lead_image": make_image(credit=NAMES), "lead_image_alt": NAMES}
    return people.make_story_about(person, body=body, live=False, **fields)


# {field with the error: names of the places in it that have a protected word}.
PLACES = {
    **{"title": "title", "slug": "address of the page", "summary": "summary", "seo_title": "title tag"},
    **{"search_description": "meta description", "lead_image": "credit of the lead picture"},
    "lead_image_alt": "alternative text of the lead picture",
    "body": "paragraph 3, Quote 1, caption of picture 1, alternative text of picture 2, credit of picture 2, "
    "credit of picture 3",
    "__all__": "author, theme",
}


def test_places_are_told_in_words_and_beside_the_field(person):
    errors = leaking_story(person).find_errors()
    assert sorted(errors) == sorted(PLACES)
    for field, places in PLACES.items():
        assert f": {places}. " in errors[field][0].message, field
    told = str(errors).lower()
    assert not any(word.lower() in told for word in [*NAMES.split(), PLACE])


def test_checked_fields_are_in_the_form_of_each_page_type():
    """Django's add_error() raises ValueError for a field that is not in the form."""
    for model in page_types():
        form = model.get_edit_handler().get_form_class()
        names = {field.name for field in text_fields(model)}
        assert {"title", "slug"} < names <= set(form.base_fields), model
    fields = {place.field for place in sources.read_texts(home_page())}
    assert {"title", "slug", "headline"} <= fields, "places name the fields as the form does"


# --- Publishing -----------------------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_editor_is_warned_by_a_draft_and_refused_at_publishing(moderator, person):
    story = people.make_story_about(person, live=False)
    body = [("text", f"<p>One.</p><p>In {PLACE}</p>")]
    leaking = {"title": "Hers", "body": body, "summary": f"A {ORDINARY}"}
    saved = people.send_form(moderator, story, **leaking)
    assert saved.status_code == 302
    texts = messages.texts_of(saved)
    assert any("can't be published: paragraph 2." in text for text in texts)
    assert any("may give somebody away: summary." in text for text in texts)
    assert not any(PLACE in text for text in texts)
    with CaptureQueriesContext(connection) as queries:
        refused = people.send_form(moderator, story, "publish", **leaking)
    # The words of all people are loaded only once.
    assert words_loaded(queries) == 1
    assert list(refused.context["form"].errors) == ["body"]
    assert "can't be published: paragraph 2." in unescape(refused.text)
    assert refused.text.count(PLACE) == 1, "the word is only where the editor wrote it"
    assert not is_live(story)
    mended = people.send_form(moderator, story, "publish", title="Hers", summary=f"A {ORDINARY}")
    assert is_live(story)
    assert any("may give somebody away: summary." in text for text in messages.texts_of(mended))
    # A refusal doesn't change a live page.
    people.send_form(moderator, story, "publish", title=NAMES)
    assert Page.objects.get(pk=story.pk).title == "Hers"
    # Opening the editor loads no words and counts nothing in LeakHits.
    with CaptureQueriesContext(connection) as queries:
        moderator.get(f"/admin/pages/{story.pk}/edit/")
    assert words_loaded(queries) == 0
    assert not any("leakhits" in each["sql"] for each in queries)


def words_loaded(queries):
    """Return how many of `queries` load the words of all people. Queries for whole rows don't count."""
    return sum("ordinary_words" in each["sql"] and '"kind"' not in each["sql"] for each in queries)


def test_no_page_is_published_with_a_full_name():
    """test_routes.py has the ways to publish one. The person is in none of the pages."""
    people.make_agreeing_person({"naming": Naming.CHANGED}, names=NAMES)
    plain = make_plain_page(f"About {NAMES}", live=False)
    section = make_index(make_index(), f"With {NAMES}", live=False)
    for page in (make_story(f"What {NAMES} said", live=False), plain, section):
        with pytest.raises(ValidationError, match="title"):
            page.save_revision().publish()
        assert not is_live(page), type(page)
    with pytest.raises(ValidationError, match="headline"):
        builders.save_with(home_page(), headline=NAMES)


@pytest.mark.sqlite_only
def test_without_the_key_no_story_with_people_is_published(moderator, settings):
    person = people.make_agreeing_person(names=NAMES)
    story, other = people.make_story_about(person, live=False), make_story(live=False)
    settings.SAFEGUARDING_KEYS = []
    response = people.send_form(moderator, story, "publish")
    assert "A key is missing in SAFEGUARDING_KEYS" in str(response.context["form"].errors["people"])
    other.latest_revision.publish()
    assert (is_live(story), is_live(other)) == (False, True)


# --- Titles: in mails, and above stories ----------------------------------------------------------


# --- Mails ---------------------------------------------------------------------------------------


def submit(_story):
    return {"action-submit": "submit"}


def comment(story):
    PageSubscription.objects.create(page=story, user=make_user("Moderators"), comment_notifications=True)
    row = {"id": "", "contentpath": "title", "position": "", "text": "So?", "replies": inline_formset([])}
    return nested_form_data({"comments": inline_formset([row | {"resolved": "", "DELETE": ""}])})


def send_back(story):
    story.get_workflow().start(story, make_user("Editors"))
    form = {"action-workflow-action": "true", "workflow-action-name": "reject"}
    return form | {"workflow-action-extra-data": '{"comment": "So?"}'}


def pass_on(story):
    """Approve it, so that the moderators of a second task get a mail."""
    workflow, second = story.get_workflow(), GroupApprovalTask.objects.create(name="Second")
    second.groups.set(Group.objects.filter(name="Moderators"))
    WorkflowTask.objects.create(workflow=workflow, task=second, sort_order=1)
    workflow.start(story, make_user("Editors"))
    return {"action-workflow-action": "true", "workflow-action-name": "approve"}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("prepare", [submit, comment, send_back, pass_on])
def test_no_mail_has_a_title_with_a_word(moderator, person, prepare, django_capture_on_commit_callbacks):
    """`prepare`: function that takes a story, and returns the form fields that make the site send mails."""
    make_user("Moderators")
    for title, is_sent in ((f"From {PLACE}", False), ("Hers", True)):
        with undone():
            story = people.make_story_about(person, live=False)
            data = prepare(story)
            mail.outbox.clear()
            with django_capture_on_commit_callbacks(execute=True):
                # The summary may wait until the story is published.
                response = people.send_form(moderator, story, title=title, slug="hers", summary=PLACE, **data)
            assert bool(mail.outbox) == is_sent, title
            if not is_sent and prepare is not comment and prepare is not send_back:
                assert list(response.context["form"].errors) == ["title"]


# --- Above a story -------------------------------------------------------------------------------


def edit_below(client, story, parent):
    return people.send_form(client, story, "publish")


def create_below(client, story, parent):
    form = builders.story_form("publish", title="New", slug="new", **people.people_fields(story))
    # The rows are not stored yet.
    form |= {"story_people-INITIAL_FORMS": "0", "story_people-0-id": ""}
    return client.post(f"/admin/pages/add/stories/storypage/{parent.pk}/", form)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("route", [edit_below, create_below])
@pytest.mark.parametrize("fields", [{"title": f"In {PLACE}"}, {"title": "There", "slug": PLACE.lower()}])
def test_section_above_a_story_prevents_publishing(moderator, person, route, fields):
    section = make_index(make_index(), **fields)
    story = people.make_story_about(person, parent=make_index(section, "Inner"), live=False)
    response = route(moderator, story, section)
    errors = response.context["form"].errors
    assert list(errors) == ["__all__"] and "section above" in str(errors)
    assert "section above" in response.text and "&lt;span" not in response.text, "it shows no markup"
    assert not StoryPage.objects.live().exists()


def test_title_of_a_section_is_checked_with_the_stories_below(person):
    section = make_index(make_index(), "There")
    people.make_story_about(person, parent=make_index(section, "Inner"))
    for name, value in (("title", f"In {PLACE}"), ("slug", PLACE.lower()), ("introduction", PLACE)):
        section.refresh_from_db()
        setattr(section, name, value)
        assert bool(section.find_errors()) == (name != "introduction"), name


def move_by_view(client, page, target):
    return client.post(f"/admin/pages/{page.pk}/move/{target.pk}/confirm/")


def move_in_bulk(client, page, target):
    return client.post(f"/admin/bulk/wagtailcore/page/move/?id={page.pk}", {"chooser": target.pk})


def move_by_code(_client, page, target):
    with pytest.raises(ValidationError):
        Page.objects.get(pk=page.pk).move(target, pos="last-child")


def test_page_is_not_moved_below_a_title_that_gives_somebody_away(moderator, person):
    inner = make_index(make_index(), "Inner")
    story, other = people.make_story_about(person, parent=inner), make_story(parent=make_index())
    target = make_index(make_index(), f"In {PLACE}")
    for route in (move_by_view, move_in_bulk, move_by_code):
        for page in (story, inner):
            before = page.path
            with undone():
                route(moderator, page, Page.objects.get(pk=target.pk))
                assert Page.objects.get(pk=page.pk).path == before, (route, page)
    move_by_view(moderator, other, target)
    assert Page.objects.get(pk=other.pk).get_parent().pk == target.pk, "nobody is in it"


@pytest.mark.sqlite_only
def test_copies_with_a_title_or_an_address_that_gives_somebody_away_are_drafts(moderator, person):
    section = make_index(make_index(), "Inner")
    people.make_story_about(person, parent=section)
    data = {"new_parent_page": make_index().pk, "copy_subpages": "on", "publish_copies": "on"}
    cases = [("Again", "again", True), (f"In {PLACE}", "there", False), ("Elsewhere", PLACE.lower(), False)]
    for title, slug, goes_live in cases:
        moderator.post(f"/admin/pages/{section.pk}/copy/", data | {"new_title": title, "new_slug": slug})
        copy = Page.objects.get(slug=slug)
        assert copy.get_descendants().count() == 1
        assert copy.get_descendants().live().exists() == copy.live == goes_live, title


# --- A name that is shared -----------------------------------------------------------------------


def story_of(mother, other, text):
    rows = people.rows_of(mother, naming=Naming.REAL)
    rows.append(StoryPerson(contributor=other, naming=Naming.CHANGED))
    return make_story(people="listed", story_people=rows, summary=text, live=False)


def test_surname_of_a_child_only_warns_beside_a_parent_who_is_named():
    mother = people.make_agreeing_person(names="Amina Otieno")
    event, adult_on = {"naming": Naming.CHANGED, "given_by": "guardian"}, datetime.date(2040, 1, 1)
    child = people.make_agreeing_person(event, kind="child", adult_on=adult_on, names="Juma Otieno")
    # An adult needs no decision, so nobody would read the name before it is public.
    brother = people.make_agreeing_person({"naming": Naming.CHANGED}, names="Abel Otieno")
    cases = [(child, "Amina Otieno", "warnings"), (child, "Juma", "stops"), (child, "Juma Otieno", "stops")]
    for other, text, grade in [*cases, (brother, "Amina Otieno", "stops")]:
        found = checking.check(story_of(mother, other, text), load_words().words)
        assert [each.where for each in getattr(found, grade)] == ["summary"], (other.names, text)
    people.record(child, event="withdrawn")
    found = checking.check(story_of(mother, child, "Amina Otieno"), load_words().words)
    assert found.stops, "nobody would be asked for a decision"
