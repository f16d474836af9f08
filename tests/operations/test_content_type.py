"""Django gets no Content-Type header that names another charset than UTF-8."""

import pytest

from operations.content_type import drop_unusable_content_type

FORM = "application/x-www-form-urlencoded"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ("", True),
        (FORM, True),
        (f"{FORM}; charset=UTF-8", True),
        ('multipart/form-data; boundary="x; charset=hex"', True),
        (f"{FORM}; charset=utf-7", False),
        ("multipart/form-data; charset=utf-16; boundary=x", False),
        ("text/plain; charset=hex", False),
        ("text/plain; charset=idna", False),
        ("text/plain; charset=no-such-charset", False),
        # A parameter that says the charset of its value (RFC 2231).
        ("text/plain; a*=no-such-charset''x", False),
    ],
)
def test_only_utf_8_is_kept(sent, is_kept):
    seen = []
    drop_unusable_content_type(lambda environ, _start: seen.append(environ))({"CONTENT_TYPE": sent}, None)
    assert seen == [{"CONTENT_TYPE": sent if is_kept else ""}]
