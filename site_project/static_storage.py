"""Stores static files under names with a hash, compressed. The site's own stylesheets are minified before."""

import re

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from site_project.styles import minify

MINIFIED = {"css/site.css", "css/text.css"}


class MinifyingStorage(CompressedManifestStaticFilesStorage):
    def _save(self, name, content):
        # Each file is stored twice: under its name, and with a hash in it.
        if re.sub(r"\.\w+(?=\.css$)", "", name) in MINIFIED:
            content = ContentFile(minify(b"".join(content.chunks()).decode()).encode())
        return super()._save(name, content)
