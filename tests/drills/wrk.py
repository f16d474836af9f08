"""Runs wrk, which sends many requests at once and measures the responses."""

import re
import subprocess
import tempfile
from dataclasses import dataclass

from tests.support import services
from tests.support.production import HOST

# Script for wrk, in Lua: each connection requests one page after another, with a pause between them.
PAGES_SCRIPT = """
local pages = {{ {pages} }}
local headers = {{ ["Host"] = "{host}", ["X-Forwarded-Proto"] = "https", ["Accept-Encoding"] = "gzip" }}
local number = 0
function delay() return {pause} end
function request()
  number = number % #pages + 1
  return wrk.format("GET", pages[number], headers)
end
"""
# The same, each time with another made-up session cookie. 40 hexadecimal digits have the form of a session
# key (caching/session_keys.py). Without a new seed, Lua would make the same ones in each run.
JUNK_COOKIES_SCRIPT = PAGES_SCRIPT.replace(
    "  return wrk",
    """
  local key = ""
  for _ = 1, 40 do key = key .. string.format("%x", math.random(0, 15)) end
  headers["Cookie"] = "__Host-sessionid=" .. key
  return wrk""",
).replace("{{ {pages} }}", "{{ {pages} }}\nmath.randomseed(os.time())")
# The same, each time with another number at the end of the address.
NEW_ADDRESSES_SCRIPT = PAGES_SCRIPT.replace("pages[number],", "pages[number] .. math.random(10^9),").replace(
    "{{ {pages} }}", "{{ {pages} }}\nmath.randomseed(os.time())"
)


@dataclass
class Result:
    """`rate`: responses per second. `p99`: milliseconds. `errors`: wrk's lines about errors, as text."""

    rate: float
    p99: float
    errors: str


def run_wrk(port, pages, folder, seconds, connections, script=PAGES_SCRIPT, pause=0):
    """Request `pages` at `port`; return a Result. `pause`: milliseconds between a connection's requests."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", dir=folder) as file:
        quoted = ", ".join(f'"{page}"' for page in pages)
        file.write(script.format(pages=quoted, host=HOST, pause=pause))
        file.flush()
        command = [
            services.wrk(),
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "--timeout",
            "10s",
            "--latency",
        ]
        command += ["-s", file.name, f"http://127.0.0.1:{port}"]
        printed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    value, unit = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s)", printed, re.MULTILINE).groups()
    errors = re.findall(r"Non-2xx.*|Socket errors.*", printed)
    rate = float(re.search(r"Requests/sec:\s+(\S+)", printed)[1])
    return Result(rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], "; ".join(errors))
