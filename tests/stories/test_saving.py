"""What is made, counted and corrected when a story is saved or published, and what breaks no page."""

import re

import pytest
from django.core.management import call_command

from media.models import CleanImage, Rendition
from media.sweep import sweep_files
from stories import renditions
from stories.blocks import QuoteBlock
from stories.models import StoryPage
from stories.quotation_marks import PAIRS
from tests.support import builders
from tests.support.builders import film_block, make_image, make_private, make_story, parse, pictures_block
from tests.support.media_samples import make_older

pytestmark = pytest.mark.django_db

# --- Renditions, which are made when a page is published, not while a reader waits ---------------


def story_with_pictures(**fields):
    """Return a new story with a lead picture, and another picture in its body."""
    body = [pictures_block(make_image())]
    return make_story(lead_image=make_image(), lead_image_alt="A lamp", body=body, **fields)


def stored():
    """Return the names of the files of all renditions in the database."""
    return set(Rendition.objects.values_list("file", flat=True))


def test_publishing_makes_all_that_a_story_and_its_card_show(client, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        story = story_with_pictures(live=False)
        story.get_latest_revision().publish()
    made = stored()
    pages = [client.get(address).text for address in (story.url, "/stories/", "/search/?q=lamp", "/")]
    shown = [set(re.findall(r"/media/(images/[^ \"]+)", page)) for page in pages]
    assert shown[0] and set().union(*shown) <= made
    assert stored() == made, "no reader's request made one"


def test_preview_of_new_pictures_makes_one_rendition_of_each():
    gallery = pictures_block(make_image(), make_image())
    film = film_block("0")
    film["value"]["poster"] = picture(make_image().pk, "A lamp")["image"]
    body = [pictures_block(make_image()), gallery, film]
    story = make_story(lead_image=make_image(), lead_image_alt="A lamp", body=body)
    shown = parse(story.make_preview_request()).select("main img")
    addresses = [each["src"] for each in shown]
    assert {each.rpartition("/")[2] for each in addresses} == {each.rpartition("/")[2] for each in stored()}
    assert len(shown) == 5 and all(each["alt"] for each in shown)


def test_publishing_goes_on_when_a_picture_can_not_be_made(django_capture_on_commit_callbacks, caplog):
    story = story_with_pictures()
    # As when the disk lost the file.
    story.lead_image.file.storage.delete(story.lead_image.file.name)
    with django_capture_on_commit_callbacks(execute=True):
        story.save_revision().publish()
    assert StoryPage.objects.get().live
    renditions.make_or_log(987654321)  # the key of no page, as after its deletion
    assert "page 987654321 could not be made" in caplog.text


def test_reader_is_shown_the_first_of_two_renditions_made_at_a_time(media_root, monkeypatch):
    """As when a page is opened while its renditions are still made."""
    image = make_image()
    bulk_create = Rendition.objects.bulk_create

    def bulk_create_too_late(late, **options):
        """Store the renditions `late`. Another request, which makes the same ones, stores its own before."""
        monkeypatch.setattr(Rendition.objects, "bulk_create", bulk_create)
        for rendition in late:
            CleanImage.objects.get(pk=image.pk).get_rendition(rendition.filter_spec)
        return bulk_create(late, **options)

    monkeypatch.setattr(Rendition.objects, "bulk_create", bulk_create_too_late)
    shown = image.get_renditions("width-100", "width-200|format-webp")
    assert {rendition.file.name for rendition in shown.values()} == stored()
    make_older(media_root)
    sweep_files()
    assert {f"images/{path.name}" for path in media_root.glob("images/*")} == stored()


def test_command_makes_what_is_missing_for_public_pages_only(capsys):
    story_with_pictures()
    hidden = make_private(story_with_pictures())
    call_command("make_renditions")
    assert "0 pages failed" in capsys.readouterr().out
    made = set(Rendition.objects.values_list("pk", flat=True))
    assert made and not hidden.lead_image.renditions.exists()
    call_command("make_renditions", "--anew")
    assert Rendition.objects.count() == len(made)
    assert not Rendition.objects.filter(pk__in=made).exists()


# --- Counts ---------------------------------------------------------------------------------------


def counts_of(story):
    """Return (number of words, number of pictures without alternative text) that are stored for `story`."""
    return StoryPage.objects.values_list("word_count", "undescribed_pictures").get(pk=story.pk)


def picture(image, alt_text="", decorative=False):
    """Return the stored value of a PictureBlock. `image`: a primary key or None."""
    return {"image": {"image": image, "alt_text": alt_text, "decorative": decorative}, "caption": "By a road"}


def test_words_and_undescribed_pictures_are_counted():
    image = make_image()
    # The second has the other form in which Wagtail stores the items of a list.
    pictures = [picture(image.pk), {"type": "item", "value": picture(image.pk, "A road"), "id": "a"}]
    pictures += [picture(image.pk, decorative=True), picture(None)]
    film = {"kind": "video", "title": "Film", "url": "https://example.org/", "voice": "0"}
    films = [film | {"poster": picture(each)["image"]} for each in (None, image.pk)]
    body = [
        {"type": "heading", "value": {"text": "The road", "level": "2"}},
        {"type": "text", "value": "<p>We <b>walked</b> home.</p><p>Twice.</p>"},
        {"type": "pictures", "value": {"pictures": pictures}},
        *({"type": "media_link", "value": each} for each in films),
    ]
    story = make_story(body=body, lead_image=image, lead_image_decorative=True)
    # "The road" with the label of its size, "Section", which is in the text for the search too; "We walked
    # home. Twice."; four times "By a road"; "A road".
    words = 3 + 4 + 4 * 3 + 2
    # The first picture and that of the second film have neither alternative text nor the tick for decoration.
    assert counts_of(story) == (words, 2)
    builders.save_with(story, check=False, lead_image_decorative=False)
    assert counts_of(story) == (words, 3)
    story.lead_image_alt, story.body = "A road", [("text", "<p>One two three four five.</p>")]
    story.save_revision().publish()
    assert counts_of(story) == (5, 0)


# --- Malformed content, as an editor may paste or an import store it ------------------------------


# For each, urlsplit() raises ValueError, or does so when its `port` is read.
MALFORMED = ["http://[x", "//[", "http://\u2100.com/", "https://x:99999999/", "http://a]b"]


@pytest.mark.sqlite_only
def test_malformed_addresses_break_no_page(client, admin_client, subtests):
    blocks = []
    for address in MALFORMED:
        link = {"title": "Film", "kind": "video", "url": address, "voice": "0"}
        button = {"heading": "Help", "text": "Words", "label": "Go", "url": address, "page": None}
        blocks += [
            {"type": "text", "value": f'<p><a href="{address}">linked</a></p>'},
            {"type": "media_link", "value": link},
            {"type": "action", "value": button},
        ]
    story = make_story("A lamp", body=blocks)
    paths = dict.fromkeys([story.url, f"{story.url}?text=1", "/search/?q=linked"], client)
    views = [f"/admin/pages/{story.pk}/{view}/" for view in ("edit", "view_draft")]
    paths |= dict.fromkeys(views, admin_client)
    for path, who in paths.items():
        with subtests.test(path):
            assert ("A lamp" if "search" in path else "linked") in who.get(path).text


@pytest.mark.sqlite_only
@pytest.mark.usefixtures("media_root")
def test_characters_that_xml_does_not_allow_break_no_page(client, subtests):
    # A line break that was pasted from Word, another control character, and one that is no character.
    characters = "\x0b\x1f\ufffe"
    words = f"A lamp{characters} and a road"
    lead = {"lead_image": make_image(credit=words), "lead_image_alt": words}
    link = f'<p><a href="https://example.org/{characters}">{words}</a></p>'
    shown = {"image": {"image": make_image().pk, "alt_text": words, "decorative": False}, "caption": words}
    body = [{"type": "text", "value": link}, {"type": "pictures", "value": {"pictures": [shown]}}]
    story = make_story(words, slug="lamp", summary=words, authors=[words], body=body, **lead)
    for path in (story.url, f"{story.url}?text=1", "/stories/?text=1", "/feed.rss", "/feed.atom"):
        with subtests.test(path):
            assert "A lamp" in client.get(path).text


# --- Quotation marks ------------------------------------------------------------------------------


# (text that an editor typed, text that is stored).
ROWS = [
    (" “I counted.” ", "I counted."),
    ("«\xa0Je comptais.\xa0»", "Je comptais."),
    ("‘I don’t know.’", "I don’t know."),
    ("'I don't know.'", "I don't know."),
    ("“He said ‘come’.”", "He said ‘come’."),
    *((f"{opening}I counted.{closing}", "I counted.") for opening, closing in sorted(PAIRS)),
]
# No pair of marks is around all of the text, so nothing is removed.
UNCHANGED = ["I counted.", "“Go,” she said, “now.”", "“Go,” she said.", '"', "First.\n\n“Second.”"]
ROWS += zip(UNCHANGED, UNCHANGED, strict=True)


@pytest.mark.parametrize(("typed", "stored"), ROWS)
@pytest.mark.sqlite_only
def test_quote_is_stored_without_a_pair_of_marks_around_all_of_it(typed, stored):
    block = QuoteBlock()
    assert block.clean(block.to_python({"text": typed}))["text"] == stored
