"""Turns the modules of the page builder Divi into HTML: shortcodes of Divi 4, and blocks of Divi 5.

A module is a part of a page in Divi, such as a section or a button. `expander` is always an Expander
(wordpress_import/expanding.py), which expands what is within a module.
"""

import re
from html import escape

from django.utils.translation import gettext_noop as _

from wordpress_import.block_comments import value_at
from wordpress_import.names import NAMES

DROPPED, FORMS = NAMES["dropped_modules"], NAMES["form_modules"]
HOLDERS, KNOWN = NAMES["holding_modules"], NAMES["known_modules"]
# What stands for a text that Divi fills in, such as the date: in Divi 4, and in Divi 5.
DYNAMIC = re.compile(r"@ET-DC@[\w+/=]*@|\$variable\((?:(?!\$variable\().)*?\)\$", re.DOTALL)
# Codes in an attribute, each with the character for which it stands.
ENCODED = [("%22", '"'), ("%91", "["), ("%93", "]"), ("%92", "\\"), ("%5b", "["), ("%5d", "]")]
ENCODED += [("&#91;", "["), ("&#93;", "]")]
# Names of attributes of a shortcode, by kind, each in the order in which their values are shown.
HEADINGS = ("title", "name", "heading")
LINES = ("subhead", "subtitle", "position", "job_title", "company_name")
LINES += ("artist_name", "album_name", "address")
NUMBERS = ("currency", "sum", "per", "number", "percent")
PICTURES = ("image_url", "image", "src", "portrait_url", "header_image_url", "logo_image_url")
# The level of the headings of a module. In modules that are not listed it is 4.
LEVELS = {"heading": 2, "fullwidth_header": 2, "cta": 3, "slide": 3}


def decode(value):
    """Return `value` with the characters that Divi encodes in attributes."""
    for code, character in ENCODED:
        value = value.replace(code, character)
    return value


def shortcode(expander, code):
    """Return the HTML of `code`, a Shortcode of Divi 4."""
    module = code.name.lower().removeprefix("et_pb_")
    if code.attributes.get("disabled") == "on" or code.attributes.get("disabled_on") == "on|on|on":
        expander.notes.leave_out_hidden()
        return " "
    # A global module is stored once, and shown by modules without content that name its id.
    layout = expander.export.reusable.get(code.attributes.get("global_module", ""))
    if layout and not code.children:
        return expander.nested(code.attributes["global_module"], layout)
    if module in DROPPED:
        return dropped(expander, module)
    attributes = {name: decode(value) for name, value in code.attributes.items()}
    if any(DYNAMIC.search(value) for value in attributes.values()):
        expander.notes.flag(_("a text that Divi fills in itself is left out"))
        attributes = {name: DYNAMIC.sub("", value) for name, value in attributes.items()}
    content = expander.pieces(code.children)
    if module == "gallery":
        return expander.gallery(re.findall(r"\d+", attributes.get("gallery_ids", "")))
    if module in HOLDERS:
        title = attributes.get("title", "") if module == "text" else ""
        # In a module for HTML ("code"), line ends are no line breaks.
        return f"<div{'' if module.endswith('code') else ' data-breaks'}>{heading(title, 4)}{content}</div>"
    if module not in KNOWN:
        expander.notes.shortcodes[code.name] += 1
        # The others, such as admin_label and _builder_version, are for editors and for Divi.
        shown = {name: value for name, value in attributes.items() if not name.startswith(("admin_", "_"))}
        return f"<div data-breaks>{expander.sentences(shown)}{content}</div>"
    return render(module, attributes, content)


def dropped(expander, module):
    """Note that a module is left out. Return a space, so that the words around it stay apart."""
    expander.notes.dropped[f"divi {module.replace('_', ' ')}"] += 1
    if module in FORMS:
        expander.notes.flag(_("a form is left out"))
    return " "


def heading(text, level):
    """Return the HTML of a heading, or "" without `text`."""
    return f"<h{level}>{text}</h{level}>" if text else ""


def button(text, url):
    """Return the HTML of a button that leads to `url`, or "" without `text`."""
    url = f' href="{escape(url)}"' if url and url != "#" else ""
    return f'<div class="wp-block-button"><a{url}>{text}</a></div>' if text else ""


def picture(url, alt=""):
    """Return the HTML of a figure with the picture at `url`, or "" without `url`."""
    return f'<figure><img src="{escape(url)}" alt="{escape(alt)}"></figure>' if url else ""


def render(module, attributes, content):
    """Return the HTML of a module of Divi 4. `content`: the HTML of what is within it."""
    get = attributes.get
    if module == "testimonial":
        source = ", ".join(filter(None, (get("author"), get("job_title"), get("company_name"))))
        return (
            picture(get("portrait_url"), get("alt", ""))
            + f"<blockquote data-breaks>{content}<cite>{source}</cite></blockquote>"
        )
    if module in {"video", "video_slider_item"}:
        return f'<video src="{escape(get("src", ""))}" title="{escape(get("title", ""))}"></video>'
    level = LEVELS.get(module, 4)
    wanted = re.fullmatch("h([1-6])", get("title_level", "") or get("header_level", ""))
    level = max(2, int(wanted[1])) if wanted else level
    # A module with an icon doesn't show its picture. That of an audio is a cover, and a map pin has none.
    images = module not in {"audio", "map_pin"} and get("use_icon") != "on"
    parts = (
        [picture(get(name), get("alt", "") or get("image_alt", "")) for name in PICTURES] if images else []
    )
    if module not in {"image", "fullwidth_image"}:  # The title of a picture is a tooltip.
        parts += [heading(get(name), level) for name in HEADINGS]
        parts += [f"<p>{get(name)}</p>" for name in LINES if get(name)]
        numbers = " ".join(get(name) for name in NUMBERS if get(name))
        parts.append(f"<p>{numbers}</p>" if numbers else "")
    if module == "audio" and get("audio"):
        parts.append(f'<audio src="{escape(get("audio"))}" title="{escape(get("title", ""))}"></audio>')
    parts.append(f"<div data-breaks>{content}</div>")
    parts.append(button(get("button_text"), get("button_url") or get("button_link")))
    parts += [button(get(f"button_{each}_text"), get(f"button_{each}_url")) for each in ("one", "two")]
    return "".join(parts)


# --- Divi 5 --------------------------------------------------------------------------------------


def block(expander, block):
    """Return the HTML of a block of Divi 5. The words of such a block are in its attributes."""
    module = block.name.removeprefix("divi/").replace("-", "_")
    if module in DROPPED:
        return dropped(expander, module)
    inner = "".join(map(expander.piece, block.parts))
    reference = block.attributes.get("globalModule")
    if module == "global_layout" or (reference and not inner.strip()):
        return expander.nested(reference, expander.export.reusable.get(str(reference)))
    # An attribute of Divi 5 has content for each device: a string or a dictionary.
    inner_content = ("innerContent", "desktop", "value")
    values = {name: value_at(value, *inner_content) for name, value in block.attributes.items()}
    values = {name: value for name, value in values.items() if value}
    if module not in HOLDERS | KNOWN:
        expander.notes.blocks[block.name] += 1
    parts = []
    if module == "gallery":
        ids = values.get("image", values.get("gallery", ""))
        ids = ids.get("ids", ids.get("galleryIds", "")) if isinstance(ids, dict) else ids
        parts.append(expander.gallery(re.findall(r"\d+", str(ids))))
    elif module == "testimonial":
        parts.append(testimonial(values))
    else:
        parts += [attribute(module, name, value) for name, value in sorted(values.items(), key=place)]
    html = "".join(parts)
    if DYNAMIC.search(html):
        expander.notes.flag(_("a text that Divi fills in itself is left out"))
        html = DYNAMIC.sub("", html)
    return f"<div>{html}{inner}</div>"


def place(pair):
    """Return the sort key of an attribute, a pair (name, value).

    The order is pictures, headings, lines, all other attributes (50), and buttons (90).
    """
    order = ["image", "portrait", "logo", "title", "name", "heading", "subhead", "subtitle", "position"]
    name = pair[0]
    if name.startswith("button"):
        return (90, name)
    return (order.index(name) if name in order else 50, "")


def attribute(module, name, value):
    """Return the HTML of the attribute `name` of a module of Divi 5. `value`: a string or a dictionary."""
    if isinstance(value, dict):
        url = value.get("src") or value.get("url") or value.get("audio") or ""
        if name in {"video", "audio"} or module in {"video", "audio"} and value.get("src"):
            kind = "audio" if "audio" in {name, module} else "video"
            return f'<{kind} src="{escape(str(url))}"></{kind}>'
        if value.get("src"):
            return picture(str(value["src"]), str(value.get("alt", "")))
        text = str(value.get("text") or value.get("title") or "")
        if "linkUrl" in value or name.startswith("button"):
            return button(text, str(value.get("linkUrl") or ""))
        return heading(text, LEVELS.get(module, 4))
    value = str(value)
    if name in {"title", "name", "heading"}:
        return heading(value, LEVELS.get(module, 4))
    if module == "audio" and name == "audio":
        return f'<audio src="{escape(value)}"></audio>'
    if name == "content" or "<" in value:
        return f"<div>{value}</div>"
    # A value without letters and digits, or with an address, is a setting.
    return f"<p>{value}</p>" if re.search(r"\w", value) and "://" not in value else ""


def testimonial(values):
    """Return the HTML of a testimonial of Divi 5 with the attributes `values`."""

    def text(name):
        value = values.get(name, "")
        return str(value.get("text", "") if isinstance(value, dict) else value)

    image = values.get("portrait")
    source = ", ".join(filter(None, map(text, ("author", "jobTitle", "company"))))
    portrait = picture(str(image.get("src") or image.get("url") or "")) if isinstance(image, dict) else ""
    return f"{portrait}<blockquote>{text('content')}<cite>{source}</cite></blockquote>"
