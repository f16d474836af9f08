"""Wagtail's templates with inline scripts, which the Content Security Policy blocks, are all overridden.

No other template of the admin has an inline script, style or event attribute.
"""

import re
from pathlib import Path

import pytest
import wagtail
from django.template.loader import get_template

from tests.support.overrides import TABLE

pytestmark = pytest.mark.sqlite_only

WAGTAIL = Path(wagtail.__file__).parent
# The templates that are overridden for their inline scripts: paths below WAGTAIL. docs/overrides.md gives
# this reason in the words "inline script".
REPLACED = {
    what.removeprefix("wagtail/")
    for what, (_ours, why, _upstream, _hash) in TABLE.items()
    if what.endswith(".html") and why.startswith("inline script")
}
# Templates with inline scripts or styles that are in no page of the admin.
HARMLESS = {
    "admin/templates/wagtailadmin/notifications/base.html",  # of mails
    "embeds/templates/wagtailembeds/embed_frontend.html",  # of embedded videos, which this site does not have
    "admin/templates/wagtailadmin/widgets/time_input.html",  # of a time without a date, which no model has
}
# Scripts that have no "src" and are not JSON, styles, attributes for events, and addresses that run scripts.
INLINE = re.compile(
    r"<script(?![^>]*\b(src|application/json)\b)|<style|\bstyle=|\son[a-z]+=[\"']|javascript:"
)


@pytest.mark.parametrize("name", sorted(REPLACED))
def test_override_is_used_and_has_nothing_inline(name):
    template_name = name.partition("/templates/")[2]
    path = Path(get_template(template_name).origin.name)
    assert WAGTAIL not in path.parents
    assert f"Overrides {template_name}" in path.read_text().splitlines()[0]
    assert not INLINE.search(path.read_text())


def test_no_other_template_of_the_admin_has_anything_inline():
    templates = [path for path in WAGTAIL.rglob("templates/**/*.html") if "test" not in path.parts]
    assert len(templates) > 300, "the pattern finds the templates"
    inline = {str(path.relative_to(WAGTAIL)) for path in templates if INLINE.search(path.read_text())}
    assert inline - HARMLESS == REPLACED
