"""Generates many stories, as distractors in tests of the search and as content for benchmarks.

They are about the same subjects as the demonstration site's stories, and have some of the words by which the
tests search for those, but other countries and themes.
"""

import datetime
import itertools
import json
import random
import uuid

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from wagtail.models import Locale, Page
from wagtail.search.backends import get_search_backend

from safeguarding.models import Release
from safeguarding.scopes import NO_END
from stories.models import StoryAuthor, StoryCountry, StoryIndexPage, StoryPage, StoryTheme
from stories.terms import Author, Country, Theme, country_names

# Rows in one SQL query.
BATCH_SIZE = 500
# The dates of the stories: random days up to DAYS before NEWEST.
NEWEST = datetime.date(2025, 6, 30)
DAYS = 3650
# ISO codes of the countries of the demonstration's stories.
DEMO_COUNTRIES = {"BO", "CD", "IN", "KE", "NG", "PH", "SN"}

THEMES = [
    *("Fishing boats", "Weaving", "Tea gardens", "Timber", "Shrimp ponds", "Street trading"),
    *("Harvest teams", "Building sites", "Hotel kitchens", "Village savings", "Night schools", "Local radio"),
]
# Names of people and villages are made of these.
SYLLABLES = [
    *("ba", "bri", "cha", "dor", "du", "el", "fa", "gar", "hin", "im", "jo", "kal", "ker", "la", "lom"),
    *("ma", "mir", "no", "nus", "or", "pe", "qua", "ran", "ro", "sel", "sha", "tam", "ti", "ul", "va"),
    *("ven", "wi", "yas", "zo", "ath", "bel", "cor", "dri", "fen", "gol", "hest", "ilm", "jur", "tov"),
]
# The replacements of each {slot} in the patterns below, besides {name}, {village} and {country}.
WORDS = {
    "place": "harbour|market|valley|river bank|bus station|fishing village|cattle post|saw mill|tea garden|"
    "farm|weaving shed|building site|garment factory|salt works|hotel|plantation|shrimp pond|timber camp|"
    "rice terrace|road camp|border town|cocoa plot|quarry|dairy|laundry|cannery|charcoal camp|cotton field",
    "group": "women’s cooperative|farmers’ union|parish council|youth club|teachers’ circle|savings group|"
    "drivers’ association|market committee|fishers’ union|parents’ group|weavers’ guild|water committee|"
    "port workers’ union|community radio|mothers’ club|town library|football club|choir",
    "official": "labour inspector|mayor|clerk|police sergeant|harbour master|district officer|school head|"
    "social worker|village chief|forest ranger|customs officer|health visitor|registrar|prosecutor|bailiff|"
    "ombudsman|councillor|ship’s captain|probation officer",
    "person": "cook|driver|weaver|fisherman|farmer|tailor|student|deckhand|carpenter|cleaner|porter|mason|"
    "shepherd|seamstress|picker|welder|waiter|guard|widow|grandmother|cousin|apprentice|painter|barber",
    "thing": "a notice board|a telephone tree|a register|a small fund|a night school|a shared boat|a hotline|"
    "a leaflet in four languages|a map of the area|a radio hour|a weekly meeting|a list of fair employers|"
    "a seed bank|a sewing room|a mobile office|a questionnaire|a calendar of visits|a choir",
    "trouble": "late pay|long shifts|false promises|unsafe ladders|missing contracts|high rents|short leave|"
    "bad water|crowded rooms|heavy fines|dangerous roads|empty nets|poor light|broken engines|cheap fuel|"
    "dry wells|changing prices|rumours|sudden evictions|stolen tools",
    "topic": "wages and hours|the rules of the port|safe transport|working on ships|rights at work|"
    "seasonal contracts|health on the site|keeping accounts|how a hearing works|what a permit allows|"
    "reading a pay slip|first aid|equal pay|housing for teams|fair prices|the new tenancy act",
    "season": "spring|the rainy season|the dry months|the harvest|winter|the herring season|early summer|"
    "the long holidays|autumn|the monsoon|the week before the election|market week",
    "number": "two|three|six|seven|nine|fifteen|twenty|thirty|forty|sixty|eighty|a hundred|two hundred",
    "field": "trafficking|forced labour|child labour|exploitation|unfair recruitment|migration|"
    "discrimination|homelessness|unemployment|dismissal|eviction|tenancy|sick leave|pensions",
    "doing": "counted the crates|mended the nets|carried the sacks|swept the yard|wrote down the hours|"
    "called the office|asked the neighbours|translated the letter|drew a map|kept the receipts|"
    "went from door to door|sat under the mango tree|filled the forms|repaired the roof|sorted the post",
    "quality": "slow|patient|careful|noisy|cheerful|stubborn|quiet|practical|uneven|honest|thorough|tiring|"
    "modest|lasting|fragile|remarkable|ordinary|unusual|useful|simple",
}
WORDS = {slot: words.split("|") for slot, words in WORDS.items()}
TITLES = [
    "The {group} of {village} and the {place}",
    "{name} returns to the {place}",
    "How {village} talks about {topic}",
    "A {official} in {village} listens",
    "{number} people, one {place}: {village} in {season}",
    "What the {person} of {village} wrote down",
    "The {place} at {village} after {season}",
    "{name} and the {group}",
    "Learning about {topic} at the {place} of {village}",
    "Against {trouble}: the {group} of {village}",
]
SENTENCES = [
    "In {season} the {place} near {village} is full of people who look for work.",
    "{name}, a {person}, {doing} while the others {doing}.",
    "The {group} met the {official} at the {place} and asked about {topic}.",
    "Nobody in {village} had expected {trouble} to last until {season}.",
    "It began with {thing}, which the {group} paid for out of its own pocket.",
    "A {official} came by bus, {doing}, and left again without a word about {topic}.",
    "{number} families from {village} have worked at the {place} for as long as anybody can remember.",
    "Work of this kind is {quality}, and it is seldom written about.",
    "The law says something about {topic}, but the {place} is a long way from the court.",
    "“We wanted {thing},” says {name}, “and we got {trouble} instead.”",
    "At the end of the day the {person} and the {person} {doing}.",
    "A workshop on {topic} drew {number} people, most of them from the {place}.",
    "The court in the provincial town heard the case in {season} and put it off three times.",
    "Officials promised {thing}; the {group} kept a copy of the promise.",
    "The answer of the {official} was {quality}, and the people of {village} wrote it down.",
    "Those who leave for work in another country go by boat, and those who stay mend the boats.",
    "For {number} years {name} had been a {person} at the {place}.",
    "The river rose, the market moved, and the {group} of {village} moved with it.",
    "What changed was {quality}: {thing}, a new {official}, and less talk of {trouble}.",
    "The training lasted {number} hours and dealt with {topic} from beginning to end.",
    "Some said it was a matter of {field}; others spoke of {trouble} and left it there.",
    "A report of that year mentions {field} in {number} places along the coast.",
    "In {village} the word {field} was heard for the first time on the radio.",
    "The {person} who spoke next had {doing} all morning.",
    "Old nets, new contracts: the {place} has seen both, and {name} remembers the nets better.",
    "There is {thing} now at the {place}, and the {official} looks in on the first day of each month.",
    "Children play between the boats while their parents talk about {topic}.",
    "The road from {village} to the {place} takes {number} minutes on foot.",
    "Migrants from {village} send money home, and the {group} keeps a {quality} account of it.",
    "A government office counted {number} complaints about {trouble} within a year.",
    "The {official} explained the form, the {person} filled it, and both signed.",
    "It took a {quality} discussion until the {group} agreed on {thing}.",
    "The women of the {place} {doing}, and the men {doing}.",
    "Who owns the {place} is a question that {village} does not ask aloud.",
    "By {season} there were {number} names on the list, and {name} had written every one.",
    "The neighbours brought rice, tea and {thing}.",
    "Much of the pay went on transport, some on rent, and the rest on {trouble}.",
    "{name} learned to read a contract from a {person} at the {place}.",
    "An employer who keeps the rules is easy to find: ask the {group}.",
    "In the {place} of {village} the day begins at {number} minutes past five.",
    "The {group} sent a letter to the ministry, with {number} signatures and a question about {topic}.",
    "Public meetings are {quality} here, and the one about {topic} was no exception.",
    "After the storm the {official} and the {group} {doing} together.",
    "{village} has a school, a clinic, {thing}, and more {trouble} than it deserves.",
    "The first visit was {quality}; at the second one {name} brought a {person} along.",
    "Prices fell in {season}, and with them the hope that {trouble} would end.",
    "Each {person} has a card now, with a number to call when there is {trouble}.",
    "They want to know what becomes of those who go, and who answers for them.",
    "A bus, a boat, a night on a bench: the way to the {place} is {quality}.",
    "The plan for the coming year has three parts: {topic}, {topic} and {thing}.",
]
COUNTRY_SENTENCES = [
    "This is {country}, where the {place} gives work to {number} people.",
    "In {country} such a {place} has its own rules, and the {group} knows them.",
    "Seen from the capital of {country}, {village} is far away.",
]


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
    index = _make_index()
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
        StoryPage._base_manager._insert(
            story_pages, fields=StoryPage._meta.local_concrete_fields, using=connection.alias
        )
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
    themes = [Theme.objects.get_or_create(name=name)[0] for name in THEMES]
    author = Author.objects.get_or_create(name="Ilvatoro Quashester")[0]
    StoryCountry.objects.bulk_create(
        StoryCountry(story_id=page.pk, country_id=code, sort_order=order)
        for page, codes in zip(pages, countries, strict=True)
        for order, code in enumerate(codes)
    )
    StoryTheme.objects.bulk_create(
        StoryTheme(story_id=page.pk, theme=theme, sort_order=order)
        for page in pages
        for order, theme in enumerate(rng.sample(themes, 2))
    )
    StoryAuthor.objects.bulk_create(StoryAuthor(story_id=page.pk, author=author) for page in pages)


def _make_index():
    """Return a new StoryIndexPage with a slug of its own."""
    home = Page.objects.get(depth=2, locale=Locale.get_default())
    number = StoryIndexPage.objects.count() + 1
    index = StoryIndexPage(title="Further accounts", slug=f"further-accounts-{number}", people="none")
    home.add_child(instance=index)
    return index


def _page(index, title, number):
    slug = f"{slugify(title)[:60]}-{number}"
    now = timezone.now()
    return Page(
        title=title,
        draft_title=title,
        slug=slug,
        path=StoryPage._get_path(index.path, index.depth + 1, number),
        depth=index.depth + 1,
        url_path=f"{index.url_path}{slug}/",
        content_type=ContentType.objects.get_for_model(StoryPage),
        locale=index.locale,
        live=True,
        first_published_at=now,
        last_published_at=now,
    )


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
