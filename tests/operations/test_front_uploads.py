"""nginx with deploy/nginx.conf: how large a request body may be, and for whom.

The fixtures are classes of tests/support/upstream.py: `upstream` takes the place of the site and records the
requests that reach it; `front` is a client for nginx.
"""

import http.client
import time
from contextlib import suppress

import pytest

from caching.session_keys import make_session_key

pytestmark = pytest.mark.sqlite_only

PATIENCE = 30  # seconds for a response, and until nginx has written its log
# A cookie of the form that the site makes. Before nginx takes a large body, it asks the site, at /.session,
# whether the site made the cookie.
SESSION = {"Cookie": f"__Host-sessionid={make_session_key()}"}
# Bytes that a body may have: on the public site; in the admin, without and with a session; with files.
SMALL, ADMIN, FORM, LARGE = 64 * 2**10, 100 * 2**10, 3_000_000, 20 * 2**20


def status_of_upload(front, path, length, headers, is_chunked=False):
    """Send a body of `length` bytes; return the status of the response.

    With `is_chunked`, the request does not say how long the body is.
    """
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=PATIENCE)
    told = {"Transfer-Encoding": "chunked"} if is_chunked else {"Content-Length": str(length)}
    connection.request("POST", path, headers=headers | told)
    with suppress(BrokenPipeError, ConnectionResetError):  # refused before its end
        if is_chunked:
            connection.send(b"%x\r\n%s\r\n0\r\n\r\n" % (length, b"x" * length))
        elif length < LARGE:  # To a larger body, nginx responds in these tests before it has read it.
            connection.send(b"x" * length)
    status = connection.getresponse().status
    connection.close()
    return status


LIMITS = {
    LARGE: ["/admin/images/add/?next=1", "/admin/documents/edit/4/", "/admin/redirects/import/"],
    FORM: ["/admin/pages/4/edit/", "/admin/dismissibles/"],
    SMALL: ["/", "/documents/1/a.pdf"],
}
CASES = [(path, SESSION, limit) for limit, paths in LIMITS.items() for path in paths]
CASES += [("/admin/images/add/", {}, ADMIN), ("/admin/images/add/", {"Cookie": "sessionid=1"}, ADMIN)]
CASES.append(("/admin/login/", {"Cookie": "csrftoken=1"}, ADMIN))
CASES.append(("/_util/login/", {}, SMALL))  # where Wagtail asks for the login to a private page


@pytest.mark.parametrize(("path", "headers", "limit"), CASES)
def test_only_who_is_logged_in_can_send_large_bodies(upstream, front, path, headers, limit):
    assert status_of_upload(front, path, limit + 1, headers) == 413
    # Without a length, also those with a session may send no more than ADMIN.
    assert status_of_upload(front, path, min(limit, ADMIN) + 1, headers, is_chunked=True) == 413
    assert upstream.asked == []
    assert status_of_upload(front, path, limit - 1, headers) == 200
    address, _question, query = path.partition("?")
    check = ["/.session"] if limit in {FORM, LARGE} else []  # whether the site made the cookie
    assert [asked["PATH_INFO"] for asked in upstream.asked] == [*check, address]
    assert upstream.asked[-1]["QUERY_STRING"] == query
    assert int(upstream.asked[-1]["CONTENT_LENGTH"]) == limit - 1
    assert front.ask(f"/.upload{path}").status == 404, "nginx's location for uploads has no address"
    end = time.monotonic() + PATIENCE
    # Until nginx has logged the four requests above.
    while (log := (front.folder / "access.log").read_text()).count("\n") < 4:
        assert time.monotonic() < end
    assert f'"method":"POST","path":"{address}","status":"200"' in log


def test_large_body_is_not_read_if_the_site_did_not_make_the_cookie(upstream, front):
    upstream.status = "403 Forbidden"
    assert status_of_upload(front, "/admin/images/add/", LARGE, SESSION) == 403
    (asked,) = upstream.asked
    assert (asked["PATH_INFO"], asked["REQUEST_METHOD"]) == ("/.session", "GET")
    assert asked["HTTP_COOKIE"] == SESSION["Cookie"]
    assert not asked.get("CONTENT_LENGTH")
    assert front.ask("/.session").status == 404


def test_upload_gets_the_outage_page_when_the_site_does_not_respond(upstream, front, tmp_path):
    (tmp_path / "maintenance.html").write_text("<p>Call 0800 1234.</p>")
    upstream.stop()
    assert status_of_upload(front, "/admin/images/add/", LARGE, SESSION) == 503
