"""Files of the old site are fetched from its host and CDN, at public IP addresses only, and only once."""

import json
from contextlib import closing
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from caching.content_version import READING_STATEMENT
from media.models import CleanDocument, CleanImage
from stories.models import StoryPage
from tests.support.builders import make_index, picture_bytes
from tests.support.old_site import ADDRESS, Clock, Network, OldSite, write_certificate
from tests.support.wordpress import export, wp_item
from wordpress_import import connections, fetching
from wordpress_import.export import Export

pytestmark = pytest.mark.sqlite_only
PUBLIC, PATH = "93.184.215.14", "/wp-content/uploads/2019/03/x.jpg"
# Reasons for which a file is not fetched.
NOT_PUBLIC, ELSEWHERE = "its host has an address that is not public", "it is not on the old site"
SCHEME, PORT = "its address does not begin with http or https", "its address has a password or a port"

# IP addresses that are not public, to which the name of an old site could resolve.
INNER = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1"),  # noqa: S104
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%2", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1"),
    # Those at which clouds tell a machine about itself.
    *("169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"),
    # Addresses of IPv4 in other forms.
    *("::ffff:127.0.0.1", f"::ffff:{PUBLIC}", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::", "2001:0:7f00:1::1"),
]
# Hosts in the address of an old site that are spellings of such IP addresses.
SPELLINGS = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001"),
    *("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "127。0。0。1", "①②⑦.0.0.1"),
]
# {reason why a file is not asked for: beginnings of its address, before PATH}. The old site is old.example.
BEGINNINGS = {
    SCHEME: [
        *("file://", "file://old.example", "ftp://old.example", "gopher://old.example", "dict://old.example"),
        *("jar:http://old.example!", "data:image/jpeg;base64,x.jpg"),
        "//old.example",  # Context.absolute() gives it the scheme of the old site
    ],
    ELSEWHERE: [
        *("http://evil.example", "http://old.example.evil.example", "http://evil-old.example"),
        *("http://sub.old.example", "http://evil.example/?http://old.example", "http://2130706433"),
        *("http://evil.example#@old.example", "http://old.example%40evil.example", "http://0x7f.1"),
        *("http://localhost", "https://i0.wp.com/evil.example", "https://i0.wp.com"),
        *("https://i0.wp.com.evil.example/old.example", "https://else.files.wordpress.com"),
    ],
    PORT: [
        *("http://evil.example\\@old.example", "http://old.example@evil.example", "http://old.example:22"),
        *("http://amina:secret@old.example", "http://old.example:6379", "https://old.example:8443"),
        *("http://[::1]", "http://[::ffff:7f00:1]"),
    ],
}
REFUSED = {f"{beginning}{PATH}": reason for reason, rows in BEGINNINGS.items() for beginning in rows}
REFUSED["http://old.example/wp-admin/x.jpg"] = ELSEWHERE
REFUSED["https://else.files.wordpress.com/2019/03/x.jpg"] = ELSEWHERE
# {where the old site redirects to: the reason why it is not followed}. ELSEWHERE is also the reason when the
# address is on the old site, but is not the one of the same file.
ELSEWHERES = [f"http://127.0.0.1{PATH}", f"http://169.254.169.254{PATH}", f"//10.0.0.1{PATH}"]
ELSEWHERES += [f"http://evil.example{PATH}", "/wp-content/uploads/2019/03/another.jpg", "/wp-login.php"]
REDIRECTS = dict.fromkeys(ELSEWHERES, ELSEWHERE) | {
    f"http://old.example:6379{PATH}": PORT,
    f"http://amina:secret@old.example{PATH}": PORT,
    "file:///etc/passwd": SCHEME,
    f"gopher://old.example{PATH}": SCHEME,
    f"http://[{PATH}": "the old site redirects to a malformed address",
    f"http://www.old.example{PATH}": NOT_PUBLIC,
    f"{PATH}?again": "the old site redirects too often",
}


@pytest.fixture
def network(monkeypatch):
    """The Network, in place of the real one."""
    network = Network()
    monkeypatch.setattr(connections, "resolve", network.resolve)
    monkeypatch.setattr("socket.getaddrinfo", network.look_up)

    # A function, because as a bound method it would not get the socket.
    def connect(sock, address):
        return network.connect(sock, address)

    monkeypatch.setattr("socket.socket.connect", connect)
    return network


@pytest.fixture
def clock(monkeypatch):
    """The Clock in place of the module `time` of the Fetcher, which waits between requests."""
    clock = Clock()
    monkeypatch.setattr(fetching, "time", clock)
    return clock


@pytest.fixture
def site(network, clock, monkeypatch):
    """The OldSite under the name old.example, whose address counts as public."""
    real = connections.is_public
    monkeypatch.setattr(connections, "is_public", lambda address: address == ADDRESS or real(address))
    network.names["old.example"] = [[ADDRESS]]
    site = OldSite(clock)
    monkeypatch.setattr(connections, "PORTS", dict.fromkeys(connections.PORTS, site.server_port))
    return site


def ask(url, host="old.example"):
    """Ask for the file at `url` as the import does. `host`: the old site. Return why it was not fetched."""
    found = Export(base_url=f"http://{host}", hosts={host})
    # Two sites have a file at this path, so its address is not known to be that of the old site.
    found.uploads = {"2019/03/x.jpg": {"else.files.wordpress.com", host}}
    fetcher, path = fetching.Fetcher(found), found.path_key(url) or url
    if reason := fetcher.refusal(path, url):
        return reason
    try:
        fetcher.fetch(path, url)
    except connections.FetchError as error:
        return str(error)
    return "fetched"


def test_no_request_leaves_for_an_address_that_is_not_public(network, subtests):
    # Each row is what the name resolves to. One IP address that is not public is enough.
    rows = [[each] for each in INNER]
    rows += [[PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "2600::1", "::1"]]
    for addresses in rows:
        network.names["old.example"] = [addresses]
        for url in (f"http://old.example{PATH}", f"https://old.example{PATH}"):
            with subtests.test(url=url, addresses=addresses):
                assert (ask(url), network.connected) == (NOT_PUBLIC, [])
    network.names["i0.wp.com"] = [["127.0.0.1"]]
    assert (ask(f"https://i0.wp.com/old.example{PATH}"), network.connected) == (NOT_PUBLIC, [])
    network.names["localhost"] = [["127.0.0.1"]]
    for host in (*SPELLINGS, "localhost"):
        with subtests.test(host=host):
            assert (ask(f"http://{host}{PATH}", host), network.connected) == (NOT_PUBLIC, [])


def test_no_request_leaves_for_another_site_scheme_or_port(network, subtests):
    for name in ("old.example", "evil.example", "else.files.wordpress.com", "i0.wp.com"):
        network.names[name] = [[PUBLIC]]
    for url, reason in REFUSED.items():
        with subtests.test(url=url):
            assert (ask(url), network.connected) == (reason, [])
    bad = dict.fromkeys(("old.example:6379", "amina@old.example", "[::1]"), PORT)
    bad |= dict.fromkeys(("old example", "old..example", "x" * 70), "its host was not found")
    for host, reason in bad.items():
        with subtests.test(host=host):
            assert (ask(f"http://{host}{PATH}", host), network.connected) == (reason, [])


def test_a_name_is_resolved_once_and_its_checked_address_is_used(network):
    # A second question for the name would get the other IP address.
    network.names["old.example"] = [[PUBLIC], ["127.0.0.1"]]
    assert ask(f"http://old.example{PATH}") == "its host gave no proper answer"
    assert network.connected == [PUBLIC]
    assert network.names["old.example"] == [["127.0.0.1"]]
    network.names["old.example"] = [[PUBLIC, "2600::1", "1.1.1.1", "8.8.8.8"]]
    ask(f"http://old.example{PATH}")
    # Each of these IP addresses refuses the connection. Three are tried at most.
    assert network.connected == [PUBLIC, PUBLIC, "2600::1", "1.1.1.1"]


def test_no_redirect_leads_to_where_no_request_may_go(network, site, subtests):
    network.names |= {"www.old.example": [["10.0.0.1"]], "evil.example": [[PUBLIC]]}
    with site.running():
        for location, reason in REDIRECTS.items():
            with subtests.test(location=location):
                network.connected.clear()
                site.add(PATH, status=302, Location=location)
                site.add(f"{PATH}?again", status=302, Location=location)
                assert ask(f"http://old.example{PATH}") == reason
                # Three redirects are followed.
                assert network.connected == [ADDRESS] * (4 if "again" in location else 1)
        # The name changes between the redirect and the next request.
        network.names["old.example"] = [[ADDRESS], ["127.0.0.1"]]
        network.connected.clear()
        assert ask(f"http://old.example{PATH}") == NOT_PUBLIC
        assert network.connected == [ADDRESS]


def test_a_certificate_has_to_be_that_of_the_name(network, site, tmp_path, monkeypatch):
    path = tmp_path / "site.pem"
    write_certificate(path, "old.example")
    site.use_tls(path)
    site.add(PATH, b"x")
    network.names["www.old.example"] = [[ADDRESS]]
    with site.running():
        # Nobody trusts the certificate, then it is that of another name.
        assert ask(f"https://old.example{PATH}") == "its host gave no proper answer"
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        assert ask(f"https://www.old.example{PATH}") == "its host gave no proper answer"
        assert site.requests == []
        assert ask(f"https://old.example{PATH}") == "fetched"


def test_a_host_that_never_ends_its_answer_is_left(site, monkeypatch):
    monkeypatch.setattr(fetching, "MAX_SECONDS", 0.2)
    with site.running():
        assert ask("http://old.example/wp-content/uploads/slow.jpg") == "its host took too long"
        # The time was over before there was a connection.
        late = connections.PublicConnection("old.example")
        late.stop()
        with closing(late), pytest.raises(TimeoutError):
            late.connect()


UPLOADS = "/wp-content/uploads"
# Files on other hosts, with parameters, and smaller copies. Then those that can't be used, or are local.
PICTURES = [f"{UPLOADS}/2020/04/photo-150x150.jpg?ver=2", f"//www.old.example{UPLOADS}/moved.jpg"]
PICTURES += [f"http://i0.wp.com/old.example{UPLOADS}/small-300x200.jpg?w=9"]
NAMES = ("gone", "page", "broken", "big", "cut", "forbidden", "local")
PICTURES += [f"{UPLOADS}/{name}.jpg" for name in NAMES]
PICTURES.append(f"https://other.example{UPLOADS}/2020/04/photo.jpg")
PHOTO = f"http://old.example{UPLOADS}/2020/04/photo-scaled.jpg"
SHOWN = [f'<p><img src="{url}"></p>' for url in PICTURES]
SHOWN += [f'<p><a href="{UPLOADS}/{name}.txt">Facts</a></p>' for name in ("d%C3%A9part", "page")]
ITEMS = [
    wp_item(1, "".join(SHOWN), link="http://old.example/post-1/"),
    wp_item(2, f'<p><img src="{UPLOADS}/2020/04/photo.jpg"></p>'),
    wp_item(5, type="attachment", status="inherit", attachment_url=PHOTO),
]
# {file of ITEMS: the reason why it can't be used}. BROKEN is the beginning of that of broken.jpg.
REASONS = {
    "gone.jpg": "the old site does not have it",
    "page.jpg": "the old site sent a web page in its place",
    "page.txt": "the old site sent a web page in its place",
    "big.jpg": "This file is too large: 2.0\xa0KB at most.",
    "cut.jpg": "its end is missing",
    "forbidden.jpg": "the old site answered with the error 403",
    "https://other.example/wp-content/uploads/2020/04/photo.jpg": ELSEWHERE,
}
BROKEN = "This can't be read as a picture."


def fill(site):
    """Put the files of ITEMS on `site`."""
    site.add(f"{UPLOADS}/2020/04/photo-scaled.jpg", picture_bytes(40, 30, "JPEG"))
    site.add(f"{UPLOADS}/moved.jpg", status=301, Location=f"http://old.example{UPLOADS}/moved.jpg?x=1")
    site.add(f"{UPLOADS}/moved.jpg?x=1", picture_bytes(30, 40, "JPEG"))
    site.add(f"/old.example{UPLOADS}/small-300x200.jpg", picture_bytes(30, 20, "JPEG"))
    site.add(f"{UPLOADS}/d%C3%A9part.txt", b"Facts in words.", Content_Type="text/plain")
    for name in ("page.jpg", "page.txt"):
        site.add(f"{UPLOADS}/{name}", b"<p>Log in.</p>", Content_Type="text/html; charset=UTF-8")
    site.add(f"{UPLOADS}/broken.jpg", b"no picture")
    site.add(f"{UPLOADS}/big.jpg", b"x" * 5000)
    site.add(f"{UPLOADS}/cut.jpg", b"x", Content_Length=1000)
    site.add(f"{UPLOADS}/forbidden.jpg", status=403)


@pytest.fixture
def run(site, network, media_root, settings, tmp_path):
    """Return a function that imports ITEMS from `site`.

    It returns (lines of the report, {file: why it can't be used}, SQL statements that wrote).
    """
    settings.WAGTAILIMAGES_MAX_UPLOAD_SIZE = settings.WAGTAILDOCS_MAX_UPLOAD_SIZE = 2048
    network.names |= {"www.old.example": [[ADDRESS]], "i0.wp.com": [[ADDRESS]]}
    make_index()
    fill(site)
    path, uploads, report = tmp_path / "export.xml", tmp_path / "uploads", tmp_path / "report"
    path.write_text(export(*ITEMS).replace("https://old.example<", "http://old.example<"))
    uploads.mkdir()
    (uploads / "local.jpg").write_bytes(picture_bytes(10, 10, "JPEG"))

    def run(*options):
        options = ("--uploads", str(uploads), "--report", report, *options)
        with CaptureQueriesContext(connection) as queries:
            call_command("import_wordpress", path, *options, verbosity=0)
        found = json.loads((report / "report.json").read_text())
        written = [each for each in queries if not READING_STATEMENT.match(each["sql"])]
        return found["items"], found["summary"]["refused_files"], written

    with site.running():
        yield run


@pytest.mark.django_db
def test_files_are_fetched_once_and_failures_are_said(run, site, network, monkeypatch, subtests, tmp_path):
    monkeypatch.setenv("http_proxy", "http://127.0.0.9:9")  # which must not be used
    with subtests.test("nothing is asked without --write"):
        _lines, refused, written = run("--fetch")
        assert (network.connected, written) == ([], [])
        assert refused == {name: why for name, why in REASONS.items() if why == ELSEWHERE}
    with subtests.test("nothing is asked without --fetch"):
        run("--write")
        assert network.connected == []
    lines, refused, _written = run("--write", "--fetch")
    with subtests.test("what was fetched"):
        images = CleanImage.objects.order_by("pk")
        # local.jpg, photo-scaled.jpg, moved.jpg and small-300x200.jpg.
        assert [(each.width, each.height) for each in images] == [(10, 10), (40, 30), (30, 40), (30, 20)]
        assert not any(image.is_shown for image in images)
        body = StoryPage.objects.get(slug="post-1").get_latest_revision_as_object().body.raw_data
        assert f'linktype="document" id="{CleanDocument.objects.get().pk}"' in str(body)
        # The drafts were made by the run before. The last line is that of the attachment.
        assert [line["outcome"] for line in lines] == ["updated", "updated", "imported"]
    with subtests.test("what was not fetched"):
        check_reasons(lines, refused)
    with subtests.test("how it was asked"):
        # No file twice, 0.5 s apart, and without a cookie.
        paths, headers, times = zip(*site.requests, strict=True)
        assert len(set(paths)) == len(paths)
        assert min(after - before for before, after in pairwise(times)) >= 0.5
        sent = {"Host", "User-Agent", "Accept-Encoding", "Connection"}
        assert {name for each in headers for name in each} == sent
        assert {each["Host"] for each in headers} == set(network.names)
        assert set(network.connected) == {ADDRESS}
    network.connected.clear()
    with subtests.test("a second run asks and writes nothing, and says the same"):
        lines, refused, written = run("--write", "--fetch")
        assert (network.connected, written) == ([], [])
        check_reasons(lines, refused)
    with subtests.test("--fetch-again asks for what is missing, and files of the folder come in"):
        site.requests.clear()
        site.add(f"{UPLOADS}/gone.jpg", picture_bytes(20, 10, "JPEG"))
        (tmp_path / "uploads" / "cut.jpg").write_bytes(picture_bytes(20, 30, "JPEG"))
        lines, refused, _written = run("--write", "--fetch-again")
        assert {path.rpartition("/")[2] for path, _headers, _time in site.requests} == {
            *("gone.jpg", "broken.jpg", "page.jpg", "page.txt", "big.jpg", "forbidden.jpg")
        }
        assert not {"gone.jpg", "cut.jpg"} & {*refused, *lines[0]["missing"]}
        assert CleanImage.objects.count() == 6  # the 4 above, gone.jpg and cut.jpg


def check_reasons(lines, refused):
    """Check that the report names each missing file, and says why it is missing."""
    assert refused.pop("broken.jpg").startswith(BROKEN)
    assert refused == REASONS
    assert set(lines[0]["missing"]) == {*REASONS, "broken.jpg"}
