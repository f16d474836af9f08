"""Builds WordPress exports for the tests."""

from xml.sax.saxutils import escape

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
    ' xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>\n'
    "<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://old.example</wp:base_blog_url>\n"
)
TAIL = "</channel></rss>\n"


def export(*items, authors=""):
    """Return the XML of an export. `items`: texts of wp_item(). `authors`: texts of wp_author()."""
    return f"{HEAD}{authors}{''.join(items)}{TAIL}"


def wp_author(number, login, name, email="kept-out@old.example"):
    return (
        f"<wp:author><wp:author_id>{number}</wp:author_id><wp:author_login>{login}</wp:author_login>"
        f"<wp:author_email>{email}</wp:author_email>"
        f"<wp:author_display_name>{name}</wp:author_display_name></wp:author>\n"
    )


def wp_item(number, content="<p>Some words.</p>", *, terms=(), meta=None, more="", **fields):
    """Return the XML of an <item>.

    `terms`: (domain, nicename, name) for each. `meta`: {key: value} of the post meta. `more`: XML at its end.
    `fields`: further fields by their names in WordPress, without "post_".
    """
    values = {"type": "post", "status": "publish", "name": f"post-{number}"}
    values |= {"date": "2021-03-05 23:30:00", "date_gmt": "2021-03-05 22:30:00"}
    title = fields.pop("title", f"Post {number}")
    link = fields.pop("link", f"https://old.example/{fields.get('name', f'post-{number}')}/")
    creator, excerpt = fields.pop("creator", ""), fields.pop("excerpt", "")
    values |= fields
    status, url = values.pop("status"), values.pop("attachment_url", "")
    parts = [
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><dc:creator>{creator}</dc:creator>",
        f"<content:encoded><![CDATA[{content}]]></content:encoded>",
        f"<excerpt:encoded><![CDATA[{excerpt}]]></excerpt:encoded>",
        f"<wp:post_id>{number}</wp:post_id><wp:status>{status}</wp:status>",
        *(f"<wp:post_{name}>{value}</wp:post_{name}>" for name, value in values.items()),
        f"<wp:attachment_url>{url}</wp:attachment_url>" if url else "",
    ]
    for domain, nicename, name in terms:
        parts.append(f'<category domain="{domain}" nicename="{nicename}">{escape(name)}</category>')
    for name, value in (meta or {}).items():
        pair = f"<wp:meta_key>{name}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value>"
        parts.append(f"<wp:postmeta>{pair}</wp:postmeta>")
    return "".join([*parts, more, "</item>\n"])
