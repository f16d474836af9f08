"""deploy/front and deploy/certificate: the certificate that nginx uses, and how it is got and renewed."""

import json
import os
import ssl
import subprocess
import time

import pytest

from tests.support import front_server
from tests.support.environment import ROOT
from tests.support.production import children

pytestmark = pytest.mark.sqlite_only

PATIENCE = 30  # seconds until nginx has taken a new certificate
HOST = "stories.example.org"
PUBLIC = {"base_url": f"https://{HOST}"}
OWN = PUBLIC | {"certificate_folder": "/srv/certificate"}
# Programs in place of certbot, which fails or not, and of `sleep`, which ends the service after six pauses.
CERTBOT = r"""#!/bin/sh
echo "$@" >>{folder}/attempts.txt
echo '"type": "urn:ietf:params:acme:error:dns", "detail": "{host} 192.0.2.1"' \
  | tee {folder}/tmp/letsencrypt.log
exit {status}
"""
SLEEP = """#!/bin/sh
echo $1 >>{folder}/pauses.txt
test $(wc -l <{folder}/pauses.txt) -lt 6 || kill -TERM $PPID
"""


def make_certificate(folder, name):
    """Make a certificate with links to files that only root can read, like certbot; return their folder."""
    live, archive = folder / "live" / name, folder / "archive" / name
    for each in (live, archive):
        each.mkdir(parents=True)
        each.parent.chmod(0o700)
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}"]
    files = ["-keyout", archive / "privkey1.pem", "-out", archive / "fullchain1.pem"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    (archive / "privkey1.pem").chmod(0o600)
    for file in ("fullchain", "privkey"):
        (live / f"{file}.pem").symlink_to(f"../../archive/{name}/{file}1.pem")
    return live


@pytest.fixture
def folders(tmp_path):
    """{name: folder}: a self-signed certificate, one's own in a folder and in live/, and that of certbot."""
    made = {name: tmp_path / name for name in ("flat", "links", "certbot")}
    for folder in made.values():
        make_certificate(folder, HOST)
    made["self-signed"] = made["flat"] = made["flat"] / "live" / HOST
    return made


@pytest.mark.parametrize(
    ("variables", "mounted", "used"),
    [
        (PUBLIC, "self-signed", "certbot"),
        ({}, "self-signed", "self-signed"),  # localhost
        (OWN, "flat", "flat"),
        (OWN, "links", "links"),
        (PUBLIC | {"certificate": "own"}, "flat", "flat"),
    ],
)
def test_certificate_of_ones_own_comes_first_and_then_that_of_certbot(
    nginx_path, upstream, tmp_path, folders, variables, mounted, used
):
    places = {"certificate": folders[mounted], "letsencrypt": folders["certbot"]}
    [file] = {*folders[used].glob("fullchain.pem"), *folders[used].glob("live/*/fullchain.pem")}
    running = front_server.running(nginx_path, upstream.address, tmp_path, **places, variables=variables)
    with running as (port, _folder):
        assert ssl.get_server_certificate(("127.0.0.1", port)) == file.read_text()
    assert upstream.asked == []


def test_new_certificate_is_taken_without_a_restart(nginx_path, upstream, tmp_path, folders):
    places = {"certificate": folders["self-signed"], "letsencrypt": tmp_path / "new"}
    places["letsencrypt"].mkdir()
    running = front_server.running(nginx_path, upstream.address, tmp_path, **places, variables=PUBLIC)
    with running as (port, _folder):
        first = ssl.get_server_certificate(("127.0.0.1", port))
        new = make_certificate(places["letsencrypt"], HOST) / "fullchain.pem"
        end = time.monotonic() + PATIENCE
        while (now := ssl.get_server_certificate(("127.0.0.1", port))) != new.read_text():
            assert (now, time.monotonic() < end) == (first, True)


def test_new_address_of_the_site_is_noticed(nginx_path, upstream, tmp_path, monkeypatch):
    """nginx looks it up when its workers start anew. `getent` looks it up meanwhile."""
    address, getent = tmp_path / "address", tmp_path / "getent"
    address.write_text("10.0.0.1")
    getent.write_text(f"#!/bin/sh\ncat {address}")
    getent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with front_server.running(nginx_path, upstream.address, tmp_path) as (_port, folder):
        nginx = int((folder / "pid").read_text())
        before = children(nginx)
        time.sleep(1)
        assert children(nginx) == before
        address.write_text("10.0.0.2")
        end = time.monotonic() + PATIENCE
        while set(before) <= {*children(nginx)}:
            assert time.monotonic() < end


@pytest.mark.parametrize(
    ("variables", "line"),
    [
        ({"upstreams": "web:8000;"}, "UPSTREAMS must be addresses with commas between them."),
        ({"tls": "off"}, "TLS must be proxy, or not set."),
        ({"tls": "proxy"}, "TRUSTED_PROXIES must name the addresses of the proxy, because TLS is proxy."),
        ({"trusted_proxies": "10.0.0.1|"}, "TRUSTED_PROXIES must be addresses with commas between them."),
        (
            {"trusted_proxies": "10.0.0.1", "real_ip_header": "X;"},
            "REAL_IP_HEADER must be the name of a header.",
        ),
        (OWN, "CERTIFICATE_FOLDER has no fullchain.pem with a privkey.pem that root can read."),
    ],
)
def test_wrong_variable_stops_the_start_with_a_line_that_names_it(
    nginx_path, upstream, tmp_path, capfd, variables, line
):
    running = front_server.running(nginx_path, upstream.address, tmp_path, tmp_path, variables=variables)
    with pytest.raises(ConnectionRefusedError), running:
        pass
    assert capfd.readouterr().err == f"{line}\n"


def run_certificate(folder, status, **variables):
    """Run deploy/certificate until its sixth pause; return the attempts, the pauses, and the output."""
    (folder / "tmp").mkdir(exist_ok=True)
    for name, text in {"certbot": CERTBOT, "sleep": SLEEP}.items():
        (folder / name).write_text(text.format(folder=folder, status=status, host=HOST))
        (folder / name).chmod(0o700)
    files = [folder / "attempts.txt", folder / "pauses.txt"]
    for file in files:
        file.write_text("")
    replaced = {"/tmp/": f"{folder}/tmp/", "/etc/letsencrypt": str(folder)}  # noqa: S108
    script = front_server.with_replaced((ROOT / "deploy/certificate").read_text(), replaced)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}"} | PUBLIC | variables
    options = {"capture_output": True, "text": True}
    done = subprocess.run(["sh", "-c", script], env=environment, check=True, **options)
    attempts, pauses = [file.read_text().splitlines() for file in files]
    return attempts, [int(each) for each in pauses], done.stdout + done.stderr


def test_certbot_is_asked_four_times_an_hour_if_it_fails_and_the_log_names_nobody(tmp_path):
    attempts, pauses, log = run_certificate(tmp_path, 1)
    assert pauses == [300, 600, 1200, 2400, 600, 600]
    assert len(attempts) == 4
    assert len(run_certificate(tmp_path, 1)[0]) == 0, "a start anew is no way around"
    assert not (tmp_path / "tmp/fine").exists()
    lines = [json.loads(line) for line in log.splitlines()]
    assert lines[0]["message"] == "No certificate (dns). The next attempt is in 5 minutes."
    assert [line["level"] for line in lines] == ["ERROR"] * 4 + ["WARNING"] * 2
    assert HOST not in log
    assert "192.0.2.1" not in log


def test_certbot_is_asked_twice_a_day_if_it_succeeds(tmp_path):
    attempts, pauses, log = run_certificate(
        tmp_path, 0, acme_email="you@example.org", acme_server="https://a"
    )
    assert (len(attempts), pauses) == (6, [43200] * 6)
    assert f"--domain {HOST} --cert-name {HOST} " in attempts[0]
    assert attempts[0].endswith("--email you@example.org --no-eff-email --server https://a")
    assert run_certificate(tmp_path, 0)[0][0].endswith("--register-unsafely-without-email")
    assert (tmp_path / "tmp/fine").exists()
    assert {json.loads(line)["level"] for line in log.splitlines()} == {"INFO"}


@pytest.mark.parametrize(
    "variables",
    [
        *(
            {"base_url": f"https://{host}"}
            for host in ("localhost:8443", "a.localhost", "192.0.2.1", "[::1]", "intranet")
        ),
        {"certificate": "own"},
        {"certificate_folder": "/srv/certificate"},
        {"tls": "proxy"},
    ],
    ids=str,
)
def test_certbot_is_not_asked_without_a_public_name_or_for_another_certificate(tmp_path, variables):
    attempts, pauses, _log = run_certificate(tmp_path, 1, **variables)
    assert (attempts, pauses) == ([], [43200] * 6)
    assert (tmp_path / "tmp/fine").exists()
