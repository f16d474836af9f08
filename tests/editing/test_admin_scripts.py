"""Wagtail's inline scripts, and what stands in for them: red when Wagtail changes one, or adds one."""

import hashlib
import inspect
import re
from pathlib import Path

import pytest
import wagtail
from django.template.loader import get_template
from wagtail.admin.widgets import BaseChooser
from wagtail.admin.widgets.workflows import AdminTaskChooser

from editing import wagtail_hooks

pytestmark = pytest.mark.sqlite_only

WAGTAIL = Path(wagtail.__file__).parent
ADMIN = "admin/templates/wagtailadmin/"
PROMOTIONS = "contrib/search_promotions/templates/wagtailsearchpromotions/"
# Each file of Wagtail's that something here stands in for, and the first half of its SHA-256. Where one is
# another after an upgrade: compare it with what stands in for it, change that where needed, then put the
# new number here.
KNOWN = {
    ADMIN + "widgets/date_input.html": "2557f7a4fd543d7cd6f192a97fdd0c12",
    ADMIN + "widgets/datetime_input.html": "479d8ddeaa73d2fdd33d584118d51b0c",
    ADMIN + "widgets/time_input.html": "536917c544a135631e8683866e8351bd",
    ADMIN + "panels/inline_panel.html": "195bb0b199edb062dcf41a5a92ecabf5",
    ADMIN + "panels/multiple_chooser_panel.html": "673bc9b26ca95c0385e7ac8a5c81d244",
    PROMOTIONS + "add.html": "f562d10c37b349f1ca253c348c7db573",
    PROMOTIONS + "edit.html": "5378c649da124598bc169234a037ea2a",
    PROMOTIONS + "includes/searchpromotions_formset.js": "b3f5b1124e11f7a2789bc5eb46407ba5",
    PROMOTIONS + "queries/chooser_field.js": "a2632cfe11368a14eb5ac98253f7cdc5",
}
CHOOSERS = {
    "render": "b46a0fb559c849acc719120895488ba6",
    "task": "e0e19ae6f795a0bd3a10c8d3d6ec87d8",
    "init": "98a285f477211f35187f51e01f7a82ac",
}
# In mails, in embedded films (there are none), and with a "src" on the next line.
HARMLESS = {
    "admin/templates/wagtailadmin/notifications/base.html",
    "admin/templates/wagtailadmin/shared/_workflow_init.html",
    "embeds/templates/wagtailembeds/embed_frontend.html",
}
INLINE = re.compile(
    r"<script(?![^>]*\b(src|application/json)\b)|<style|\bstyle=|\son[a-z]+=[\"']|javascript:"
)


@pytest.mark.parametrize("name", KNOWN)
def test_file_that_something_stands_in_for_is_still_the_same(name):
    assert hashlib.sha256((WAGTAIL / name).read_bytes()).hexdigest()[:32] == KNOWN[name]


@pytest.mark.parametrize("name", [name for name in KNOWN if name.endswith(".html")])
def test_template_says_what_it_stands_in_for(name):
    short = name.partition("/templates/")[2]
    template = Path(get_template(short).origin.name)
    assert WAGTAIL not in template.parents
    assert f"Stands in for {short}" in template.read_text().splitlines()[0]
    assert not INLINE.search(template.read_text())


def test_choosers_are_still_rendered_as_they_were():
    found = {
        name: hashlib.sha256(inspect.getsource(method).encode()).hexdigest()[:32]
        for name, method in [
            ("render", wagtail_hooks.WAGTAILS_RENDER),
            ("task", AdminTaskChooser.render_js_init),
            ("init", BaseChooser.render_js_init),
        ]
    }
    assert found == CHOOSERS


def test_no_other_template_of_the_admin_has_anything_inline():
    templates = [path for path in WAGTAIL.rglob("templates/**/*.html") if "test" not in path.parts]
    assert len(templates) > 300
    inline = {str(path.relative_to(WAGTAIL)) for path in templates if INLINE.search(path.read_text())}
    assert inline - HARMLESS == {name for name in KNOWN if name.endswith(".html")}
