"""The text that a reading shows: the main part of a page as readers will see it, with its pictures inside."""

import base64
from mimetypes import guess_type
from urllib.parse import unquote

from bs4 import BeautifulSoup
from django.conf import settings
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, override
from wagtail.images import get_image_model

from caching.versioned_cache import set_request_version

# What is around the words of a page, such as other stories, and what needs the site.
LEFT_OUT = "script, form, nav, source, .band, .story-end, .story__terms, .needs-script, .visually-hidden"


def render_text(request, content):
    """Return the HTML of `content`, a page, as readers will see it, without links, and with pictures as data.

    What opens is open. Below each picture are the words for readers who can't see it, or who read only the
    text. The pictures of a draft are not public, so no address of theirs would work.
    """
    # Nothing of a draft gets into the caches of public pages. The preview has the language of the page.
    with set_request_version(None), override(get_language()):
        response = content.make_preview_request(request, content.default_preview_mode)
    soup = BeautifulSoup(response.text, "html.parser")
    for each in soup.main.select(LEFT_OUT):
        each.decompose()
    for each in soup.main.select("a, picture, details"):
        each.unwrap()
    with override(content.locale.language_code):
        caption = gettext("In words, for people who can’t see the picture: %s")
    for image in soup.main.select("img"):
        if words := image.get("alt"):
            small = soup.new_tag("small", attrs={"class": "reading__alt"}, string=caption % words)
            (image.find_parent(class_="media-link__poster") or image).insert_after(small)
        embed(image)
    return SafeString(soup.main.decode_contents())


def embed(image):
    """Put the file of a rendition into `image`, an <img>. One without a file is left out, as on the page."""
    name = unquote(image["src"]).partition(settings.MEDIA_URL)[2]
    rendition = get_image_model().get_rendition_model().objects.filter(file=name).first()
    if not rendition:
        image.decompose()
        return
    with rendition.file.open() as file:
        data = base64.b64encode(file.read()).decode()
    image["src"] = f"data:{guess_type(name)[0]};base64,{data}"
    del image["srcset"], image["loading"]  # not later: who prints doesn't scroll
