"""robots.txt: which crawlers are asked to stay away, by the policy in the site settings."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from caching.cacheable import cacheable
from home.models import SiteSettings
from publishing.addresses import absolute

# User agents of crawlers that collect content to train AI models, selected from
# https://github.com/ai-robots-txt/ai.robots.txt in 2026. Crawlers of search engines and of assistants that
# answer a question are left out, because they name the site as their source.
AI_TRAINING_ROBOTS = [
    "AI2Bot",
    "Ai2Bot-Dolma",
    "Amazonbot",
    "anthropic-ai",
    "Applebot-Extended",
    "Bytespider",
    "CCBot",
    "ClaudeBot",
    "cohere-training-data-crawler",
    "Cotoyogi",
    "DeepSeekBot",
    "Diffbot",
    "FacebookBot",
    "Factset_spyderbot",
    "FirecrawlAgent",
    "FriendlyCrawler",
    "Google-Extended",
    "GPTBot",
    "ICC-Crawler",
    "img2dataset",
    "laion-huggingface-processor",
    "LAIONDownloader",
    "meta-externalagent",
    "omgili",
    "PanguBot",
    "SBIntuitionsBot",
    "TerraCotta",
    "TikTokSpider",
    "Timpibot",
    "VelenPublicWebCrawler",
    "webzio-extended",
    "YandexAdditional",
]


@cacheable
@require_safe
def robots_txt(request):
    """Serve robots.txt. The site settings have the policy. Raises Http404 for a host without a site."""
    policy = SiteSettings.get_or_404(request).robots
    disallowed_by_policy = {
        SiteSettings.Robots.ALL: [],
        SiteSettings.Robots.NO_AI_TRAINING: AI_TRAINING_ROBOTS,
        SiteSettings.Robots.NONE: ["*"],
    }
    if policy not in disallowed_by_policy:  # The database can have a value that is no choice.
        policy = SiteSettings.Robots.NONE
    disallowed = disallowed_by_policy[policy]
    context = {"policy": policy, "disallowed": disallowed, "sitemap": absolute(reverse("sitemap"))}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")
