"""Finds what pages in one language say in another, in a crawl of the pages of that language."""

import re
from collections import deque
from urllib.parse import unquote, urljoin

from lxml import etree, html

from search.analysis import STOP_WORDS

# Attributes that are shown or read aloud.
WORDY_ATTRIBUTES = {
    "alt",
    "aria-label",
    "data-copied",
    "data-no-suggestions",
    "data-suggestions-label",
    "placeholder",
    "title",
}
# Stop words that are French words too.
FRENCH_TOO = {"a", "an", "as", "but", "if", "me", "on", "or"}
ENGLISH = "|".join(set(STOP_WORDS["en"].split()) - FRENCH_TOO)
# {language: pattern of what no text in it has}
FOREIGN = {
    "ar": re.compile("[A-Za-z]"),
    "fr": re.compile(rf"[\u0600-\u06ff]|\b(?:{ENGLISH})\b", re.IGNORECASE),
}


def crawl(client, addresses, below=None):
    """Yield (address, page as an lxml tree) for `addresses`, and for the pages that they lead to.

    `below`: what the addresses of the links that are followed begin with; None to follow none. Links with a
    query string are not followed.
    """
    waiting, seen = deque(addresses), set(addresses)
    while waiting:
        address = waiting.popleft()
        response = client.get(address)
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        page = html.fromstring(response.content)
        yield address, page
        for href in page.xpath("//a/@href") if below else ():
            link = unquote(urljoin(address, href).partition("#")[0])
            if link.startswith(below) and "?" not in link and link not in seen:
                seen.add(link)
                waiting.append(link)


def find_texts(page, language):
    """Return the set of the texts of `page` for readers that are not marked as of another language.

    An empty `lang` names no language, so texts with it are returned too. Removes the <mark> tags of `page`.
    """
    etree.strip_tags(page, "mark")  # it can be inside a name
    found = set()
    for element in page.iter("*"):
        if element.tag in {"script", "style"} or get_language(element) not in {language, ""}:
            continue
        texts = [element.text, *(child.tail for child in element)]
        texts += [element.get(name) for name in WORDY_ATTRIBUTES.intersection(element.keys())]
        found |= {" ".join(text.split()) for text in texts if text and text.strip()}
    return found


def get_language(element):
    """Return the `lang` of `element`, or else of the closest element around it."""
    return element.xpath("string(ancestor-or-self::*[@lang][1]/@lang)")


def find_foreign(texts, language, english, names):
    """Return those of `texts` that are not in `language`, apart from `names`, a set of texts.

    These are texts that are among `english`, those of English pages, and texts with foreign words.
    """
    # In reverse order, a name comes before the shorter ones with which it begins.
    unchecked = re.compile("|".join([r"https?://\S+", *map(re.escape, sorted(names, reverse=True))]))
    rests = {text: unchecked.sub("", text) for text in texts}
    return {
        text
        for text, rest in rests.items()
        if FOREIGN[language].search(rest) or (text in english and re.search(r"[^\W\d_]{2,}", rest))
    }
