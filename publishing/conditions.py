"""The conditions that hide a page from all readers, even from users who may edit it.

This is the only place for such conditions. Only the rule about what the people in a page have agreed to is
elsewhere (safeguarding/releases.py). publishing/visibility.py makes the conditions part of `published()` and
`is_hidden_or_held()`, and so of every list, address and file of the site. A page that is hidden hides all
pages below it.

The keys of hidden pages are cached. So a condition reads only tables whose changes change the content version
(caching/content_version.py).
"""

# Pages with children that are not live. Drafts without children, which may be thousands, hide nothing.
# Wagtail's counter `numchild` is not used: a page that is saved while another process adds a child gets the
# old count. The path of a page is that of its parent and 4 characters.
NOT_LIVE = """
SELECT id FROM wagtailcore_page
WHERE NOT live AND path IN (SELECT SUBSTR(path, 1, LENGTH(path) - 4) FROM wagtailcore_page)
"""

# Each is an SQL SELECT of the primary keys of the pages that it hides, without parameters, that works on
# SQLite and PostgreSQL.
CONDITIONS = [
    NOT_LIVE,
    # Nobody can enter a shared password: site_project/urls.py has no route for it.
    "SELECT page_id FROM wagtailcore_pageviewrestriction WHERE restriction_type = 'password'",
    "SELECT page_id FROM publishing_hiddenpage",
    "SELECT page_id FROM publishing_trashedpage",
]
# The primary keys of the pages that at least one condition hides.
HIDDEN = " UNION ALL ".join(CONDITIONS)
