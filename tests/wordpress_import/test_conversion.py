"""Classic HTML, WordPress blocks and modules of Divi become blocks of a body, without losing a word."""

import time
from collections import Counter
from itertools import product

import pytest
from wagtail.admin.rich_text.converters.contentstate import ContentstateConverter

from stories.blocks import TEXT_FEATURES
from wordpress_import.context import Context
from wordpress_import.conversion import convert
from wordpress_import.expanding import Expander, Notes
from wordpress_import.export import Attachment, Export
from wordpress_import.fidelity import shown_html, words
from wordpress_import.markup import TextError
from wordpress_import.names import NAMES
from wordpress_import.pieces import BlockCollector
from wordpress_import.reading import Item

pytestmark = pytest.mark.sqlite_only
UPLOADS = "https://old.example/wp-content/uploads/2020/04"


class Files:
    """A library that has every picture and PDF whose path is without "gone"."""

    def find(self, kind, path, url, alt=""):
        if "gone" in path or (kind == "document" and not path.endswith(".pdf")):
            return None
        return {"image": 7, "document": 8}[kind]


def convert_text(content, item=None):
    """Return the Converted of an item with `content`, or of `item` if it is given.

    The export also has the attachment 5, a picture, and the reusable block 6.
    """
    export = Export(base_url="https://old.example", hosts={"old.example"})
    export.attachments["5"] = Attachment(f"{UPLOADS}/kiln.jpg", "kiln", "A brick kiln", "At dusk", "1")
    export.reusable["6"] = "<!-- wp:paragraph --><p>Call us</p><!-- /wp:paragraph -->"
    return convert(item or Item(id="1", content=content), export, Context(export, {}, Files()))


# These functions return blocks of a body as (type, value).


def text(*paragraphs):
    return ("text", "".join(paragraphs))


def heading(words, level="2"):
    return ("heading", {"text": words, "level": level})


def quote(words, attribution=""):
    return ("quote", {"text": words, "attribution": attribution, "own_words": False, "language": ""})


def pictures(*shown):
    values = [
        {"image": {"image": 7, "alt_text": alt, "decorative": False}, "caption": caption}
        for alt, caption in shown
    ]
    return ("pictures", {"pictures": values})


def action(label, url):
    return ("action", {"heading": "", "text": "", "label": label, "page": None, "url": url})


def film(url, title=""):
    return ("media_link", {"kind": "video", "title": title, "url": url, "minutes": None, "transcript": ""})


IMG = f'<img src="{UPLOADS}/kiln-300x200.jpg" alt="A kiln">'
# {case: (content in WordPress, blocks of the body)}, for the classic editor, for blocks and for Divi.
CLASSIC = {
    "lines and paragraphs": ("One\ntwo\n\nthree", [text("<p>One<br/>two</p>", "<p>three</p>")]),
    "comments, which are no blocks": (
        "One\n\n<!--more Read on-->\n\ntwo\nthree<!--nextpage-->\n\n<!-- /wp:paragraph -->four",
        [text("<p>One</p>", "<p>two<br/>three</p>", "<p>four</p>")],
    ),
    "formats in each other": (
        '<p><em>She <strong>left</strong></em> <a href="/x">at<b> night</b></a></p>',
        [text('<p><i>She </i><i><b>left</b></i> <a href="https://old.example/x">at<b> night</b></a></p>')],
    ),
    "unsafe link": ('<p><a href="javascript:x()">Go</a></p>', [text("<p>Go</p>")]),
    "remark in brackets": ("She [name changed] left [sic].", [text("<p>She [name changed] left [sic].</p>")]),
    "escaped shortcode": ("Write [[gallery]] here", [text("<p>Write [gallery] here</p>")]),
    "unknown shortcode": ('[box style="x"]Words [b]within[/b][/box]', [text("<p>Words within</p>")]),
    "words in attributes": ('[notice text="Ask for help today"]', [text("<p>Ask for help today</p>")]),
    "references in attributes": (
        '[notice text="Ama &amp; Esi&#8217;s help" title="&lt;i&gt;Ask&lt;/i&gt; them"]',
        [text("<p>Ama &amp; Esi\u2019s help</p>", "<p><i>Ask</i> them</p>")],
    ),
    "semicolon and percentage in attributes": (
        '[notice text="Women ask; 9 % of men ask" a="color: red; margin: 0 auto" b="left 5%, top 50% 9% 9%"]',
        [text("<p>Women ask; 9 % of men ask</p>")],
    ),
    "brackets in an attribute": ('[box title="a[0]" x="1"]in[/box]', [text("<p>in</p>")]),
    "picture with a caption": (
        f'[caption width="300"]{IMG} By the road[/caption]',
        [pictures(("A kiln", "By the road"))],
    ),
    "gallery by ids": ('[gallery ids="5"]', [pictures(("A brick kiln", "At dusk"))]),
    "missing picture keeps its caption": (
        f'<figure><img src="{UPLOADS}/gone.jpg"><figcaption>The road</figcaption></figure>',
        [text("<p>The road</p>")],
    ),
    "caption with a link": (
        f'<figure>{IMG}<figcaption>By <a href="/x">Esi</a></figcaption></figure>',
        [pictures(("A kiln", "")), text('<p>By <a href="https://old.example/x">Esi</a></p>')],
    ),
    "picture in a sentence": (f"<p>One {IMG} two</p>", [text("<p>One two</p>"), pictures(("A kiln", ""))]),
    "address alone": ("https://youtu.be/abc", [film("https://youtu.be/abc", "https://youtu.be/abc")]),
    "loose item": ("<li>One</li><li>two</li>", [text("<ul><li>One</li><li>two</li></ul>")]),
    "list in a list": (
        "<ul><li>One<ol><li>two</li></ol></li><ul><li>three</li></ul></ul>",
        [text("<ul><li>One <ol><li>two</li></ol> <ul><li>three</li></ul></li></ul>")],
    ),
    "heading with a link": (
        '<h2><a href="/x">A</a></h2>',
        [text('<h2><a href="https://old.example/x">A</a></h2>')],
    ),
    "table": (
        '<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td><a href="/x">2</a></td></tr></table>',
        [
            (
                "table",
                {
                    "caption": "",
                    "columns": [{"type": "text", "heading": "A"}, {"type": "link", "heading": "B"}],
                    "rows": [{"values": ["1", '<p><a href="https://old.example/x">2</a></p>']}],
                },
            )
        ],
    ),
    "joined cells": (
        '<table><tr><td colspan="2">A</td></tr><tr><td>1</td><td>2</td></tr></table>',
        [text("<p>A</p>", "<p>1 2</p>")],
    ),
    "words for screen readers": (
        "<h2 class='wide screen-reader-text'>Menu</h2><p>one <b class='screen-reader-text'>b</b>two</p>",
        [text("<p>one two</p>")],
    ),
    "script": ("<p>a</p><script>steal()</script>", [text("<p>a</p>")]),
}
BLOCKS = {
    "heading and text": (
        '<!-- wp:heading {"level":3} --><h3>Home</h3><!-- /wp:heading -->'
        "<!-- wp:paragraph -->\n<p>One\ntwo</p>\n<!-- /wp:paragraph -->",
        [heading("Home", "3"), text("<p>One two</p>")],
    ),
    "text beside a block": (
        "One\n\ntwo<!-- wp:paragraph --><p>three</p><!-- /wp:paragraph --><!--more-->\n\nfour",
        [text("<p>One two</p>", "<p>three</p>", "<p>four</p>")],
    ),
    "quote": (
        "<!-- wp:quote --><blockquote><p>I left.</p><p>I live.</p><cite>Ama</cite></blockquote>"
        "<!-- /wp:quote -->",
        [quote("I left.\n\nI live.", "Ama")],
    ),
    "gallery": (
        "<!-- wp:gallery --><figure class='wp-block-gallery'><!-- wp:image --><figure>"
        f"{IMG}<figcaption>One</figcaption></figure><!-- /wp:image --><!-- wp:image --><figure>{IMG}"
        "</figure><!-- /wp:image --><figcaption>Both</figcaption></figure><!-- /wp:gallery -->",
        [pictures(("A kiln", "One"), ("A kiln", "")), text("<p>Both</p>")],
    ),
    "button between words": (
        '<p>One <a class="wp-block-button__link" href="https://a.example/">Give</a> two</p>',
        [text("<p>One</p>"), action("Give", "https://a.example/"), text("<p>two</p>")],
    ),
    "button": (
        '<!-- wp:button --><div class="wp-block-button"><a class="wp-block-button__link" href="https://a.example/">'
        "Give</a></div><!-- /wp:button -->",
        [action("Give", "https://a.example/")],
    ),
    "file": (
        f'<!-- wp:file --><div class="wp-block-file"><a href="{UPLOADS}/r.pdf">Report</a>'
        f'<a href="{UPLOADS}/r.pdf" class="wp-block-file__button">Download</a></div><!-- /wp:file -->',
        [("document", {"document": 8, "title": "Report"})],
    ),
    "embed": (
        '<!-- wp:core-embed/vimeo {"url":"https://vimeo.com/1"} --><figure class="wp-block-embed"><div>\n'
        "https://vimeo.com/1\n</div><figcaption>The road</figcaption></figure><!-- /wp:core-embed/vimeo -->",
        [film("https://vimeo.com/1", "The road")],
    ),
    "text after the caption of a film": (
        "<figure class='wp-block-embed'>https://vimeo.com/1<figcaption>The road</figcaption>Call us &amp; ask"
        "</figure><p>today</p>",
        [film("https://vimeo.com/1", "The road"), text("<p>Call us &amp; ask</p>", "<p>today</p>")],
    ),
    "film after its caption": (
        "<figure class='wp-block-embed'><figcaption>The road</figcaption>\nhttps://vimeo.com/1\n</figure>",
        [film("https://vimeo.com/1", "The road")],
    ),
    "text after the caption of something else": (
        "<figure class='wp-block-embed'><b>Map</b><figcaption>The road</figcaption>Call us</figure>",
        [text("<p><b>Map</b></p>", "<p>Call us</p>", "<p>The road</p>")],
    ),
    "details": (
        "<!-- wp:details --><details><summary>More</summary><!-- wp:paragraph --><p>Words</p>"
        "<!-- /wp:paragraph --></details><!-- /wp:details -->",
        [heading("More", "4"), text("<p>Words</p>")],
    ),
    "reusable block": ('<!-- wp:block {"ref":6} /-->', [text("<p>Call us</p>")]),
    "latest posts": ("<!-- wp:latest-posts /--><p>a</p>", [text("<p>a</p>")]),
    "unknown block": (
        '<!-- wp:acme/box {"note":"Ask for help today"} /-->',
        [text("<p>Ask for help today</p>")],
    ),
    # The texts of an icon and of a style are not for readers.
    "HTML in attributes": (
        '<!-- wp:acme/box {"text":"<p><b>Ask</b>; 9 of 10 = most.</p><p>Go <a href=/x>home</a>",'
        '"icon":"<svg><title>An icon of a phone</title></svg>","css":"<style>p { color: red }</style>"} /-->',
        [text("<p><b>Ask</b>; 9 of 10 = most.</p>", '<p>Go <a href="https://old.example/x">home</a></p>')],
    ),
    "what an attribute leaves open": (
        '<!-- wp:acme/box {"text":"</div><i>Ask</i> <script>x"} /-->'
        '<!-- wp:acme/box {"text":"<b>for</b> \\u003c!-- x"} /--><p>help</p>',
        [text("<p><i>Ask</i></p>", "<p><b>for</b></p>", "<p>help</p>")],
    ),
}
DIVI = {
    "text": (
        '[et_pb_section admin_label="Hero"][et_pb_row][et_pb_text]One\n\ntwo'
        "[/et_pb_text][/et_pb_row][/et_pb_section]",
        [text("<p>One</p>", "<p>two</p>")],
    ),
    "blurb": (
        f'[et_pb_blurb title="Say %22no%22" image="{UPLOADS}/kiln.jpg" alt="A kiln"]'
        "<p>Words</p>[/et_pb_blurb]",
        [pictures(("A kiln", "")), heading('Say "no"', "4"), text("<p>Words</p>")],
    ),
    "testimonial": (
        '[et_pb_testimonial author="Ama" job_title="Weaver"]I left.[/et_pb_testimonial]',
        [quote("I left.", "Ama, Weaver")],
    ),
    "button": (
        '[et_pb_button button_text="Give" button_url="https://a.example/" /]',
        [action("Give", "https://a.example/")],
    ),
    "tabs": (
        '[et_pb_tabs][et_pb_tab title="Law"]Words[/et_pb_tab][/et_pb_tabs]',
        [heading("Law", "4"), text("<p>Words</p>")],
    ),
    "video": ('[et_pb_video src="https://youtu.be/abc" /]', [film("https://youtu.be/abc")]),
    "form": (
        '[et_pb_contact_form title="Mail"][et_pb_contact_field field_title="x" /][/et_pb_contact_form]',
        [],
    ),
    "global module": ('[et_pb_text global_module="6"][/et_pb_text]', [text("<p>Call us</p>")]),
    "label for editors": (
        '[et_pb_slide admin_title="Ama, not for readers" heading="Law"]Words[/et_pb_slide]',
        [heading("Law", "3"), text("<p>Words</p>")],
    ),
    "unknown module": (
        '[et_pb_novel title="Ask for help"]Words[/et_pb_novel]',
        [text("<p>Ask for help</p>", "<p>Words</p>")],
    ),
    "Divi 5": (
        "<!-- wp:divi/section --><!-- wp:divi/blurb "
        '{"title":{"innerContent":{"desktop":{"value":{"text":"Law"}}}},'
        '"content":{"innerContent":{"desktop":{"value":"\\u003cp\\u003eWords\\u003c/p\\u003e"}}}} /-->'
        '<!-- wp:divi/button {"button":{"innerContent":{"desktop":{"value":'
        '{"text":"Give","linkUrl":"https://a.example/"}}}}} /-->'
        "<!-- /wp:divi/section -->",
        [heading("Law", "4"), text("<p>Words</p>"), action("Give", "https://a.example/")],
    ),
}
CASES = {
    f"{group}: {name}": case
    for group, cases in (("classic", CLASSIC), ("block", BLOCKS), ("Divi", DIVI))
    for name, case in cases.items()
}


@pytest.mark.parametrize("name", CASES)
def test_content_becomes_blocks_and_keeps_its_words(name):
    content, expected = CASES[name]
    converted = convert_text(content)
    assert [(block["type"], block["value"]) for block in converted.blocks] == expected
    assert not converted.notes.lost


def test_every_text_survives_the_editor_word_for_word():
    """Opening a page in Wagtail's editor and saving it loses no word of the rich text."""
    converter = ContentstateConverter(TEXT_FEATURES)
    for name, (content, _expected) in CASES.items():
        for block in convert_text(content).blocks:
            if block["type"] == "text":
                saved = converter.to_database_format(converter.from_database_format(block["value"]))
                assert words(saved) == words(block["value"]), name


CAPTIONED = f"<figure>{IMG}<figcaption>Seven kilns</figcaption></figure>"
LINK = "class='wp-block-button__link' href='https://a.example/'"
FILE = f"<a href='{UPLOADS}/r.pdf'>Seven</a><a href='{UPLOADS}/r.pdf' class='wp-block-file__button'>kilns</a>"
# {what can be within something else: (its content in WordPress, its words, number of its pictures)}.
THINGS = {
    "button": (f"<div class='wp-block-button'><a {LINK}>Seven kilns</a></div>", "seven kilns", 0),
    "link of a button": (f"<a {LINK}>Seven kilns</a>", "seven kilns", 0),
    "button without an address": ("<a class='wp-block-button__link'>Seven kilns</a>", "seven kilns", 0),
    "two buttons": (f"<div class='wp-block-button'><a {LINK}>Seven</a> <a>kilns</a></div>", "seven kilns", 0),
    "picture": (f"{IMG} Seven kilns", "seven kilns", 1),
    "figure": (CAPTIONED, "seven kilns", 1),
    "gallery": (f"<figure class='wp-block-gallery'>{CAPTIONED * 2}</figure>", "seven kilns seven kilns", 2),
    "embed": (
        "<figure class='wp-block-embed'><div>\nhttps://vimeo.com/1\n</div>"
        "<figcaption>Seven kilns</figcaption></figure>",
        "seven kilns",
        0,
    ),
    "frame": ("<iframe src='https://youtu.be/a'></iframe> Seven kilns", "seven kilns", 0),
    "film": ("<video src='/a.mp4'>Seven kilns</video>", "seven kilns", 0),
    "separator": ("Seven<hr>kilns", "seven kilns", 0),
    "file": (f"<div class='wp-block-file'>{FILE}</div>", "seven kilns", 0),
    "heading": ("<h3>Seven</h3>kilns", "seven kilns", 0),
    "table": ("<table><caption>Seven</caption><tr><td>big</td><td>kilns</td></tr></table>", "seven kilns", 0),
    "details": ("<details><summary>Seven</summary><p>kilns</p></details>", "seven kilns", 0),
    "columns": ("<div class='wp-block-columns'><div>Seven</div><div>kilns</div></div>", "seven kilns", 0),
    "list": ("<ul><li>Seven<ol><li>big</li></ol></li>kilns</ul>", "seven big kilns", 0),
    "loose items": ("<li>Seven</li><li>kilns</li>", "seven kilns", 0),
    "quote": ("<blockquote>Seven<cite>kilns</cite></blockquote>", "seven kilns", 0),
    "lines": ("<pre>Seven\n  kilns</pre>", "seven kilns", 0),
    "Divi button": ("[et_pb_button button_text='Seven kilns' button_url='/x' /]", "seven kilns", 0),
    "Divi blurb": (
        f"[et_pb_blurb title='Seven' image='{UPLOADS}/kiln.jpg' button_text='kilns']big[/et_pb_blurb]",
        "seven big kilns",
        1,
    ),
    "Divi testimonial": ("[et_pb_testimonial author='kilns']Seven[/et_pb_testimonial]", "seven kilns", 0),
    "Divi gallery": ("[et_pb_gallery gallery_ids='5' /]Seven kilns", "seven kilns at dusk", 1),
    "reusable block": ('<!-- wp:block {"ref":6} /-->', "call us", 0),
}
TABLE = "<tr><td>three</td><td>four</td></tr></table>"
# {place: its content in WordPress, with "HERE" for a thing}.
PLACES = {
    "paragraph": "<p>one HERE two</p>",
    "quote": "<blockquote>one HERE two</blockquote>",
    "source of a quote": "<blockquote>one<cite>HERE two</cite></blockquote>",
    "item": "<ul><li>one HERE two</li></ul>",
    "item of an inner list": "<ol><li>one<ul><li>HERE</li></ul>two</li></ol>",
    "loose item": "<li>one HERE two</li>",
    "list, outside of an item": "<ul><li>one</li>HERE two</ul>",
    "cell": f"<table><tr><td>one HERE</td><td>two</td></tr>{TABLE}",
    "heading of a column": f"<table><tr><th>one HERE</th><th>two</th></tr>{TABLE}",
    "joined cell": f"<table><tr><td colspan='2'>one HERE two</td></tr>{TABLE}",
    "caption of a table": f"<table><caption>one HERE two</caption>{TABLE}",
    "caption of a table block": (
        f"<figure class='wp-block-table'><table>{TABLE}<figcaption>one HERE two</figcaption></figure>"
    ),
    "caption": f"<figure>{IMG}<figcaption>one HERE two</figcaption></figure>",
    "caption of a film": (
        "<figure class='wp-block-embed'>https://youtu.be/a<figcaption>one HERE two</figcaption></figure>"
    ),
    "heading": "<h2>one HERE two</h2>",
    "summary": "<details><summary>one HERE two</summary></details>",
    "link": "<a href='/x'>one HERE two</a>",
    "button": f"<div class='wp-block-button'>one <a {LINK}>HERE</a> two</div>",
    "file": f"<div class='wp-block-file'>one <a href='{UPLOADS}/r.pdf'>HERE</a> two</div>",
    "Divi text": "[et_pb_text]one\n\nHERE\n\ntwo[/et_pb_text]",
    "Divi testimonial": "[et_pb_testimonial author='two']one HERE[/et_pb_testimonial]",
}


def test_anything_within_anything_else_keeps_its_words_and_pictures(subtests):
    for (place, around), (name, (thing, seen, count)) in product(PLACES.items(), THINGS.items()):
        with subtests.test(f"{name} in {place}"):
            converted = convert_text(around.replace("HERE", thing))
            assert converted.notes.lost == []
            missing = Counter(["one", "two", *seen.split()]) - Counter(words(shown_html(converted.blocks)))
            assert not missing
            found = [each["value"]["pictures"] for each in converted.blocks if each["type"] == "pictures"]
            assert sum(map(len, found)) == count + around.count(IMG)


def test_button_within_text_is_a_link():
    for around, expected in (
        ("<ul><li>HERE</li></ul>", "<ul><li><a {}>Give</a></li></ul>"),
        ("<h2>HERE</h2>", "<h2><a {}>Give</a></h2>"),
    ):
        content = around.replace("HERE", BLOCKS["button"][0])
        link = 'href="https://a.example/"'
        assert convert_text(content).blocks == [{"type": "text", "value": expected.format(link)}]


def test_what_is_unknown_dropped_or_missing_is_noted():
    notes = convert_text(
        f'[box a="1"]x[/box][et_pb_signup /]<img src="{UPLOADS}/gone-150x150.jpg">'
        "<!-- wp:acme/box /--><!-- wp:query /--><iframe src='https://frames.example/'></iframe>"
        "<iframe src='//['></iframe>"
        '<!-- wp:file --><a href="/x">Facts</a><a class="wp-block-file__button">Download</a><!-- /wp:file -->'
    ).notes
    assert notes.shortcodes == {"box": 1}
    assert notes.blocks == {"acme/box": 1}
    assert notes.dropped == {"divi signup": 1, "query": 1, "download button": 1}
    assert notes.missing == ["2020/04/gone.jpg"]
    assert ["a frame of another site is left out: %s", "https://frames.example/"] in notes.reasons


# {place: its content in WordPress, which hid what stands for "HERE" from readers}.
HIDDEN = {
    "block": '<!-- wp:group {"metadata":{"blockVisibility":false}} --><div>HERE</div><!-- /wp:group -->',
    "Divi 4": '[et_pb_section disabled="on"][et_pb_text]HERE[/et_pb_text][/et_pb_section]',
    "Divi 4, on each device": '[et_pb_text disabled_on="on|on|on"]HERE[/et_pb_text]',
    "Divi 5": (
        '<!-- wp:divi/row {"module":{"decoration":{"disabledOn":{"desktop":{"value":"on"},'
        '"tablet":{"value":"on"},"phone":{"value":"on"}}}}} --><p>HERE</p><!-- /wp:divi/row -->'
    ),
    "attribute": "<div hidden><p>HERE</p></div>",
    "style": "<ul><li style='color: red; Display : none'>HERE</li></ul>",
}


@pytest.mark.parametrize("place", HIDDEN)
def test_what_was_hidden_from_readers_is_left_out_and_noted(place):
    content = HIDDEN[place].replace("HERE", "Her name")
    converted = convert_text(f"<p>one</p>{content}<p>two</p>")
    assert words(shown_html(converted.blocks)) == ["one", "two"]
    assert converted.notes.reasons == ["a part that WordPress hid from readers is left out"]
    assert converted.notes.dropped == {"hidden part": 1}


def test_a_reusable_part_that_is_not_published_is_left_out():
    export = Export()
    for number, fields in enumerate([{}, {"status": "trash"}, {"has_password": True}]):
        part = {
            "id": f"{number}",
            "type": "wp_block",
            "status": "publish",
            "content": f"<p>part {number}</p>",
        }
        export.add_item(Item(**part | fields))
    item = Item(id="9", content="".join(f'<!-- wp:block {{"ref":{number}}} /-->' for number in range(3)))
    assert shown_html(convert(item, export, Context(export, {}, Files())).blocks).count("part") == 1


@pytest.mark.parametrize(
    "content",
    [
        '<!-- wp:group {"metadata":{"blockVisibility":true}} --><div>one</div><!-- /wp:group -->',
        '<!-- wp:group {"metadata":[]} --><div>one</div><!-- /wp:group -->',
        '[et_pb_text disabled="off" disabled_on="on|on|off"]one[/et_pb_text]',
        '<!-- wp:divi/row {"module":{"decoration":{"disabledOn":{"phone":{"value":"on"}}}}} -->one'
        "<!-- /wp:divi/row -->",
        "<p style='display: block'>one</p>",
    ],
)
def test_what_some_readers_saw_stays(content):
    converted = convert_text(content)
    assert words(shown_html(converted.blocks)) == ["one"]
    assert not converted.notes.reasons


@pytest.mark.parametrize(
    "content",
    [
        f'<p>Read <a href="{UPLOADS}/NAME.pdf">the report</a>.</p>',
        f'[et_pb_button button_text="The report" button_url="{UPLOADS}/NAME.pdf" /]',
        f'<!-- wp:file --><a href="{UPLOADS}/NAME.pdf">The report</a><!-- /wp:file -->',
    ],
)
def test_link_to_a_file_leads_to_the_document_or_is_noted(content):
    found = convert_text(content.replace("NAME", "facts"))
    assert found.notes.missing == []
    assert UPLOADS not in str(found.blocks)
    missing = convert_text(content.replace("NAME", "gone"))
    assert missing.notes.missing == ["2020/04/gone.pdf"]
    assert missing.notes.reasons.count("a file to download is a link to the old address") == 1
    assert f"{UPLOADS}/gone.pdf" in str(missing.blocks)


def test_footnotes_come_from_the_post_meta():
    item = Item(id="1", content="<!-- wp:footnotes /-->", meta={"footnotes": '[{"content":"See the law"}]'})
    assert convert_text("", item).blocks[0]["value"] == "<ol><li>See the law</li></ol>"


# {address: what Export.path_key() returns for it}. The test below says which attachments the export has.
PATHS = {
    "https://www.old.example/wp-content/uploads/2020/04/kiln-300x200.jpg": "2020/04/kiln.jpg",
    "/wp-content/uploads/2020/04/kiln-scaled.jpg": "2020/04/kiln.jpg",
    "https://i2.wp.com/www.old.example/wp-content/uploads/2020/04/kiln.jpg?w=30": "2020/04/kiln.jpg",
    "https://old.files.wordpress.com/2020/04/road.jpg?w=30": "2020/04/road.jpg",
    # Pictures of their own: an edited one, and attachments that are only named like smaller or turned copies.
    "https://old.example/wp-content/uploads/2020/04/kiln-e1600000000.jpg": "2020/04/kiln-e1600000000.jpg",
    "https://old.example/wp-content/uploads/2020/04/anna-800x600.jpg": "2020/04/anna-800x600.jpg",
    "https://old.example/wp-content/uploads/2020/04/kiln-rotated.jpg": "2020/04/kiln-rotated.jpg",
    # A smaller copy of such an attachment.
    "https://old.example/wp-content/uploads/2020/04/anna-800x600-150x150.jpg": "2020/04/anna-800x600.jpg",
    # Pictures of other sites.
    "https://other.example/wp-content/uploads/2020/04/kiln.jpg": "",
    "//other.example/wp-content/uploads/2020/04/kiln.jpg": "",
    "https://i2.wp.com/other.example/wp-content/uploads/2020/04/kiln.jpg": "",
    "https://old.files.wordpress.com/2020/04/kiln.jpg": "",
}


def test_a_file_is_found_by_its_path_on_the_old_site():
    export = Export()
    # kiln.jpg is on two hosts, of which only the site's own counts. The only attachment road.jpg is on
    # another host, which counts for it.
    for number, url in enumerate(
        [f"{UPLOADS}/{name}.jpg" for name in ("kiln", "kiln-rotated", "big-scaled", "anna-800x600")]
        + ["https://old.files.wordpress.com/2020/04/road.jpg"]
        + ["https://cdn.example/wp-content/uploads/2020/04/kiln.jpg"]
    ):
        export.add_item(
            Item(id=f"{number}", type="attachment", attachment_url=url, base_url="https://old.example")
        )
    assert {path for path in export.uploads if export.is_named_like_copy(path)} == {
        "2020/04/anna-800x600.jpg",
        "2020/04/kiln-rotated.jpg",
    }
    export.named_like_copies = set(filter(export.is_named_like_copy, export.uploads))
    assert {url: export.path_key(url) for url in PATHS} == PATHS


@pytest.mark.parametrize("tag", ["div", "b", "ul><li", "blockquote", "span"])
def test_5000_nested_tags_lose_no_word(tag):
    converted = convert_text(f"<{tag}>" * 5000 + "the end" + f"</{tag.split('>')[0]}>" * 5000)
    assert words(shown_html(converted.blocks)) == ["the", "end"]


MANY = 60_000
# {case: content that is long}.
LONG = {
    "spaces": "a" + "\u00a0" * MANY * 2 + "b",
    "line breaks": "<p>a" + "<br>" * MANY + "b</p>",
    "variables of Divi 5": (
        '<!-- wp:divi/text {"content":{"innerContent":{"desktop":{"value":"'
        + "$variable(" * MANY
        + '"}}}} /-->'
    ),
}


@pytest.mark.parametrize("name", LONG)
def test_the_time_for_a_long_text_grows_with_its_length(name):
    start = time.process_time()
    convert_text(LONG[name])
    assert time.process_time() - start < 4  # seconds of CPU time


def test_the_time_for_loose_items_grows_with_their_number():
    start, collector = time.process_time(), BlockCollector(Notes())
    for _number in range(20_000):
        collector.add_item(f"<li>{'a' * 600}</li>")
    assert len(collector.finish()) == 1
    assert time.process_time() - start < 4


def test_what_would_lose_words_or_grow_without_end_is_refused():
    # flatten() doesn't recognise tags with "<" in an attribute, so the tree is too deep for the parser.
    with pytest.raises(TextError, match="nested too deep"):
        convert_text('<div title="<">' * 5000 + "the end" + "</div>" * 5000)
    # Each reusable block shows the next one 8 times, so the last one would be shown 2 million times.
    export = Export()
    for level in range(7):
        export.reusable[f"{level}"] = f'<!-- wp:block {{"ref":{level + 1}}} /-->' * 8 + "x" * 5000
    export.reusable["7"] = "<p>Words</p>"
    with pytest.raises(TextError, match="4 million characters"):
        Expander(export, Item(), Notes()).expand(export.reusable["0"])


def test_a_lost_word_is_named(monkeypatch):
    # As if the import had a fault, and lost paragraphs.
    monkeypatch.setitem(NAMES, "dropped_elements", {"p"})
    notes = convert_text("<p>found</p>").notes
    assert (["lost words: %s", 1] in notes.reasons, notes.lost) == (True, ["found"])


def test_a_word_that_became_two_is_not_lost():
    # For words(), <address> ends no word, so the post has "streetwrite". The page has two paragraphs.
    converted = convert_text("<address>12 Main Street</address><b>Write</b> to us")
    assert converted.notes.reasons == []
