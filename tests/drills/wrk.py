"""Runs wrk, which sends many requests at once and measures the responses."""

import re
import subprocess
import tempfile
from dataclasses import dataclass

from tests.support import production, services

# As a request over HTTPS through a front server, which also compresses.
HEADERS = {"Host": production.HOST, "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}
# Script for wrk, in Lua: each connection requests one page after another, with a pause between them.
PAGES_SCRIPT = """
local pages, number = {{ {pages} }}, 0
math.randomseed(os.time()) -- Otherwise random numbers would be the same in each run.
function delay() return {pause} end
function request()
  number = number % #pages + 1
  return wrk.format("GET", pages[number])
end
"""
# The same, each time with another made-up session cookie. 40 hexadecimal digits have the form of a session
# key (caching/session_keys.py).
DIGITS = r'("0"):rep(40):gsub(".", function() return ("%x"):format(math.random(0, 15)) end)'
WITH_COOKIE = f'  wrk.headers["Cookie"] = "__Host-sessionid=" .. {DIGITS}\n  return wrk'
JUNK_COOKIES_SCRIPT = PAGES_SCRIPT.replace("  return wrk", WITH_COOKIE)
# The same, each time with another number at the end of the address.
NEW_ADDRESSES_SCRIPT = PAGES_SCRIPT.replace("pages[number])", "pages[number] .. math.random(10^9))")


@dataclass
class Result:
    """`rate`: responses a second. `p50`, `p99`: milliseconds. `errors`: wrk's lines about errors, as text."""

    rate: float
    p50: float
    p99: float
    errors: str


def run_wrk(port, pages, folder, seconds, connections, script=PAGES_SCRIPT, pause=0, headers=HEADERS):
    """Request `pages` at `port`; return a Result. `pause`: milliseconds between a connection's requests.

    `script`: with an empty one, only the first page is requested.
    """
    options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency"]
    for name, value in headers.items():
        options += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua", dir=folder) as file:
        file.write(script.format(pages=", ".join(f'"{page}"' for page in pages), pause=pause))
        file.flush()
        command = [services.wrk(), *options, "-s", file.name, f"http://127.0.0.1:{port}{pages[0]}"]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    times = dict(re.findall(r"^\s+(50|99)%\s+(\S+)", printed, re.MULTILINE))
    p50, p99 = (in_milliseconds(times[share]) for share in ("50", "99"))
    rate = float(re.search(r"Requests/sec:\s+(\S+)", printed)[1])
    return Result(rate, p50, p99, "; ".join(re.findall(r"Non-2xx.*|Socket errors.*", printed)))


def in_milliseconds(time):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", time).groups()
    return round(float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], 2)
