"""Rules of the document sanitizer for what can name a person, such as a path, or can deceive a reader."""

import pytest
from pikepdf import String

from media.sanitizer import paths, pdf_content, pdf_schema, pdf_values, reasons

pytestmark = pytest.mark.sqlite_only

PATHS = [
    *("C:/Users/Amina/a", "C:\\Users\\Amina", "~/Pictures/Amina", "Macintosh HD:Users:amina:a"),
    *("x.sharepoint.com/personal/amina", "\\\\server\\amina", "/Users/amina/a", "file:a"),
    *("amina.bmp", "amina.jfif", "amina.odt", "amina.jpg (1)", "Amina.JPG - Copy", "amina.ai", "amina.xlsm"),
]
DESCRIPTIONS = ["A woman and/or her son", "At 10:30, a road", "Fig. 3 (2)", "Water jars", "A key", "9 a: b"]


@pytest.mark.parametrize("text", PATHS)
def test_path_is_recognised(text):
    assert not paths.is_not_path(text)


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_description_is_no_path(text):
    assert paths.is_not_path(text)


def test_full_screen_is_left_out():
    """A PDF that fills the screen would hide the browser's buttons, such as the one that closes it."""
    assert "FullScreen" not in pdf_schema.STANDARD_NAMES


def test_title_of_a_bookmark_is_no_path():
    assert str(pdf_values.SCALARS["title"](None, String(PATHS[0]))) == "-"
    assert str(pdf_values.SCALARS["title"](None, String("Chapter"))) == "Chapter"


def test_jpeg_inside_of_a_content_stream_is_refused_however_its_filter_is_written():
    # 43 is the code of "C", so this is /DCT. The other filter hides how a JPEG begins.
    for picture in (b"/DCT ID \xff\xd8\xff\xd9", b"[/AHx /D#43T] ID ffd8ffd9>", b"/Fl ID \xff\xd8\xff\xd9"):
        with pytest.raises(reasons.Refused):
            pdf_content.clean_content(b"BI /W 1 /H 1 /F %s EI" % picture, lambda data, _kind: data)
