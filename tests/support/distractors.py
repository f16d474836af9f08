"""Generates many stories, as distractors in tests of the search and as content for benchmarks.

They are about the same subjects as the demonstration site's stories, and have some of the words by which the
tests search for those, but other countries and themes.
"""

import datetime
import itertools
import json
import random
import uuid
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Page
from wagtail.search.backends import get_search_backend

from safeguarding.models import Release
from safeguarding.scopes import NO_END
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Country, country_names
from tests.support import builders

# Rows in one SQL query.
BATCH_SIZE = 500
# The dates of the stories: random days up to DAYS before NEWEST.
NEWEST = datetime.date(2025, 6, 30)
DAYS = 3650
# ISO codes of the countries of the demonstration's stories.
DEMO_COUNTRIES = {"BO", "CD", "IN", "KE", "NG", "PH", "SN"}

# The parts of names, the patterns of texts, and the words for each {slot} in them, besides
# {name}, {village} and {country}.
DATA = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
THEMES, SYLLABLES, WORDS, TITLES, SENTENCES, COUNTRY_SENTENCES = DATA.values()


class Writer:
    """Generates random stories of about `words` words; the same `seed` gives the same stories."""

    def __init__(self, seed, words):
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.words = words

    def name(self):
        """Return a name that is probably unique, so that the index has many rare words."""
        return "".join(self.random.choices(SYLLABLES, k=self.random.choice((2, 3, 3)))).capitalize()

    def sentence(self, pattern, people, villages, country):
        chosen = {slot: self.random.choice(words) for slot, words in WORDS.items()}
        chosen |= {"name": self.random.choice(people), "village": self.random.choice(villages)}
        text = pattern.format(country=country, **chosen)
        return f"{text[0].upper()}{text[1:]}"

    def story(self, country=None):
        """Return (title, summary, body as JSON); the text names `country` if it is given."""
        # The arguments of sentence() after the pattern: people, villages, country.
        names = [f"{self.name()} {self.name()}", self.name()], [self.name(), self.name()], country
        patterns = self.random.choices(SENTENCES, k=self.words // 15)  # a sentence has about 15
        if country:
            patterns.insert(len(patterns) // 2, self.random.choice(COUNTRY_SENTENCES))
        title = self.sentence(self.random.choice(TITLES), *names)
        summary = " ".join(self.sentence(pattern, *names) for pattern in self.random.choices(SENTENCES, k=2))
        return title, summary, self._body([self.sentence(pattern, *names) for pattern in patterns])

    def _body(self, sentences):
        blocks = []
        for part in itertools.batched(sentences, 8):
            if blocks:
                blocks.append({"type": "heading", "value": {"text": part[0][:80], "level": "2"}})
            blocks.append({"type": "text", "value": f"<p>{' '.join(part[1:] if blocks else part)}</p>"})
        for block in blocks:
            block["id"] = str(uuid.UUID(int=self.random.getrandbits(128), version=4))
        return json.dumps(blocks)


def add_stories(number, words=120, seed=1, exclude=(), indexed=True):
    """Add `number` public stories of about `words` words; return their StoryIndexPage.

    Their countries are not in DEMO_COUNTRIES nor in `exclude`, ISO codes. With `indexed` False, they are
    not in the search index.
    """
    writer = Writer(seed, words)
    names = country_names("en")
    codes = sorted(set(Country.objects.values_list("pk", flat=True)) - DEMO_COUNTRIES - set(exclude))
    stories = []
    for _story in range(number):
        countries = writer.random.sample(codes, writer.random.choice((1, 1, 1, 2)))
        stories.append((countries, writer.story(country=names[countries[0]])))
    return insert(stories, writer.random, indexed)


def add_story_for_each(codes):
    """Add a story for each country of `codes`, whose text does not name it; return {code: slug}."""
    writer = Writer(seed=2, words=120)
    index = insert([([code], writer.story()) for code in codes], writer.random)
    links = StoryCountry.objects.filter(country__in=codes, story__path__startswith=index.path)
    return dict(links.values_list("country_id", "story__slug"))


@transaction.atomic
def insert(stories, rng, indexed=True):
    """Insert `stories`, [(ISO codes, (title, summary, body))], in bulk; return their StoryIndexPage.

    Wagtail's add_child() and a revision for each page would take minutes for a thousand stories.

    `rng`: the random.Random that chooses dates and themes.
    """
    slug = f"further-accounts-{StoryIndexPage.objects.count() + 1}"
    index = builders.make_index(builders.home_page(), "Further accounts", slug=slug)
    numbers = itertools.count(1)
    for chunk in itertools.batched(stories, BATCH_SIZE):
        pages = Page.objects.bulk_create(
            [_page(index, title, next(numbers)) for _codes, (title, _, _) in chunk], batch_size=BATCH_SIZE
        )
        story_pages = []
        for page, (_codes, (_title, summary, body)) in zip(pages, chunk, strict=True):
            day = NEWEST - datetime.timedelta(days=rng.randrange(DAYS))
            story = StoryPage(page_ptr_id=page.pk, summary=summary, date=day, body=body, people="none")
            story_pages.append(story)
        # bulk_create refuses models with a parent table, so this inserts rows as Model.save() does.
        fields = StoryPage._meta.local_concrete_fields
        StoryPage._base_manager._insert(story_pages, fields=fields, using=connection.alias)
        # With this row a page about nobody is public. Only decisions compare the digest, and there are none.
        Release.objects.bulk_create(Release(page=page, until=NO_END, digest="-") for page in pages)
        _insert_terms(pages, [codes for codes, _words in chunk], rng)
    index.numchild = len(stories)
    index.save(update_fields=["numchild"])
    if indexed:
        add_to_index(StoryPage.objects.child_of(index))
    return index


def _insert_terms(pages, countries, rng):
    """Insert the terms of the stories `pages`. `countries`: the ISO codes of each."""
    themes = [builders.make_theme(name) for name in THEMES]
    author = builders.make_author("Ilvatoro Quashester")
    rows = [(page.pk, *each) for page, own in zip(pages, countries, strict=True) for each in enumerate(own)]
    StoryCountry.objects.bulk_create(
        StoryCountry(story_id=key, country_id=code, sort_order=order) for key, order, code in rows
    )
    rows = [(page.pk, *each) for page in pages for each in enumerate(rng.sample(themes, 2))]
    StoryTheme.objects.bulk_create(StoryTheme(story_id=pk, theme=each, sort_order=n) for pk, n, each in rows)
    StoryAuthor.objects.bulk_create(StoryAuthor(story_id=page.pk, author=author) for page in pages)


def _page(index, title, number):
    slug, depth = f"{slugify(title)[:60]}-{number}", index.depth + 1
    place = {"path": StoryPage._get_path(index.path, depth, number), "url_path": f"{index.url_path}{slug}/"}
    texts = {"title": title, "draft_title": title, "slug": slug, "locale": index.locale, "live": True}
    times = dict.fromkeys(("first_published_at", "last_published_at"), timezone.now())
    kind = ContentType.objects.get_for_model(StoryPage)
    return Page(**texts, **place, **times, depth=depth, content_type=kind)


def add_to_index(stories, backend=None):
    """Write the index entries of `stories`, a queryset, as `update_index` does."""
    backend = backend or get_search_backend()
    links = ("story_countries", "story_themes", "story_authors")
    stories = stories.prefetch_related(*links).order_by("pk")
    for start in range(0, stories.count(), BATCH_SIZE):
        backend.add_bulk(StoryPage, list(stories[start : start + BATCH_SIZE]))


def vacuum():
    """Vacuum and analyse all tables of PostgreSQL, as autovacuum does on a real site."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
