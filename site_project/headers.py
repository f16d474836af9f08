"""The security headers of every response. See docs/decisions/content-security-policy.md."""

from django.conf import settings
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.utils.csp import CSP

from caching.cacheable import will_be_cached
from site_project.styles import first_screen_hashes

# Headers that neither Django nor Wagtail has settings for.
EXTRA_HEADERS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    # Turns off features of the browser that no page uses.
    "Permissions-Policy": "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), "
    "geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
}
CSP_HEADER = "Content-Security-Policy"
# Directives for which "default-src" is no fallback.
DIRECTIVES_WITHOUT_DEFAULT = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class HeadersMiddleware(ContentSecurityPolicyMiddleware):
    """Django's Content-Security-Policy middleware, which also sets EXTRA_HEADERS and adapts some policies.

    It is the first middleware, so that responses of other middleware get the headers too: health checks,
    public pictures and the outage page.
    """

    def process_response(self, request, response):
        # Wagtail's previews make a request for the page internally and return that response themselves.
        if getattr(request, "is_dummy", False):
            return response
        for name, value in EXTRA_HEADERS.items():
            response.headers.setdefault(name, value)
        if not will_be_cached(request, response):
            # Without this header, a cache between site and reader may keep even what is for one user.
            response.headers.setdefault("Cache-Control", "private")
        # With "no-referrer", browsers send "Origin: null" with a form, which Django's CSRF check refuses.
        # Pages with a form that needs the check, those for users who sign in, set this cookie.
        if settings.CSRF_COOKIE_NAME in response.cookies:
            response["Referrer-Policy"] = "same-origin"
        if policy := response.get(CSP_HEADER):
            # The view set a stricter policy, as those for files do.
            response[CSP_HEADER] = f"{policy}; {DIRECTIVES_WITHOUT_DEFAULT}"
            return response
        # Django's csp_override(), which the admin's views have, sets `_csp_config`.
        policy = getattr(response, "_csp_config", settings.SECURE_CSP)
        policy = policy | {"style-src": [*policy["style-src"], *first_screen_hashes()]}
        if response.get("X-Frame-Options") == "SAMEORIGIN":
            # Wagtail sets this for previews, which it shows in a frame of the editor.
            policy["frame-ancestors"] = [CSP.SELF]
        response._csp_config = policy
        return super().process_response(request, response)
