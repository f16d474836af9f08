"""The values of the header Content-Security-Policy that the site's responses must have."""

from site_project.styles import first_screen_hashes

PUBLIC = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {' '.join(first_screen_hashes())}; "
    "img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)
FILE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
ADMIN = PUBLIC.replace("img-src 'self'", "img-src 'self' blob:")
ADMIN += "; style-src-attr 'unsafe-inline'; frame-src 'self'"
# The policy of previews, which the page editor shows in a frame.
FRAMED = ADMIN.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
