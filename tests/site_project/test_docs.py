"""The documents match the code: environment variables, links, commands, names and packages."""

import re

import pytest
from django.conf import settings
from django.utils.translation import gettext, override

from safeguarding.readings import QUESTIONS
from tests.support.environment import ROOT, variables_in_code

pytestmark = pytest.mark.sqlite_only

DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


def test_document_and_example_list_the_variables_that_the_code_reads():
    document = (ROOT / "docs/deploying.md").read_text().split("## Environment variables")[1]
    assert set(re.findall(r"^\| `([A-Z0-9_]+)`", document, re.MULTILINE)) == variables_in_code()
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(r"^([A-Z0-9_]+)=", example, re.MULTILINE)) == variables_in_code()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_pictures_exist(document):
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_make_commands_in_the_documents_exist():
    makefile = (ROOT / "Makefile").read_text()
    # In a line of code, which has four spaces before it, or between backticks.
    text = "\n".join(document.read_text() for document in DOCUMENTS)
    commands = set(re.findall(r"(?:^ {4}|`)make ([a-z]+)", text, re.MULTILINE))
    assert commands, "the README names some"
    assert [command for command in commands if f"\n{command}:" not in makefile] == []


def test_contributing_names_what_is_in_the_code():
    # Names between backticks with an underscore, or with a capital after a small letter.
    named = re.findall(r"`(\w*(?:_|[a-z][A-Z])\w*)`", (ROOT / "CONTRIBUTING.md").read_text())
    modules = ROOT.glob("[a-z]*/**/*.py")
    words = {word for module in modules for word in re.findall(r"\w+", module.read_text())}
    assert [name for name in named if name not in words] == []
    assert "is_for_browsing" in named, "the expression finds names"


def test_contributing_gives_a_reason_for_each_package():
    project = (ROOT / "pyproject.toml").read_text()
    # The lines of the dependencies: "django>=6.1", "django-storages[s3]>=1.14".
    packages = set(re.findall(r'^    "([a-z-]+)[\[><=]', project, re.MULTILINE))
    table = (ROOT / "CONTRIBUTING.md").read_text()
    assert packages == set(", ".join(re.findall(r"^\| ([a-z, -]+) \|", table, re.MULTILINE)).split(", "))


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
def test_sheet_for_people_has_the_words_of_the_screens(language):
    sheet = (ROOT / "docs/your-text.md").read_text().replace("'", "’")
    with override(language):
        asked = [str(label) for question, (label, _about) in QUESTIONS.items() if question != "right"]
        buttons = [f"**{gettext(each)}**" for each in ("Change this", "I don’t want any of this")]
        assert [each for each in asked + buttons if each not in sheet] == []
