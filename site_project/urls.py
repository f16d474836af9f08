from django.conf.urls.i18n import i18n_patterns
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from django.views.decorators.cache import cache_control
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls
from wagtail.utils.urlpatterns import decorate_urlpatterns

from media.views import serve_rendition
from search.views import search

# Wagtail says nothing of caches, and browsers would keep a document that was taken off.
document_urls = decorate_urlpatterns(wagtaildocs_urls.urlpatterns, cache_control(private=True, no_store=True))

urlpatterns = [
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(document_urls)),
    path("media/<path:name>", serve_rendition, name="rendition"),
    # Browsers ask for it by themselves where no page names another: a picture alone, a block's preview.
    path("favicon.ico", lambda request: redirect(static("favicon.svg"))),
]

urlpatterns += i18n_patterns(
    path("search/", search, name="search"),
    path("", include(wagtail_urls)),
    prefix_default_language=False,
)
