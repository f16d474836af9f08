"""Exports are read item by item. Files that are broken, harmful or no exports are refused with a reason."""

import gzip
import tracemalloc
import zipfile

import pytest

from tests.support.wordpress import HEAD, TAIL, export, wp_item
from wordpress_import import reading, sources

pytestmark = pytest.mark.sqlite_only


def read_all(path):
    """Return the list of all Items and WPAuthors in the file at `path`."""
    return [found for source in sources.find_sources([path]) for found in reading.read(source)]


# {case: (content of the file, part of the message)}. HEAD has two lines.
REFUSED = {
    "entity bomb": ('<!DOCTYPE rss [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><rss>&b;</rss>', "document type"),
    "foreign file": ('<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///x">]><rss>&a;</rss>', "document type"),
    "undefined entity": (f"{HEAD}<item>\n<title>&nope;</title></item>{TAIL}", "line 4, column 8"),
    "bare ampersand": (f"{HEAD}<item><link>/?a&b</link></item>{TAIL}", "line 3, column 18"),
    "cut off": (f"{HEAD}<item><title>The first", "line 3, column 23"),
    "control character": (f"{HEAD}<item><title>\x01</title></item>{TAIL}", "line 3, column 14"),
    "deep tags": (f"{HEAD}<item>{'<a>' * 1000}", "line 3: more than 1000 tags"),
    "web page": ("<html><body>Log in</body></html>", "no export of WordPress"),
    "feed": ("<rss><channel><item><title>News</title></item></channel></rss>", "a feed"),
    "unknown encoding": ('<?xml version="1.0" encoding="klingon"?><rss/>', "unknown encoding"),
    "empty": ("", "line 1, column 1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_good_export_is_refused_with_the_place(name, tmp_path):
    content, reason = REFUSED[name]
    path = tmp_path / "export.xml"
    path.write_text(content)
    with pytest.raises(sources.ExportError, match=reason):
        read_all(path)


def test_broken_archives_are_refused(tmp_path):
    for name in ("export.zip", "export.xml.gz"):
        path = tmp_path / name
        path.write_bytes(b"this is no archive")
        with pytest.raises(sources.ExportError, match="damaged"):
            read_all(path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "no export")
    with pytest.raises(sources.ExportError, match=r"no \.xml file"):
        read_all(tmp_path / "other.zip")


def test_plain_and_packed_files_give_the_same_items(tmp_path):
    text = export(wp_item(1, "<p>One</p>"), wp_item(2, status="draft", meta={"_thumbnail_id": "9"}))
    plain, packed, archive = tmp_path / "a.xml", tmp_path / "a.xml.gz", tmp_path / "a.zip"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("part 1.xml", text)
        file.writestr("__MACOSX/._part 1.xml", b"\x00\x05\x16\x07")
    expected = [("1", "<p>One</p>", "publish", {})]
    expected += [("2", "<p>Some words.</p>", "draft", {"_thumbnail_id": "9"})]
    for path in (plain, packed, archive):
        assert [(each.id, each.content, each.status, each.meta) for each in read_all(path)] == expected


# One huge text, then many items.
@pytest.mark.parametrize(("items", "length"), [(1, 4 * reading.MAX_TEXT), (16, reading.MAX_TEXT // 4)])
def test_memory_grows_neither_with_a_text_nor_with_the_number_of_items(tmp_path, items, length):
    is_too_long = items == 1
    path = tmp_path / "export.xml"
    with path.open("w") as file:
        file.write(HEAD)
        for number in range(items):
            file.write(f"<item><wp:post_id>{number}</wp:post_id><content:encoded><![CDATA[")
            file.writelines("example " * (length // 64) for _part in range(8))  # 8 characters each
            file.write("]]></content:encoded></item>")
        file.write(TAIL)
    found = []
    tracemalloc.start()
    for source in sources.find_sources([path]):
        for item in reading.read(source):
            found.append((item.id, item.too_long, len(item.content)))
            del item  # the importer keeps no item either
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == [(str(n), is_too_long, 0 if is_too_long else length) for n in range(items)]
    # All of it would take more than 4 * MAX_TEXT bytes.
    assert peak < 3 * reading.MAX_TEXT
