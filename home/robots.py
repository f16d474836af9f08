"""robots.txt: which robots are asked to stay away, as the settings of the site say."""

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from home.models import SiteSettings
from publishing.addresses import absolute

# Those whose operators say, or that are known, to collect for the training of AI models. From the list that
# https://github.com/ai-robots-txt/ai.robots.txt keeps, seen in 2026. Not here are those that look something
# up for a search engine or for somebody who asks: they show where an answer comes from.
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


@require_safe
def robots_txt(request):
    policy = SiteSettings.for_request(request).robots
    refused = {
        SiteSettings.Robots.ALL: [],
        SiteSettings.Robots.NO_AI_TRAINING: AI_TRAINING_ROBOTS,
        SiteSettings.Robots.NONE: ["*"],
    }
    robots = refused.get(policy, ["*"])
    context = {"policy": policy, "refused": robots, "sitemap": absolute(reverse("sitemap"))}
    return render(request, "robots.txt", context, content_type="text/plain; charset=utf-8")
