"""The commands load_demo and demo_login.

load_demo adds the content of the demonstration to a site without content. demo_login adds an administrator.
"""

import gzip
import io
import re
import stat
from collections import Counter

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from wagtail.log_actions import log
from wagtail.models import Page, Revision

from accounts import demo_account
from home.models import SiteSettings
from media.models import CleanDocument, CleanImage
from safeguarding.leak_check.candidates import FEW, WORDS_FOR_ONE, count_candidates
from safeguarding.leak_check.sources import read_texts
from safeguarding.models import Contributor, Reading, Use
from safeguarding.policies import is_lead
from stories import body, terms
from stories.demo.load import PICTURES, get_story_slugs
from stories.models import StoryPage, StoryTheme
from tests.support import builders, committed
from tests.support.backups import row_counts
from tests.support.environment import ROOT
from tests.support.stored_text import stored_names

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_pictures")]

# Bytes that a server sends before it waits for an answer: ten packets of 1,460. They have all that the first
# screen needs: the page with the style in it.
ONE_FLIGHT = 14_600
# Models of which load_demo makes rows.
MODELS = (Page, Revision, CleanImage, CleanDocument, terms.Theme, terms.Author, StoryPage, Contributor)


def run(*command):
    """Run a command and return its output."""
    out = io.StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def row_counts_after_the_night():
    """Return what row_counts() does, without the log, after the work of the night."""
    run("update_index")
    left_out = re.compile(r"caching_change|.*logentry|wagtailsearch_indexentry_fts_")
    return {name: rows for name, rows in row_counts().items() if not left_out.match(name)}


def load(*options):
    return run("load_demo", *options)


def counts():
    return {model: model.objects.count() for model in MODELS}


def test_demo_has_nine_stories_and_two_translations_and_a_second_run_changes_nothing(client):
    load()
    stories = list(StoryPage.objects.published().filter(locale__language_code="en").order_by("pk"))
    # One more is a draft.
    assert len(stories) == len(get_story_slugs()) - 1 == 9
    translations = list(StoryPage.objects.published().exclude(locale__language_code="en"))
    for story in [*stories, *translations]:
        story.full_clean()
        # A protected word in it would be told by its place.
        candidates, words = count_candidates([each.text for each in read_texts(story)])
        assert candidates <= 0.7 * (FEW + words / WORDS_FOR_ONE), story.title
        # Each shows what a real story would: much text, and several types of blocks.
        assert len(" ".join(body.iter_texts(story.body)).split()) >= 400, story.title
        assert len({block.block_type for block in story.body}) >= 4, story.title
        assert story.lead_image_alt
        assert story.themes
    assert len({story.get_parent().title for story in stories}) == 2
    assert not CleanImage.objects.filter(description="").exists()

    with committed.caches_in_use():
        check_pages(client, stories, translations)
    check_people(client)

    before = counts()
    assert "already" in load()
    assert "already" in load("--if-empty")
    assert counts() == before
    check_desk(client)


def check_pages(client, stories, translations):
    paths = ["/", "/stories/", "/stories/?country=kenya", "/get-help/", "/search/?q=work", "/fr/", "/ar/"]
    pages = {path: client.get(path) for path in paths + [story.url for story in stories + translations]}
    sizes = {path: len(gzip.compress(page.content)) for path, page in pages.items()}
    assert not {path: size for path, size in sizes.items() if size > ONE_FLIGHT}
    for path, page in pages.items():
        head, _tag, body = page.text.partition("<body>")
        assert ('rel="preload"' in body) != path.startswith("/ar/"), f"{path}: the typeface"
        assert 'rel="preload"' not in head, f"{path}: Chromium waits for the typeface"
    for path in ("/", "/stories/"):
        assert builders.parse(pages[path]).select_one(".card img").get("fetchpriority") == "high", path
    page = client.get("/stories/").text
    assert all(story.url in page for story in stories)
    assert stories[0].title in client.get(stories[0].url).text
    for slug in ("about", "get-help", "privacy", "accessibility"):
        assert client.get(f"/{slug}/").text.count("<h1") == 1
    # It asks readers to write about a problem, and the foot of the page has no address for that.
    assert builders.parse(client.get("/accessibility/")).select_one("main a[href^='mailto:']")
    home = client.get("/").text
    assert SiteSettings.objects.get().organisation_name in home and builders.home_page().headline in home
    check_translations(client, translations)


def check_people(client):
    """Check that most stories are about nobody, one is about a group, and the consent of one ends soon.

    Two more people are in the draft. Nobody has asked them yet.
    """
    client.force_login(get_user_model().objects.create_superuser("somebody"))
    pages = client.get("/admin/stories/?locale=en").context["pages"]
    states = {"ends_soon": 1, "held": 1, "in_order": 1, "nobody": 7}
    assert Counter(page.consent_state for page in pages) == states
    people = Contributor.objects.all()
    statuses = sorted((person.kind, person.get_status()) for person in people)
    assert statuses == [("", "none"), ("", "none"), ("adult", "ends_soon"), ("group", "active")]
    read = {(each.page_id, each.digest) for each in Reading.objects.filter(agrees=True)}
    assert {(each.page_id, each.digest) for each in Use.objects.filter(page__live=True)} == read != set()
    wants = [person.code for person in people if person.consents.filter(final_text="yes")]
    assert wants == ["P-7K3M"], "who sees each version first"
    # The names in the demonstration can't be taken for real people.
    names = [text for person in people for text in (person.names, person.proposed.get("names")) if text]
    assert [text.startswith("Invented for the demonstration") for text in names] == [True] * 3
    client.logout()


def check_translations(client, translations):
    """Check that one story is in French and one in Arabic, and is linked from the pages of its language."""
    # {language: words of a search that finds the story}
    words_in = {"ar": "الاستقدام", "fr": "le retour des jeunes femmes"}
    assert sorted(story.locale.language_code for story in translations) == sorted(words_in)
    for story in translations:
        language = story.locale.language_code
        words = words_in[language]
        original = story.get_translation(builders.home_page().locale)
        assert (story.date, story.countries) == (original.date, original.countries)
        assert [theme.locale.language_code for theme in story.themes] == [language] * len(original.themes)
        page = builders.parse(client.get(story.url))
        assert [link["href"] for link in page.select("header a[hreflang]")] == [original.url, story.url]
        addresses = [f"/{language}/", story.get_parent().url, f"/{language}/feed.atom", "/sitemap.xml"]
        addresses += [*(tag["href"] for tag in page.select(".tag")), f"/{language}/search/?q={words}"]
        for address in addresses:
            assert story.url in client.get(address).text, address
        help_link = page.select_one(".help-line a")
        assert builders.parse(client.get(help_link["href"])).html["lang"] == language
        assert [link["href"] for link in page.select(".action a")] == [help_link["href"]]


def test_each_picture_has_a_scene_that_it_is_drawn_from():
    scenes = {path.stem for path in (ROOT / "tests" / "demo_pictures" / "scenes").glob("*.svg")}
    assert {path.stem for path in PICTURES.glob("*.webp")} == scenes


def test_demo_is_not_loaded_into_a_site_with_content_or_without_a_key(settings):
    before, keys = counts(), settings.SAFEGUARDING_KEYS
    settings.SAFEGUARDING_KEYS = []
    with pytest.raises(CommandError, match="The key for restricted texts is missing"):
        load()
    assert counts() == before
    settings.SAFEGUARDING_KEYS = keys
    builders.make_story("Our own story")
    before = counts()
    with pytest.raises(CommandError, match="has content"):
        load()
    assert "no demonstration" in load("--if-empty")
    assert counts() == before


def check_desk(client):
    """Check that a lead finds few things to do, and that each can be done."""
    run("demo_login")
    client.force_login(get_user_model().objects.get(username=demo_account.USERNAME))
    desk = builders.parse(client.get("/admin/")).select_one("#safeguarding-today-section")
    found = {each.text: each.find_next("ul").select("a") for each in desk.select("h3")}
    assert [len(links) for links in found.values()] == [1, 1, 1, 2, 1, 1], found
    changed, draft = (builders.parse(client.get(link["href"])) for link in found["What waits for you"])
    assert [each.text.strip() for each in changed.select(".title-wrapper")] == ["Summary:"]
    assert changed.select_one("[name=still_right]")
    assert "P-6TQX" in draft.text
    # The consent that an editor wrote down can be confirmed as it is.
    address = found["Consents to confirm"][0]["href"]
    form = client.get(address).context["form"]
    fields = [field for field in [*form, *form.consent] if field.value() not in (None, "")]
    client.post(address, {field.name: field.value() for field in fields})
    assert Contributor.objects.get(code="P-9HWC").get_status() == "active"


def test_demo_login_prints_the_password_of_one_administrator_and_stores_it_for_its_user_only(settings):
    settings.TRY_OUT = False
    with pytest.raises(CommandError, match="try-out"):
        run("demo_login")
    assert not get_user_model().objects.exists()
    settings.TRY_OUT = True
    out = run("demo_login")
    user = get_user_model().objects.get()
    password = demo_account.password_file().read_text()
    assert user.is_superuser
    # A lead sees the pages of the safeguarding team.
    assert is_lead(user)
    assert user.check_password(password)
    assert password in out
    assert len(password) >= 16
    assert stat.S_IMODE(demo_account.password_file().stat().st_mode) == 0o600
    run("demo_login")
    assert get_user_model().objects.count() == 1


def test_demo_account_is_a_lead_only_where_all_people_are_those_of_the_demo():
    # The first code is that of a person in the demonstration.
    for code, leads in (("P-7K3M", True), ("P-ZZZZ", False)):
        Contributor.objects.create(code=code)
        run("demo_login")
        user = get_user_model().objects.get()
        assert is_lead(user) == leads, code
        user.delete()


def test_demo_is_removed_except_what_is_used_or_was_changed(
    transactional_db, django_db_serialized_rollback, media_root, client
):
    before, page = row_counts_after_the_night(), client.get("/").content
    load()
    assert stored_names()
    own = builders.make_story(
        "Our own", parent=StoryPage.objects.first().get_parent(), owner=builders.make_user()
    )
    theme, image = terms.Theme.objects.first(), CleanImage.objects.first()
    own.story_themes = [StoryTheme(theme=theme)]
    own.lead_image, own.lead_image_alt = image, "A lamp"
    own.save()
    changed, person = Page.objects.get(slug="about"), Contributor.objects.get(code="P-4GRN")
    log(changed, "wagtail.edit", user=own.owner)
    log(person, "safeguarding.withdraw")
    said = run("load_demo", "--remove")
    kept = [own.get_parent(), own.get_parent().get_parent(), theme, image, changed, person]
    assert sorted(said.splitlines()) == sorted(["Done.", *(f"Kept: {item!r}" for item in kept)])
    for item in [own, *kept, own.owner]:
        item.delete()
    after = row_counts_after_the_night()
    assert {name: (before[name], after[name]) for name in after if before[name] != after[name]} == {}
    assert client.get("/").content == page
    assert stored_names() == []
