"""The security headers of every kind of response."""

import base64
import hashlib
import re

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import OperationalError, connection
from django.test import Client
from django.urls import path
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from wagtail.models import Locale

from accounts.invitations import tokens
from operations.outage import write_page
from site_project import urls as site_urls
from tests.support import builders, committed, page_heads, routes, wsgi
from tests.support.files_of_pages import address_of, document_block
from tests.support.policies import ADMIN, FILE, FRAMED, PUBLIC

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def fails(request):
    raise RuntimeError("on purpose")


# With these, this module is the URLconf of the fixture `visitor`.
urlpatterns = [path("fails/", fails), *site_urls.urlpatterns]
handler500 = site_urls.handler500


@pytest.fixture
def visitor(settings):
    """A client without a session, with HTTPS and cookies as in production, and with views that fail."""
    settings.ROOT_URLCONF = __name__
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    return Client(raise_request_exception=False)


def without_nonce(response):
    """Return the Content-Security-Policy of `response` without its nonce: 16 random bytes in base64."""
    return re.sub(r" 'nonce-[\w-]{22}'", "", response["Content-Security-Policy"])


def check_headers(response, status, policy):
    """Check the status and every security header of `response`."""
    assert response.status_code == status
    assert without_nonce(response) == policy
    # No other site may use the response. Only the admin shows its own previews in a frame.
    assert response["X-Frame-Options"] == ("SAMEORIGIN" if policy == FRAMED else "DENY")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response
    # Without a referrer, browsers send "Origin: null" with a form, which the check of the CSRF token refuses.
    has_form = "__Host-csrftoken" in response.cookies
    assert response["Referrer-Policy"] == ("same-origin" if has_form else "no-referrer")
    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert "camera=()" in response["Permissions-Policy"]
    assert response["Cache-Control"], "a cache between site and reader may keep it"
    for cookie in response.cookies.values():
        assert cookie["secure"] and cookie["samesite"] == "Lax" and cookie["path"] == "/", cookie


def ask(client, address):
    """Return the response to a request over HTTPS with the Origin of another site."""
    response = client.get(address, headers={"Origin": "https://other.example"}, secure=True)
    if response.streaming:
        b"".join(response)  # closes the file
    return response


def addresses():
    """Return {address: (status, Content-Security-Policy)} for each kind of public response."""
    index = builders.make_index()
    image, document = builders.make_image(), builders.make_document()
    story = builders.make_story(
        "Told", builders.make_index(index, "Africa"), countries=["KE"], themes=["Mining"], lead_image=image,
        lead_image_decorative=True, body=document_block(document),
    )  # fmt: skip
    private = builders.make_private(builders.make_plain_page("For members"))
    page_heads.change_settings(contact_email="safety@example.org")  # for security.txt
    builders.make_plain_page("Get help")
    french = builders.home_page().copy_for_translation(Locale.objects.create(language_code="fr"))
    french.save_revision().publish()
    # "?text=1" asks for the text-only version.
    pages = [
        "/", "/?text=1", f"{story.url}?text=1", "/get-help/", "/fr/", "/fr/search/?q=mots", "/livez",
        "/readyz", "/stories/", "/stories/africa/", "/stories/?country=kenya", "/stories/?year=soon",
        "/stories/country/kenya/", "/stories/theme/mining/", story.url, "/search/", "/search/?q=words",
        "/search/suggestions/?q=wo", "/feed.atom", "/stories/country/kenya/feed.rss", "/robots.txt",
        "/sitemap.xml", "/.well-known/security.txt", "/static/css/site.css", "/static/favicon.svg",
    ]  # fmt: skip
    found = dict.fromkeys(pages, (200, PUBLIC))
    found |= {address_of(image): (200, FILE), document.url: (200, FILE)}
    found |= {"/nothing/here/": (404, PUBLIC), "/media/images/nothing.jpg": (404, PUBLIC)}
    found |= {"/documents/999/nothing.pdf": (404, PUBLIC), "/static/nothing.css": (404, PUBLIC)}
    found |= {"/favicon.ico": (302, PUBLIC), "/stories": (301, PUBLIC)}
    found |= {private.url: (302, PUBLIC), "/admin/": (302, ADMIN), "/admin/pages/": (302, ADMIN)}
    return found


def test_public_responses_have_the_same_strict_headers(visitor):
    """tests/caching/test_page_cache.py shows that cached pages have all headers, too."""
    expected = addresses()
    with committed.caches_in_use():
        for address, (status, policy) in expected.items():
            response = ask(visitor, address)
            check_headers(response, status, policy)
            assert not response.cookies, address


def test_response_to_a_malformed_request_and_a_failing_check_have_the_strict_headers(visitor):

    def fail(execute, sql, *arguments):
        raise OperationalError("on purpose")

    with connection.execute_wrapper(fail):
        check_headers(ask(visitor, "/readyz"), 503, PUBLIC)
    for address in ("/livez", "/sitemap.xml", "/search/suggestions/"):
        check_headers(visitor.post(address, secure=True), 405, PUBLIC)
    check_headers(visitor.get("/", headers={"host": "other.example"}, secure=True), 400, PUBLIC)
    check_headers(Client(enforce_csrf_checks=True).post("/", secure=True), 403, PUBLIC)


def test_outage_page_has_strict_headers_its_style_and_its_icon(visitor, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    write_page()
    for client in (visitor, wsgi.SiteClient(raise_request_exception=False)):
        response = ask(client, "/fails/")
        style = builders.parse(response).style.string
        assert ".maintenance" in style
        # Without this icon, browsers would ask for /favicon.ico.
        assert builders.parse(response).find("link", rel="icon")["href"] == "data:,"
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        own_style = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
        check_headers(response, 500, FILE.replace("default-src 'none'", own_style))
        assert not response.cookies


@pytest.mark.parametrize("address", ["/admin/login/", "/admin/password_reset/", "/_util/login/"])
def test_sign_in_pages_have_strict_headers_and_send_the_origin(address, visitor):
    response = ask(visitor, address)
    check_headers(response, 200, PUBLIC if "_util" in address else ADMIN)
    assert list(response.cookies) == ["__Host-csrftoken"]


def test_pages_to_choose_a_password_have_strict_headers(visitor):
    user = builders.make_user()
    user.set_unusable_password()  # as it is until the user follows a link
    user.save()
    key = urlsafe_base64_encode(force_bytes(user.pk))
    for start, generator in (("invitation", tokens), ("password_reset/confirm", default_token_generator)):
        token = generator.make_token(user)
        link = f"/admin/{start}/{key}/{token}/"
        # Django puts a good token into the session and redirects to "set-password". The last token is wrong.
        for last, status in ((token, 302), ("set-password", 200), ("abc-def", 200)):
            check_headers(ask(visitor, link.replace(token, last)), status, ADMIN)


def test_pages_and_files_for_users_have_strict_headers(visitor):
    visitor.force_login(builders.make_user(is_superuser=True))
    image, document = builders.make_image(), builders.make_document()
    story = builders.make_story(lead_image=image, lead_image_decorative=True, body=document_block(document))
    private = builders.make_private(builders.make_plain_page("For members"))
    for address, status, policy in (
        (story.url, 200, PUBLIC),
        (private.url, 200, PUBLIC),
        ("/nothing/here/", 404, PUBLIC),
        (address_of(image), 200, FILE),
        (document.url, 200, FILE),
        ("/admin/", 200, ADMIN),
        (f"/admin/pages/{story.pk}/edit/", 200, ADMIN),
        (f"/admin/choose-page/{story.get_parent().pk}/", 200, ADMIN),
        ("/admin/images/chooser/", 200, ADMIN),
        ("/admin/nothing/here/", 404, ADMIN),
    ):
        check_headers(ask(visitor, address), status, policy)


def test_every_route_of_the_admin_has_strict_headers(visitor):
    """Most lead visitors to the sign-in page, which takes a tenth of the time of the page for a user."""
    responses = [ask(visitor, address) for address in routes.admin_addresses().values()]
    answered = [response for response in responses if response.status_code < 400]
    for response in answered:
        check_headers(response, response.status_code, ADMIN)
    assert len(answered) > len(responses) / 2


def test_preview_of_a_page_may_be_framed_by_the_admin(visitor, settings):
    """Wagtail renders a preview with an internal request, at the host name of the Site in the database."""
    settings.SECURE_SSL_REDIRECT = False
    visitor.force_login(builders.make_user(is_superuser=True))
    story = builders.make_story("In the preview")
    form = builders.story_form(title="In the preview")
    address = f"/admin/pages/{story.pk}/edit/preview/"
    assert visitor.post(address, form, secure=True).json()["is_available"]
    response = ask(visitor, address)
    assert builders.parse(response).h1.text == "In the preview"
    check_headers(response, 200, FRAMED)


def test_admin_styles_need_a_nonce_that_changes(visitor):
    nonces = set()
    for _time in range(2):
        response = ask(visitor, "/admin/login/")
        (nonce,) = re.findall(r"'nonce-([\w-]+)'", response["Content-Security-Policy"])
        assert f"style-src 'self' 'nonce-{nonce}' " in response["Content-Security-Policy"]
        # Only one script knows the nonce. It passes it on to styles that scripts make.
        marked = builders.parse(response).select("[nonce]")
        assert [(tag.name, tag["nonce"]) for tag in marked] == [("script", nonce)]
        nonces.add(nonce)
    assert len(nonces) == 2
