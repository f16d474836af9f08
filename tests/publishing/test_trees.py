"""The rule about hidden pages, compared with a plain definition in random trees of pages."""

import random

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from wagtail.models import Page, PageViewRestriction

from caching.content_version import content_version
from caching.versioned_cache import set_request_version
from publishing import visibility
from publishing.models import HiddenPage, TrashedPage
from safeguarding.scopes import NO_END
from safeguarding.uses import Release
from tests.support import committed, hidden_pages
from tests.support.builders import home_page, make_plain_page, make_private
from tests.support.undone import undone

pytestmark = pytest.mark.django_db

# The trees. PostgreSQL has others, and fewer, because they take twice as long there.
SEEDS = range(20) if connection.vendor == "sqlite" else range(20, 34)
# How many pages of a tree are looked at one by one, besides the queries for all of its pages.
SINGLE_PAGES = 7


def build_tree(seed):
    """Store pages below two home pages, and what hides pages, at random.

    The pages are stored directly, because Wagtail's own way takes a hundred times as long.
    """
    generator, home = random.Random(seed), home_page()  # noqa: S311 - the same each time
    content_type, pages = ContentType.objects.get_for_model(Page), []
    other = Page(title="Other home", slug="other-home", live=generator.random() < 0.7, locale=home.locale)
    Page.get_first_root_node().add_child(instance=other)
    for number in range(generator.choice([3, 12, 40])):
        above, name = generator.choice([home, other, *pages]), f"page-{number}"
        # 100, as the pages of the migrations have low numbers
        place = {"path": f"{above.path}{number + 100:04}", "url_path": f"{above.url_path}{name}/"}
        place |= {"depth": above.depth + 1, "live": generator.random() < 0.9, "locale": home.locale}
        pages.append(Page(title=name, slug=name, content_type=content_type, **place))
    Page.objects.bulk_create(pages)
    # No restriction, one (twice as often) or two.
    for page in generator.sample([Page.get_first_root_node(), *pages], generator.choice([0, 1, 1, 2])):
        make_private(page)
    for model in (HiddenPage, TrashedPage):
        for page in generator.sample(pages, generator.choice([0, 0, 1])):
            model.objects.create(page=page)
    stored = Page.objects.exclude(pk=home.pk)
    Release.objects.bulk_create(Release(page=page, until=NO_END, digest="-") for page in stored)


def pages_above(page, by_path):
    """Return the keys of `page` and of the pages above it."""
    paths = (page.path[:length] for length in range(Page.steplen, len(page.path) + 1, Page.steplen))
    return {by_path[path].pk for path in paths}


def assert_agreement(monkeypatch, seed):
    """Compare the public pages, and the restrictions of some pages, with a definition in plain Python.

    Returns the number of pages that are not public.
    """
    pages = list(Page.objects.all())
    by_path = {page.path: page for page in pages}
    restricted = set(PageViewRestriction.objects.values_list("page", flat=True))
    # A page that is not live withdraws the pages below it. Without such pages it hides nothing, and doesn't
    # count: NOT_LIVE in publishing/conditions.py.
    with_children = {page.path[: -Page.steplen] for page in pages}
    withdrawn = {page.pk for page in pages if not page.live and page.path in with_children}
    for model in (HiddenPage, TrashedPage):
        withdrawn |= set(model.objects.values_list("page", flat=True))
    above = {page.pk: pages_above(page, by_path) for page in pages}
    hidden = {page.pk for page in pages if above[page.pk] & (restricted | withdrawn)}
    public = {page.pk for page in pages if page.live} - hidden

    some = random.Random(seed).sample(pages, min(SINGLE_PAGES, len(pages)))  # noqa: S311 - the same each time

    def assert_agree():
        assert set(visibility.published_pages().values_list("pk", flat=True)) == public
        for page in some:
            restrictions = visibility.restrictions_on(page)
            assert set(restrictions.values_list("page", flat=True)) == above[page.pk] & restricted
            is_known_hidden = bool(above[page.pk] & withdrawn)
            assert visibility.is_hidden_or_held(page) == visibility.is_known_hidden(page) == is_known_hidden
            assert visibility.is_published(page) == (page.pk in public)

    assert_agree()  # In a transaction, the queries find the hidden pages.
    with monkeypatch.context() as patch:
        committed.act_as_committed(patch)  # The keys of the hidden pages are cached.
        assert_agree()
    return len(pages) - len(public)


def test_the_rule_holds_in_every_tree(monkeypatch):
    hidden = 0  # the number of hidden pages in all trees
    for seed in SEEDS:
        with undone():
            build_tree(seed)
            hidden += assert_agreement(monkeypatch, seed)
    assert hidden > 100, "trees without hidden pages prove little"


@pytest.mark.usefixtures("committed")
@pytest.mark.parametrize("way", hidden_pages.WAYS_TO_HIDE)
def test_a_hidden_page_stays_hidden_while_it_gets_another_path(way):
    story = way()
    above = list(story.get_ancestors(inclusive=True).filter(depth__gt=2))
    beside = [make_plain_page(f"Beside {page.pk}", page.get_parent()) for page in above]
    deeper = make_plain_page("Deeper", beside[0])
    is_live = Page.objects.get(pk=story.pk).live

    def is_shown():
        is_refused = visibility.is_hidden_or_held(story) or visibility.restrictions_on(story).exists()
        return visibility.is_published(story) or (is_live and not is_refused)

    # A request begins, and then another process moves pages, which changes the path of each page beside them.
    with set_request_version(content_version.read()):
        assert not is_shown()
        moves = [(moved.pk, page.pk, "left") for moved, page in zip(beside, above, strict=True)]
        for moved, target, position in [*moves, (above[0].pk, deeper.pk, "last-child")]:
            Page.objects.get(pk=moved).move(Page.objects.get(pk=target), pos=position)
            assert not is_shown(), position


@pytest.mark.usefixtures("committed")
def test_the_number_of_parameters_does_not_grow_with_the_hidden_pages():
    numbers = []
    for _time in range(2):
        make_private(make_plain_page("For members"))
        numbers.append(len(visibility.published_pages().query.sql_with_params()[1]))
    assert numbers[0] == numbers[1]
