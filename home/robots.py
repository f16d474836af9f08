"""robots.txt: which crawlers are asked to stay away, by the policy in the site settings."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from caching.cacheable import cacheable
from home.models import SiteSettings
from publishing.addresses import absolute


@cacheable
@require_safe
def robots_txt(request):
    """Serve robots.txt. The site settings have the policy. Raises Http404 for a host without a site."""
    context = {"policy": SiteSettings.get_or_404(request).robots, "sitemap": absolute(reverse("sitemap"))}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")
