"""The URL configuration: the admin, files, and pages with a prefix for each language but the first."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.decorators.cache import cache_control
from django.views.decorators.csp import csp_override
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from accounts.invitations import InvitationView
from accounts.reauthentication import require_recent_proof
from accounts.single_sign_on import sso_callback, sso_start
from accounts.views import ask_second_factor, my_second_factors
from editing import urls as editing_urls
from editing.access.admin_access import check_objects
from editing.access.chosen_objects import check_choices
from editing.moderation.refused_publishing import explain_refusals
from home.navigation import use_cached_home_page
from home.robots import robots_txt
from home.security import security_txt
from home.sitemap import sitemap
from media.views import serve_rendition
from safeguarding.leak_check.admin_requests import check_for_leaks
from safeguarding.reading_screens import ReadingView
from safeguarding.stopping import stop_page
from search.suggestions import suggestions
from search.views import search

# Pages for signing in that Wagtail does not have.
sign_in_urls = [
    path("invitation/<uidb64>/<token>/", InvitationView.as_view(), name="invitation"),
    path("single-sign-on/", sso_start, name="single_sign_on"),
    path("single-sign-on/done/", sso_callback, name="single_sign_on_done"),
    path("second-factor/", ask_second_factor, name="second_factor"),
    path("second-factor/mine/", my_second_factors, name="my_second_factors"),
]
# The first of two routes with the same path is used, so those of editing/ replace Wagtail's. The last of
# these decorators runs first.
admin_urls = [*editing_urls.urlpatterns, *wagtailadmin_urls.urlpatterns]
for decorator in (explain_refusals, check_for_leaks, check_choices, check_objects):
    admin_urls = decorate_urlpatterns(admin_urls, decorator)
admin_urls = decorate_urlpatterns([*sign_in_urls, *admin_urls], require_recent_proof)
admin_urls = decorate_urlpatterns(admin_urls, csp_override(settings.ADMIN_CSP))
# Without Wagtail's forms for shared passwords, which are switched off in the settings.
document_urls = [route for route in wagtaildocs_urls.urlpatterns if route.name == "wagtaildocs_serve"]
page_urls = [
    route for route in wagtail_urls.urlpatterns if route.name in {"wagtailcore_login", "wagtail_serve"}
]
# Wagtail sets no Cache-Control for documents, and browsers would cache one that is deleted.
document_urls = decorate_urlpatterns(document_urls, cache_control(private=True, no_store=True))
page_urls = decorate_urlpatterns(page_urls, use_cached_home_page)

handler500 = "caching.outage.server_error"

urlpatterns = [
    path("admin/", include(admin_urls)),
    path("documents/", include(document_urls)),
    path("media/<path:name>", serve_rendition, name="rendition"),
    path("robots.txt", robots_txt, name="robots"),
    path(".well-known/security.txt", security_txt),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("sitemap-<int:part>.xml", sitemap, name="sitemap_part"),
    # Browsers request this for responses that name no icon, such as a picture or the preview of a block.
    path("favicon.ico", lambda request: redirect(static("favicon.svg"))),
]

urlpatterns += i18n_patterns(
    path("search/suggestions/", suggestions, name="search_suggestions"),
    path("search/", search, name="search"),
    path("reading/<str:token>/", ReadingView.as_view(), name="reading"),
    path("stop/", stop_page, name="stop"),
    # However somebody wrote it down.
    re_path("^(?:en/)?[Ss][Tt][Oo][Pp]/$", lambda request: redirect("stop")),
    path("", include("stories.feeds")),
    path("", include(page_urls)),
    prefix_default_language=False,
)
