"""The leak check on pages: what it refuses or warns of, which places it names, and every way to publish."""

import datetime
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.actions.publish_page_revision import PublishPageRevisionAction
from wagtail.models import Page

from home.models import HomePage, StandardPage
from safeguarding.leak_check.checking import check
from safeguarding.leak_check.texts import read_texts, text_fields
from safeguarding.leak_check.words import load_words, split_names
from safeguarding.scopes import Naming, Picture
from stories.models import StoryIndexPage, StoryPage
from tests.support.builders import (
    home_page,
    make_image,
    make_index,
    make_plain_page,
    make_story,
    make_user,
    pictures_block,
    story_form,
)
from tests.support.messages import texts_of
from tests.support.people import make_agreeing_person, make_story_about, people_fields

pytestmark = pytest.mark.django_db

NAMES, PLACE, ORDINARY, PHONE = "Bachelal Xuyimana", "Qovondo", "Rose", "+254 700 123 456"


@pytest.fixture
def person():
    return make_agreeing_person(
        names=NAMES,
        protected_words=f"{PLACE}\n{ORDINARY}",
        ordinary_words=ORDINARY,
        contact=f"Sister {PHONE}",
    )


@pytest.fixture
def moderator(client):
    client.force_login(make_user("Moderators"))
    return client


def is_live(page):
    return Page.objects.get(pk=page.pk).live


# --- What is refused -----------------------------------------------------------------------------


# (summary of a story, how it names the person or None if it doesn't list the person, the list of Findings
# that has the hit or None)
GRADES = [
    (NAMES, Naming.CHANGED, "stops"),
    ("Bachelal", Naming.CHANGED, "stops"),
    (PLACE, Naming.CHANGED, "stops"),
    (PLACE, Naming.REAL, "stops"),
    ("Call 0700123456", Naming.REAL, "stops"),
    (NAMES, Naming.REAL, None),
    ("Bachelal", Naming.REAL, None),
    (ORDINARY, Naming.CHANGED, "ordinary"),
    (ORDINARY, None, "ordinary"),
    (NAMES, None, "stops"),
    ("Xuyimana, Bachelal", None, "stops"),
    ("Bachelal", None, "warnings"),
    (PLACE, None, "warnings"),
    ("0254700123456", None, "warnings"),
    ("Nothing of that", Naming.CHANGED, None),
]


def test_words_are_refused_or_warned_of():
    private = {"naming": Naming.CHANGED}
    person = make_agreeing_person(
        private,
        names=NAMES,
        protected_words=f"{PLACE}\n{ORDINARY}",
        ordinary_words=ORDINARY,
        contact=f"Sister {PHONE}",
    )
    named = make_story_about(person, naming=Naming.REAL, live=False)
    changed = make_story_about(person, live=False)
    stories = {Naming.REAL: named, Naming.CHANGED: changed, None: make_story(live=False)}
    words = load_words().words
    for text, naming, grade in GRADES:
        story = stories[naming]
        story.summary = text
        findings = vars(check(story, words))
        found = [name for name, places in findings.items() if places]
        assert found == ([grade] if grade else []), (text, naming)


def test_who_agreed_to_the_real_name_may_be_named_on_other_pages(person):
    page = make_plain_page("About", introduction=f"Read what {NAMES} says.")
    assert [bool(each) for each in vars(check(page, load_words().words)).values()] == [False, True, False]


def test_names_are_split_as_people_write_them():
    full, words = split_names("Amina de la Otieno (called Mina)")
    assert words == {"Amina", "Otieno", "Mina"}
    assert not any("called" in name for name in full)
    assert {"Amina de la Otieno", "Amina Otieno", "Otieno Amina"} <= full
    assert {"Amina Otieno", "Otieno Amina"} <= split_names("Otieno, Amina")[0]
    assert split_names("amina otieno")[1] == {"amina", "otieno"}


# --- The places that are named -------------------------------------------------------------------


def leaking_story(person):
    """Return a draft with a protected word in every kind of place."""
    images = [make_image(), make_image(credit=f"By {NAMES}")]
    pictures = pictures_block(*images)
    pictures["value"]["pictures"][1]["image"]["alt_text"] = f"The market of {PLACE}"
    pictures["value"]["pictures"][0]["caption"] = "X%75yimana"
    body = [
        {"type": "text", "value": "<p>One.</p><ul><li>Two.</li></ul>"},
        {"type": "text", "value": f"<p>In {PLACE}.</p>"},
        {"type": "heading", "value": {"text": "Nothing", "level": "2"}},
        {"type": "quote", "value": {"text": "I.", "attribution": "B&#97;chelal"}},
        pictures,
    ]
    return make_story_about(
        person,
        title="Of BACHELAL",
        slug="bachelal-in-leeds",
        summary="Xuyimanas all.",
        seo_title=NAMES,
        search_description=PLACE,
        authors=[NAMES],
        themes=[f"Life in {PLACE}"],
        lead_image=make_image(credit=NAMES),
        lead_image_alt=NAMES,
        body=body,
        live=False,
    )


PLACES = {
    "title": "title",
    "slug": "address of the page",
    "summary": "summary",
    "seo_title": "title tag",
    "search_description": "meta description",
    "lead_image_alt": "alternative text of the lead picture",
    "lead_image": "credit of the lead picture",
    "body": "paragraph 3, Quote 1, caption of picture 1, alternative text of picture 2, credit of picture 2",
    "__all__": "author, theme",
}


def test_places_are_told_in_words_and_beside_the_field(person):
    story = leaking_story(person)
    errors = story.find_errors()
    assert sorted(errors) == sorted(PLACES)
    for field, places in PLACES.items():
        assert errors[field][0].message.endswith(f": {places}."), field
    told = str(errors).lower()
    assert not any(word.lower() in told for word in [*NAMES.split(), PLACE])


def test_every_text_of_every_page_type_is_checked_and_is_in_its_form():
    for model in (StoryPage, StoryIndexPage, HomePage, StandardPage):
        form = model.get_edit_handler().get_form_class()
        names = {field.name for field in text_fields(model)}
        assert {"title", "slug"} < names <= set(form.base_fields), model
    fields = {place.field for place in read_texts(home_page())}
    assert {"title", "slug", "headline"} <= fields


# --- Every way to publish ------------------------------------------------------------------------


def test_editor_is_warned_by_a_draft_and_refused_at_publishing(moderator, person):
    story = make_story_about(person, live=False)
    address = f"/admin/pages/{story.pk}/edit/"

    def form(action, title="Hers", summary="Words.", paragraph="Words."):
        body = [("text", f"<p>One.</p><p>{paragraph}</p>")]
        return story_form(
            action, title=title, slug="hers", summary=summary, body=body, **people_fields(story)
        )

    leaking = {"paragraph": f"In {PLACE}", "summary": f"A {ORDINARY}"}
    saved = moderator.post(address, form(None, **leaking))
    assert saved.status_code == 302
    texts = texts_of(saved)
    assert any("can't be published: paragraph 2." in text for text in texts)
    assert any("may give somebody away: summary." in text for text in texts)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        refused = moderator.post(address, form("publish", **leaking))
    # The words of all people are loaded only once.
    assert words_loaded(queries) == 1
    assert list(refused.context["form"].errors) == ["body"]
    assert "can't be published: paragraph 2." in unescape(refused.text)
    assert not is_live(story)
    mended = moderator.post(address, form("publish", summary=f"A {ORDINARY}"))
    assert is_live(story)
    assert any("may give somebody away: summary." in text for text in texts_of(mended))
    # A refusal doesn't change a live page.
    moderator.post(address, form("publish", title=NAMES))
    assert Page.objects.get(pk=story.pk).title == "Hers"
    # Opening the editor takes no further query.
    with CaptureQueriesContext(connection) as queries:
        moderator.get(address)
    assert words_loaded(queries) == 0
    assert not any("leakhits" in each["sql"] for each in queries)


def words_loaded(queries):
    """Return how many of `queries` load the words of all people. Queries for whole rows don't count."""
    return sum("ordinary_words" in each["sql"] and '"kind"' not in each["sql"] for each in queries)


def in_bulk(client, page):
    client.post(
        f"/admin/bulk/wagtailcore/page/publish/?id={page.pk}&next=/admin/", {"include_descendants": ""}
    )


def by_action(_client, page):
    """Publish with Wagtail's action, as its API does. It doesn't call publish() of the page."""
    with pytest.raises(ValidationError) as raised:
        PublishPageRevisionAction(page.latest_revision).execute()
    assert "title" in raised.value.message_dict


def by_approval(client, page):
    state = make_index().get_workflow().start(page, make_user("Moderators"))
    task = state.current_task_state
    client.post(f"/admin/pages/workflow/action/{page.pk}/approve/{task.pk}/", {"comment": ""})
    task.refresh_from_db()
    assert task.status == task.STATUS_IN_PROGRESS


def by_schedule(_client, page):
    revision = page.latest_revision
    revision.approved_go_live_at = timezone.now()
    revision.save()
    with time_machine.travel(timezone.now() + datetime.timedelta(days=1)):
        call_command("publish_scheduled")
    revision.refresh_from_db()
    assert revision.approved_go_live_at


def by_code(_client, page):
    with pytest.raises(ValidationError):
        page.latest_revision.publish()


@pytest.mark.parametrize("route", [in_bulk, by_action, by_approval, by_schedule, by_code])
def test_no_route_publishes_a_full_name(client, route):
    """Check it for several page types. The person is in none of the pages."""
    make_agreeing_person({"naming": Naming.CHANGED}, names=NAMES)
    client.force_login(make_user(is_superuser=True))
    story = make_story(f"What {NAMES} said", live=False)
    plain = make_plain_page(f"About {NAMES}", slug="about-x", live=False)
    plain.save_revision()
    section = StoryIndexPage(title=f"With {NAMES}", slug="with-x", live=False)
    make_index().add_child(instance=section)
    section.save_revision()
    for page in (story, plain, section):
        route(client, page)
        assert not is_live(page), type(page)
    home = home_page()
    home.headline = NAMES
    with pytest.raises(ValidationError, match="headline"):
        home.save()


def test_alias_and_copy_have_an_address_of_their_own(moderator, person):
    story = make_story("Told")
    data = {"new_title": "Told", "new_slug": "bachelal-xuyimana", "new_parent_page": make_index().pk}
    person.consents.all()._raw_delete("default")
    for fields in ({"alias": "on"}, {"publish_copies": "on"}):
        moderator.post(f"/admin/pages/{story.pk}/copy/", data | fields)
        assert not Page.objects.filter(slug="bachelal-xuyimana", live=True).exists(), fields


def test_without_the_key_no_story_with_people_is_published(moderator, settings):
    person = make_agreeing_person({"picture": Picture.NONE}, names=NAMES)
    story, other = make_story_about(person, live=False), make_story(live=False)
    settings.SAFEGUARDING_KEYS = []
    form = story_form("publish", title="T", slug="t", **people_fields(story))
    response = moderator.post(f"/admin/pages/{story.pk}/edit/", form)
    assert "The key for the names of people is missing" in str(response.context["form"].errors["people"])
    other.latest_revision.publish()
    assert (is_live(story), is_live(other)) == (False, True)
