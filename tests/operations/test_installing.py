"""Scripts install Python packages only with a known hash, and don't download with curl, wget or the like."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.sqlite_only

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [
    path.relative_to(ROOT).as_posix()
    for pattern in (".ci/*", ".github/workflows/*", "deploy/*", "Dockerfile", "Makefile", "compose.yaml")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
]
# Programs and functions that download, and an address that is piped into another command.
DOWNLOAD = re.compile(r"\b(curl|wget|urlretrieve)\b|https?://\S+\s*\|")
PIP_INSTALL = re.compile(r"\bpip\b[^\n;&|]*\binstall\b[^\n]*")


@pytest.mark.parametrize("name", SCRIPTS)
def test_installs_only_hashed_packages(name):
    script = (ROOT / name).read_text().replace("\\\n", " ")
    commands = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("#"))
    assert not DOWNLOAD.search(commands)
    assert [command for command in PIP_INSTALL.findall(commands) if "--require-hashes" not in command] == []
