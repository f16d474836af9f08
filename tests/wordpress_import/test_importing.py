"""The command import_wordpress makes drafts of posts and pages, and reports on every item of an export."""

import csv
import datetime
import json
import shutil
import stat

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from modelsearch.index import insert_or_update_object
from PIL import ExifTags, Image
from wagtail.models import Page, ReferenceIndex
from wagtail.search.models import IndexEntry

from caching.content_version import READING_STATEMENT
from home.models import StandardPage
from media.models import CleanDocument, CleanImage
from publishing.trash import move_to_trash
from safeguarding.withdrawal.addresses import digest_of
from safeguarding.withdrawal_models import Fingerprint, Ledger, Withdrawal
from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders, stored_text, translations
from tests.support.wordpress import export, wp_author, wp_item
from wordpress_import.models import ImportedFile, ImportedItem
from wordpress_import.writing import PageWriter

pytestmark = pytest.mark.django_db

# A reader's comment on a post, which is not imported.
COMMENT = (
    "<wp:comment><wp:comment_author>Bakary</wp:comment_author>"
    "<wp:comment_author_email>reader@post.example</wp:comment_author_email>"
    "<wp:comment_author_url>https://commenter.example</wp:comment_author_url>"
    "<wp:comment_author_IP>203.0.113.9</wp:comment_author_IP>"
    "<wp:comment_content>Her real name is Zuleika</wp:comment_content></wp:comment>"
)
# What plugins store about a post.
PLUGIN_DATA = {"_edit_last": "kofi99", "_sent_by": "tip@form.example", "_sent_from": "2001:db8::77"}
AUTHORS = wp_author(1, "ama.k", "Ama K.") + wp_author(2, "kofi99", "kofi99", "kofi99@mail.example")
AUTHORS += wp_author(3, "esi-staff", "esi@mail.example", "esi@mail.example")
NEVER = "0000-00-00 00:00:00"
UPLOADS = "/wp-content/uploads"
FIRST = {"title": "From Senegal home", "excerpt": "How she went home.", "creator": "ama.k", "more": COMMENT}
FIRST["meta"] = {"_yoast_wpseo_metadesc": "A way home for 50 % of them", "_yoast_wpseo_title": "%%title%%"}
FIRST["terms"] = [("category", name.lower(), name) for name in ("Sénégal", "Uncategorized")]
FIRST["terms"].append(("post_tag", "debt", "Debt"))
BY = '<a href="/author/ama.k/">Ama</a> <a href="/?author=3&author_name=esi-staff">Esi</a>'
BUTTON = '<div class="wp-block-button"><a href="/author/ama.k">All by Ama</a></div>'
ABOUT = f'<p>{BY} <a href="mailto:Kofi99@mail.example">Kofi</a></p>{BUTTON}'
ITEMS = [
    wp_item(1, '<p>She went home to <a href="https://old.example/post-2/">the coast</a>.</p>', **FIRST),
    wp_item(2, "[box a='1']Boxed[/box]<!-- wp:query /-->", status="private", creator="kofi99"),
    wp_item(3, password="open-sesame", creator="esi-staff", date=NEVER, date_gmt=NEVER),
    wp_item(4, ABOUT, type="page", status="pending", title="About us"),
    wp_item(5, status="trash"),
    wp_item(6, type="attachment", status="inherit", attachment_url=f"https://old.example{UPLOADS}/a.jpg"),
    wp_item(7, type="nav_menu_item"),
    wp_item(8, type="event", content="<p>Three more words</p>"),
    wp_item(1, title="Again"),
    wp_item(9, name="country", title="Slug", terms=[("language", "de", "Deutsch")]),
    wp_item(10, name="post-1", terms=[("post_tag", "kofi99", "kofi99")]),
]
# (id, outcome, reason) of each line of the report on ITEMS. In the export, each item is one line, after two
# lines of its head and three of AUTHORS.
OUTCOMES = [
    *((number, "imported", "") for number in "1234"),
    ("5", "skipped", "its status in WordPress is “trash”"),
    ("6", "skipped", "no imported page shows this file"),
    ("7", "skipped", "menus are made anew here"),
    ("8", "skipped", "it is of the type “event”: it holds 3 words; --as-story event imports it"),
    ("1", "skipped", "the same item stands in export.xml, line 6"),
    ("9", "skipped", "this site has no pages in its language, “de”"),
    ("10", "imported", ""),
]
# Texts of the export that must not get into the database, the files or the report. By default, the e-mail
# address of wp_author() begins with "kept-out@".
SECRETS = ["ama.k", "kofi99", "esi-staff", "mail.example", "kept-out@", "open-sesame", "203.0.113.9"]
SECRETS += ["Zuleika", "Bakary", "reader@post", "commenter.example", "tip@form", "2001:db8::77"]


@pytest.fixture
def run(tmp_path):
    """Return a function that imports `items`, texts of wp_item(), and returns the lines of the report.

    `base`: the address of the old site.
    """
    builders.make_index()

    def run(items=ITEMS, *options, write=True, base="https://old.example"):
        path = tmp_path / "export.xml"
        text = export(*items, authors=AUTHORS)
        path.write_text(text.replace("url>https://old.example<", f"url>{base}<"))
        more = ["--write"] if write else []
        call_command("import_wordpress", path, "--report", tmp_path / "report", *more, *options, verbosity=0)
        return json.loads((tmp_path / "report" / "report.json").read_text())["items"]

    return run


def outcomes(lines):
    return [(line["id"], line["outcome"], "; ".join(line["why"])) for line in lines]


def draft(slug):
    return StoryPage.objects.get(slug=slug).get_latest_revision_as_object()


def first_text(slug):
    return draft(slug).body.raw_data[0]["value"]


def test_every_item_has_one_line_and_each_page_is_an_undecided_draft(run, tmp_path):
    assert outcomes(run()) == OUTCOMES
    with (tmp_path / "report" / "report.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [each[0] for each in OUTCOMES]
    stories = StoryPage.objects.order_by("pk").values_list("slug", "live", "people")
    assert list(stories) == [(f"post-{end}", False, "") for end in ("1", "2", "3", "1-1")]
    assert not StandardPage.objects.get().live
    assert not StoryPage.objects.published().exists()


@pytest.mark.sqlite_only
def test_no_cell_of_the_report_is_a_formula(run, tmp_path):
    run([wp_item(1, title='"=1+1'), wp_item(2, title="\uff1d1+1")], write=False)
    with (tmp_path / "report" / "report.csv").open(newline="") as file:
        assert [row["title"] for row in csv.DictReader(file)] == ["'\"=1+1", "'\uff1d1+1"]


@pytest.mark.sqlite_only
def test_an_item_in_a_language_without_a_place_for_it_is_skipped_with_the_place_that_is_missing(run):
    translations.make_home("fr")  # without a section for stories
    kinds = [(kind, language) for kind in ("page", "post") for language in ("fr", "es", "ar")]
    items = [
        wp_item(number, type=kind, terms=[("language", language, language)])
        for number, (kind, language) in enumerate(kinds, 1)
    ]
    missing = {"page": "there is no home page", "post": "the section for stories has no version"}
    for (kind, language), line in zip(kinds, run(items, write=False), strict=True):
        why = [f"{missing[kind]} in its language, “{language}”, yet"]
        assert line["why"] == ([] if (kind, language) == ("page", "fr") else why)


def test_no_page_is_imported_below_one_in_the_trash(run):
    move_to_trash(builders.make_index())
    builders.make_index(title="Later", slug="later", parent=builders.home_page())
    [line] = run([wp_item(1)])
    assert StoryPage.objects.get(pk=line["page"]).get_parent().slug == "later"
    move_to_trash(builders.home_page())
    with pytest.raises(CommandError, match="There is no section for stories here"):
        run([wp_item(2)])


def test_a_draft_has_the_fields_terms_and_links_of_its_item(run):
    run()
    story = draft("post-1")
    assert (story.title, story.summary) == ("From Senegal home", "How she went home.")
    assert story.date == datetime.date(2021, 3, 5)
    # The date of wp_item(), 5 March 2021, 23:30, is in the time zone of the old site: 22:30 UTC.
    assert StoryPage.objects.get(slug="post-1").first_published_at.isoformat() == "2021-03-05T22:30:00+00:00"
    assert (story.search_description, story.seo_title) == ("A way home for 50 % of them", "")
    assert [country.code for country in story.countries] == ["SN"]
    assert [theme.name for theme in story.themes] == ["Debt"]
    assert [author.name for author in story.authors] == ["Ama K."]
    target = StoryPage.objects.get(slug="post-2")
    assert f'<a linktype="page" id="{target.pk}">the coast</a>' in story.body.raw_data[0]["value"]
    assert StoryPage.objects.get(slug="post-3").date is None
    assert [page.pk for page in Page.objects.search("senegal coast")] == [story.pk]
    # The indexes have what Wagtail would write, although the import writes them itself.
    references = ReferenceIndex.objects.filter(object_id=str(story.pk)).order_by("pk")
    assert {"themes", "body"} <= {each.model_path.split(".")[0].removeprefix("story_") for each in references}
    entries = IndexEntry.objects.filter(object_id=str(story.pk)).order_by("pk")
    before = set(references.values_list("content_path", "to_object_id")), list(entries.values())
    stored = StoryPage.objects.get(pk=story.pk)
    ReferenceIndex.create_or_update_for_object(stored)
    insert_or_update_object(stored)
    assert (set(references.values_list("content_path", "to_object_id")), list(entries.values())) == before


@pytest.mark.sqlite_only
def test_what_an_editor_must_look_at_is_said(run):
    lines = {line["id"]: line for line in run() if line["outcome"] == "imported"}
    left_out = "its author is left out, as the name is a login or an e-mail address"
    expected = {
        "1": {"its countries are a proposal"},
        "2": {"it was private in WordPress", left_out},
        "3": {"it had a password in WordPress", left_out},
        "4": {"it waited for a review in WordPress", "it is a plain page here: is it a story?"},
        "10": {"a category or tag is left out"},
    }
    for number, reasons in expected.items():
        assert reasons <= {str(each) for each in lines[number]["needs_eyes"]}, number
    assert ImportedItem.objects.get(key="post 2").needs_eyes == lines["2"]["needs_eyes"]
    assert (lines["2"]["unknown"], lines["2"]["left_out"]) == ({"box": 1}, {"query": 1})


def test_no_login_mail_password_comment_or_address_gets_in(run, uploads, media_root, tmp_path):
    path, image = uploads / "2020" / "04" / "signed.jpg", Image.new("RGB", (40, 30))
    (exif := image.getexif())[ExifTags.Base.Artist] = artist = "kofi99 tip@form.example"
    image.save(path, exif=exif)
    assert is_in(artist, path.read_bytes().decode("latin-1"))
    picture = '<p>A kiln.</p><img src="/wp-content/uploads/2020/04/signed.jpg" alt="A kiln">'
    run([*ITEMS, wp_item(11, picture, meta=PLUGIN_DATA, more=COMMENT)], "--uploads", str(uploads))
    media, reports = read_files(media_root), read_files(tmp_path / "report")
    assert (len(media), len(reports)) == (1, 4)  # the picture; report.html, .csv, .json and authors.csv
    everything = {"the database": stored_text.all_stored_text()} | media | reports
    assert {place: [each for each in SECRETS if is_in(each, text)] for place, text in everything.items()} == {
        place: [] for place in everything
    }
    assert [author.name for author in Author.objects.all()] == ["Ama K."]


def read_files(folder):
    """Return {path: path and content as one text} of the files in `folder`."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): f"{path.name} {path.read_bytes().decode('latin-1')}" for path in files}


def is_in(secret, text):
    return secret.casefold() in text.casefold()


@pytest.mark.sqlite_only
def test_names_for_authors_come_from_the_file(run, tmp_path):
    items = [*ITEMS[1:3], wp_item(11, creator="gone1"), wp_item(12, creator="gone2")]
    run(items)
    names = tmp_path / "report" / "authors.csv"
    assert names.read_text().splitlines() == ["id,name", "2,", "3,", "post 11,", "post 12,"]
    names.write_text("id,name\n2,The Accra team\n3,\npost 11,Kwame\npost 12,Yaa\n")
    names.chmod(0o644)
    for _run in range(2):  # the second one reads what the first one wrote
        run(items, "--authors", str(names))
        stories = [page.get_latest_revision_as_object() for page in StoryPage.objects.order_by("pk")]
        found = [[author.name for author in story.authors] for story in stories]
        assert found == [["The Accra team"], [], ["Kwame"], ["Yaa"]]
    assert {stat.filemode(path.stat().st_mode) for path in names.parent.iterdir()} == {"-rw-------"}


def test_a_second_run_and_a_report_write_nothing(run):
    with CaptureQueriesContext(connection) as queries:
        assert run(write=False)[0]["outcome"] == "imported"
    assert not writes_in(queries)
    run()
    with CaptureQueriesContext(connection) as queries:
        lines = run(base="http://www.old.example/")  # the same site
    assert not writes_in(queries)
    assert {line["outcome"] for line in lines} == {"unchanged", "skipped"}


def writes_in(queries):
    """Return the SQL statements of `queries` that write."""
    statements = [query["sql"] for query in queries]
    return [sql for sql in statements if not READING_STATEMENT.match(sql)]


def test_a_changed_item_makes_a_new_draft_only_if_nobody_worked_on_the_page(run, uploads):
    run([wp_item(1), wp_item(2), wp_item(3), wp_item(4), wp_item(5)])
    ImportedItem.objects.update(needs_eyes=[])  # an editor ticked them off
    touched, deleted = StoryPage.objects.get(slug="post-2"), StoryPage.objects.get(slug="post-3")
    touched.save_revision(clean=False)
    deleted.delete()
    for slug in ("post-4", "post-5"):
        move_to_trash(StoryPage.objects.get(slug=slug))
    new = f'<p>Other words.</p><img src="{UPLOADS}/2020/04/photo.jpg">'
    again = [wp_item(number, new, terms=[("post_tag", "new", "New theme")]) for number in (2, 3, 4)]
    lines = run([wp_item(1, "<p>Other words.</p>"), *again, wp_item(5)], "--uploads", str(uploads))
    trashed = "its page is in the trash here"
    assert [(outcome, why) for _id, outcome, why in outcomes(lines)] == [
        ("updated", ""),
        ("skipped", "it is another one in WordPress now, and somebody worked on the page here"),
        ("skipped", "its page was deleted here"),
        *[("skipped", trashed)] * 2,
    ]
    bodies = [first_text(page.slug) for page in StoryPage.objects.order_by("pk")]
    assert bodies == ["<p>Other words.</p>", *["<p>Some words.</p>"] * 3]
    found = dict(ImportedItem.objects.values_list("key", "needs_eyes"))
    assert found == {f"post {n}": ["there is no summary"] if n == 1 else [] for n in range(1, 6)}
    # Nothing of what is skipped comes in.
    assert not CleanImage.objects.exists()
    assert not Theme.objects.filter(name="New theme").exists()


def test_a_page_that_changes_while_the_import_runs_is_left_alone(run, monkeypatch):
    """While item 3 is imported, an editor works on page 1 and deletes page 2, whose items come later."""
    link = '<a href="https://old.example/post-4/">x</a>'
    run([wp_item(1), wp_item(2)])
    read = PageWriter.read

    def work_on_other_pages(writer, item, parent):
        if item.id == "3":
            StoryPage.objects.get(slug="post-1").save_revision(clean=False)
            StoryPage.objects.filter(slug="post-2").delete()
        return read(writer, item, parent)

    monkeypatch.setattr(PageWriter, "read", work_on_other_pages)
    lines = run([wp_item(3, link), *(wp_item(number, f"<p>New words. {link}</p>") for number in (1, 2, 4))])
    why = ["", "it is another one in", "its page was deleted", ""]
    assert [each[2][:20] for each in outcomes(lines)] == why
    assert "linktype" in first_text("post-3")


@pytest.mark.parametrize("killed_after", [1, 3])
def test_a_run_that_was_killed_goes_on(run, monkeypatch, killed_after):
    """`killed_after`: the number of items that the first run has stored when it is killed."""
    saved = ImportedItem.save
    calls = []

    def save(record, **kwargs):
        calls.append(record)
        if len(calls) == killed_after + 1:
            raise KeyboardInterrupt
        saved(record, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(ImportedItem, "save", save)
        with pytest.raises(KeyboardInterrupt):
            run()
    pages = StoryPage.objects.count() + StandardPage.objects.count()
    assert ImportedItem.objects.count() == pages == killed_after
    run()
    slugs = StoryPage.objects.order_by("pk").values_list("slug", flat=True)
    assert list(slugs) == ["post-1", "post-2", "post-3", "post-1-1"]
    assert 'linktype="page"' in first_text("post-1")


def test_a_broken_export_changes_nothing(tmp_path):
    builders.make_index()
    broken = tmp_path / "broken.xml"
    # It ends within the last of 11 items, which follow two lines of the head.
    broken.write_text(export(*ITEMS)[:-40])
    with pytest.raises(CommandError, match="line 13, column"):
        call_command("import_wordpress", broken, "--write", "--report", tmp_path / "report")
    assert not Page.objects.filter(depth__gt=3).exists()  # The section has the depth 3.
    assert not ImportedItem.objects.exists()


@pytest.fixture
def uploads(tmp_path, media_root):
    """An uploads folder with two pictures called photo.jpg, a document and a broken picture.

    Of one picture, only a smaller copy is there.
    """
    folder = tmp_path / "uploads"
    for name, data in {
        "2020/04/photo.jpg": builders.picture_bytes(40, 30, "JPEG"),
        "2020/05/photo-300x200.jpg": builders.picture_bytes(30, 40, "JPEG"),
        "2020/05/facts.txt": b"Facts in words.",
        "2020/05/broken.jpg": b"no picture",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.mark.sqlite_only
def test_files_come_by_their_path_and_whom_they_show_stays_undecided(run, uploads, tmp_path):
    url = "https://old.example/wp-content/uploads"
    content = (
        f'<p><img src="{url}/2020/04/photo-150x150.jpg" alt="A kiln"></p>'
        f'<p><img src="{url}/2020/05/photo.jpg"></p><p><img src="{url}/2020/05/broken.jpg"></p>'
        f'<p><a href="{url}/2020/05/facts.txt">Facts</a></p>'
        # The picture with a face cut off, and a picture of another site with the same path and number.
        f'<p><img src="{url}/2020/04/photo-e1600000000.jpg"></p><p><img class="wp-image-5" '
        'src="https://other.example/wp-content/uploads/2020/04/photo.jpg"></p>'
    )
    photo = {"type": "attachment", "status": "inherit", "attachment_url": f"{url}/2020/04/photo.jpg"}
    items = [wp_item(1, content, meta={"_thumbnail_id": "5"}), wp_item(5, **photo)]
    options = ["--uploads", shutil.make_archive(tmp_path / "uploads", "zip", uploads)]
    run(items, *options, write=False)
    assert not CleanImage.objects.exists()
    lines = run(items, *options)
    first, second = CleanImage.objects.order_by("pk")
    assert ((first.width, first.height), (second.width, second.height)) == ((40, 30), (30, 40))
    assert (first.description, first.is_shown, second.is_shown) == ("A kiln", False, False)
    story = StoryPage.objects.get()
    assert story.lead_image == first
    assert [block["type"] for block in story.body.raw_data] == ["pictures", "pictures", "text"]
    document = CleanDocument.objects.get()
    assert f'<a linktype="document" id="{document.pk}">Facts</a>' in story.body.raw_data[2]["value"]
    assert [line["outcome"] for line in lines] == ["imported", "imported"]
    missing = ["2020/04/photo-e1600000000.jpg", "2020/05/broken.jpg"]
    missing.append("https://other.example/wp-content/uploads/2020/04/photo.jpg")
    assert lines[0]["missing"] == missing
    assert "a picture has no alternative text" in lines[0]["needs_eyes"]
    with CaptureQueriesContext(connection) as queries:
        run(items, *options)
    assert not writes_in(queries)
    second.delete()  # by an editor
    run(items, *options)
    assert list(CleanImage.objects.all()) == [first]


def test_what_was_withdrawn_does_not_come_back(run, uploads):
    story = wp_item(1, '<p>A</p><img src="/wp-content/uploads/2020/04/photo.jpg">')
    options = ["--uploads", str(uploads)]
    run([story], *options)
    withdrawal = Withdrawal.objects.create(code="A-1")
    # By their fingerprints, the picture and the addresses of posts 2 and 3 belong to a person who withdrew.
    erased = {"picture": CleanImage.objects.get().file_hash, "address": "/stories/post-2/"}
    for kind, text in (erased | {"former": "/her-name/"}).items():
        digest = digest_of(text, Ledger.get().salt)
        Fingerprint.objects.create(withdrawal=withdrawal, kind=kind, digest=digest)
    # The database is now as after the restore of a backup from before the import.
    for model in (CleanImage, StoryPage, ImportedItem, ImportedFile):
        model.objects.all().delete()
    lines = run([story, wp_item(2), wp_item(3, link="https://old.example/her-name/")], *options)
    gone = ("skipped", "what was at its address was withdrawn here")
    assert outcomes(lines) == [("1", "imported", ""), ("2", *gone), ("3", *gone)]
    assert lines[0]["missing"] == ["2020/04/photo.jpg"]
    assert not CleanImage.objects.exists()


def test_an_item_that_fails_stops_no_other_and_leaves_no_file(run, uploads, media_root, monkeypatch):
    monkeypatch.setattr("wordpress_import.reading.MAX_TEXT", 70)
    # As if an editor took the slug at the same moment.
    monkeypatch.setattr("wordpress_import.fields.read_slug", lambda item, parent: "taken")
    picture = f'<img src="{UPLOADS}/2020/04/photo.jpg">'
    lines = run([wp_item(1, "word " * 20), wp_item(2), wp_item(3, picture)], "--uploads", str(uploads))
    assert [line["outcome"] for line in lines] == ["failed", "imported", "failed"]
    assert lines[2]["why"][0].startswith("ValidationError")
    assert StoryPage.objects.count() == ImportedItem.objects.count() == 1
    assert not [path for path in media_root.rglob("*") if path.is_file()]


@pytest.mark.sqlite_only
def test_files_outside_of_the_uploads_are_not_read(run, uploads, tmp_path):
    (tmp_path / "secret.txt").write_text("Not for readers.")
    (uploads / "link.txt").symlink_to(tmp_path / "secret.txt")
    url = "https://old.example/wp-content/uploads"
    names = ("link.txt", "../secret.txt", "%2e%2e/secret.txt")
    links = [f'<a href="{url}/{name}">x</a>' for name in names]
    run([wp_item(1, f"<p>{links}</p>")], "--uploads", str(uploads))
    assert not CleanDocument.objects.exists()
