"""What every answer tells the browser about its own safety (docs/decisions/content-security-policy.md)."""

from django.conf import settings
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.utils.csp import CSP

# Neither Django nor Wagtail has settings for these.
FOR_ALL = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in settings.CLOSED_FEATURES),
}
POLICY = "Content-Security-Policy"
# What "default-src" doesn't cover.
BESIDE_DEFAULT = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class HeadersMiddleware(ContentSecurityPolicyMiddleware):
    """Django's own, and the headers that Django has no settings for.

    The outermost: whatever answers, a probe's check or the pages that are kept, gets them.
    """

    def process_response(self, request, response):
        # Wagtail's previews ask for a page inside a request, and send the answer as their own.
        if getattr(request, "is_dummy", False):
            return response
        for name, value in FOR_ALL.items():
            response.headers.setdefault(name, value)
        # Who sends a form must say whence: without that, "no-referrer" has browsers send "Origin: null",
        # which Django refuses. Only a page with a form for those who sign in sets this cookie.
        if settings.CSRF_COOKIE_NAME in response.cookies:
            response["Referrer-Policy"] = "same-origin"
        if policy := response.get(POLICY):
            # Files have a stricter policy of their own.
            response[POLICY] = f"{policy}; {BESIDE_DEFAULT}"
            return response
        if response.get("X-Frame-Options") == "SAMEORIGIN":
            # Wagtail says so of what it shows inside its own pages: previews.
            policy = getattr(response, "_csp_config", settings.SECURE_CSP)
            response._csp_config = policy | {"frame-ancestors": [CSP.SELF]}
        return super().process_response(request, response)
