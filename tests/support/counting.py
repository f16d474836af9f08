"""Middleware that records each rendered page in a file, for tests/drills/stampede.py."""

import os

from django.conf import settings

from caching.versioned_cache import request_version


class RenderMiddleware:
    """Adds a line to the file "renders" for each template response: process, content version and address."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_template_response(self, request, response):
        # A short line in append mode is written at once, whatever other processes write.
        with (settings.DATA_DIR / "renders").open("a") as file:
            file.write(f"{os.getpid()} {request_version.get()} {request.get_full_path()}\n")
        return response
