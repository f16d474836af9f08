"""nginx behind another proxy, as in docs/deploying.md: the site still gets each visitor's own address."""

import http.client
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.test import RequestFactory

from accounts.throttle import address_of
from tests.support import front_server, services

pytestmark = pytest.mark.sqlite_only

# Configuration of the other proxy. It sends the visitor's address in `header`.
OUTER = """
access_log off;
server {{
    listen 127.0.0.1:{port};
    location / {{
        proxy_pass http://127.0.0.1:{inner};
        proxy_set_header {header};
        proxy_set_header X-Forwarded-Proto https;
    }}
}}
"""
VISITOR = "127.0.0.7"
# Headers in which a visitor claims another address.
SPOOFED = {"X-Forwarded-For": "198.51.100.9", "CF-Connecting-IP": "198.51.100.9", "X-Real-IP": "198.51.100.9"}
APPENDED = "X-Forwarded-For $proxy_add_x_forwarded_for"
# Google's load balancer adds its own address too.
BALANCER = "127.0.0.99"
APPENDED_TWO = f'X-Forwarded-For "$proxy_add_x_forwarded_for, {BALANCER}"'
# In the tests the proxy has 127.0.0.1, and each visitor has another address of the loopback network.
TRUSTED = f"127.0.0.1, {BALANCER}"


@contextmanager
def outer_proxy(program, inner, header):
    """Run another nginx in front of the port `inner`, which sets `header`; yield its port."""
    port = services.free_port()
    with tempfile.TemporaryDirectory(prefix="tests-nginx-") as folder:
        site, main = Path(folder) / "etc/nginx/conf.d/site.conf", Path(folder) / "nginx.conf"
        site.parent.mkdir(parents=True)
        site.write_text(OUTER.format(port=port, inner=inner, header=header))
        paths = front_server.temporary_paths(folder)
        options = {"folder": folder, "user": front_server.user_line(), "temporary": paths}
        main.write_text(front_server.MAIN_CONFIGURATION.format(**options).replace("notice", "emerg"))
        command = [program, "-p", folder, "-e", "stderr", "-c", main, "-g", "daemon off;"]
        with subprocess.Popen(command) as process:
            try:
                front_server.wait_for(port, process)
                yield port
            finally:
                process.terminate()


def request_page(port, visitor=VISITOR, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(visitor, 0))
    connection.request("GET", "/admin/login/", headers=headers)
    connection.getresponse().read()
    connection.close()


def forwarded_address(upstream):
    """Return the X-Forwarded-For that the site got with the last request."""
    return upstream.asked[-1]["HTTP_X_FORWARDED_FOR"]


WITH_PORT = "$remote_addr:$remote_port"
# What each proxy sets, from the one next to nginx. Without any, a visitor bypasses the proxy.
FORWARDED = [[], [APPENDED], [APPENDED, APPENDED], [APPENDED_TWO], ["X-Forwarded-For $remote_addr"]]
FORWARDED += [[f"X-Forwarded-For {WITH_PORT}"], [f'X-Forwarded-For "$http_x_forwarded_for, {WITH_PORT}"']]
CASES = [(headers, "X-Forwarded-For") for headers in FORWARDED]
CASES += [([f"{name} $remote_addr"], name) for name in ("CF-Connecting-IP", "X-Real-IP")]


@pytest.mark.parametrize(("headers", "read"), CASES)
def test_visitors_behind_other_proxies_keep_their_addresses(nginx_path, upstream, tmp_path, headers, read):
    """`headers`: what each proxy sets, from the one next to nginx. `read`: the header that nginx reads."""
    with ExitStack() as stack:
        variables = {"trusted_proxies": TRUSTED, "real_ip_header": read, "tls": "proxy"}
        inner = front_server.running(nginx_path, upstream.address, tmp_path, variables=variables)
        port, _folder = stack.enter_context(inner)
        for header in headers:
            port = stack.enter_context(outer_proxy(nginx_path, port, header))
        for visitor in (VISITOR, "127.0.0.8"):
            request_page(port, visitor, **SPOOFED)
            assert forwarded_address(upstream) == visitor
            # The other proxy says https. A visitor who bypasses it says nothing.
            assert upstream.asked[-1].get("HTTP_X_FORWARDED_PROTO") == ("https" if headers else None)


@pytest.mark.parametrize("header", [APPENDED, "X-Forwarded-For $remote_addr:$remote_port"])
def test_unconfigured_proxy_locks_nobody_out(nginx_path, upstream, settings, tmp_path, header):
    """All visitors then have the proxy's internal address, for which the throttle does not count."""
    settings.TRUST_PROXY = 1
    with ExitStack() as stack:
        inner = front_server.running(nginx_path, upstream.address, tmp_path)
        inner_port, _folder = stack.enter_context(inner)
        request_page(stack.enter_context(outer_proxy(nginx_path, inner_port, header)))
    written = forwarded_address(upstream)
    assert written == "127.0.0.1"
    assert address_of(RequestFactory().get("/", headers={"X-Forwarded-For": written})) == ""
