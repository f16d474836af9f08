"""Choosers without inline scripts: docs/decisions/content-security-policy.md."""

import json
import re

from django.utils.html import format_html

# What a chooser writes into its inline script, such as new PageChooser("id", {…});
CALL = re.compile(r"(?:new )?(\w+)\((.*)\);", re.DOTALL)


def render_chooser(self, name, value, attrs=None, renderer=None):
    """Replace BaseChooser.render, which writes an inline script.

    The element that starts the chooser comes before the chooser: the dropdown menu inside the chooser moves
    its buttons elsewhere when it starts.
    """
    value_data = self.get_value_data(value)
    function, arguments = CALL.fullmatch(self.render_js_init(attrs["id"], name, value_data)).groups()
    key, *options = json.loads(f"[{arguments}]")
    return format_html(
        '<span hidden data-controller="start" data-start-name-value="{}" data-start-id-value="{}"'
        ' data-start-options-value="{}"></span>{}',
        function,
        key,
        json.dumps(options[0] if options else {}),
        self.render_html(name, value_data, attrs),
    )
