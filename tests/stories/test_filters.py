"""Each filter: lists and the search agree on it, and offer the values of public stories alone.

The filters come from their registry, FILTERS, so a new one needs no line here.
"""

import pytest
from django.db import models
from django.http import QueryDict

from search import finding, forms
from stories import filters, listing
from stories.models import StoryPage
from tests.support.builders import make_index, make_story
from tests.support.filters import filed, values_of

pytestmark = pytest.mark.django_db


def lists_for(query=""):
    """Return a list and a search for all stories, filtered by the query string `query`."""
    index = make_index()
    form = forms.SearchForm(QueryDict(f"q=lantern&{query}"))
    assert form.is_valid()
    return listing.StoryListing(StoryPage.objects.below(index), QueryDict(query), index), finding.Search(form)


def test_each_value_is_offered_and_leads_to_its_stories_while_they_are_public(subtests):
    stories = [make_story(f"Lantern {number}", **filed(number)) for number in (0, 1)]
    values = [values_of(story) for story in stories]
    for each in filters.FILTERS:
        offered = {both[each.name] for both in values}
        assert len(offered) == 2, each.name
        for place in lists_for():
            with subtests.test(f"{each.name} in {place}"):
                (facet,) = (facet for facet in place.facets if facet.filter is each)
                assert {choice.value for choice in facet.choices if choice.count == 1} == offered
        for story, own in zip(stories, values, strict=True):
            for place in lists_for(f"{each.name}={own[each.name]}"):
                assert (place.pks, place.filters) == ([story.pk], {each.name: own[each.name]})
    stories[1].unpublish()
    for each in filters.FILTERS:
        hidden = values[1][each.name]
        in_list, search = lists_for(f"{each.name}={hidden}")
        assert (in_list.has_bad_filter, in_list.pks) == (True, [stories[0].pk]), each.name
        (facet,) = (facet for facet in search.facets if facet.filter is each)
        (offered,) = (choice.value for choice in facet.choices if not choice.is_active)
        assert (offered, search.count) == (values[0][each.name], 0)
        # Fixed choices and countries tell nothing. What editors write may.
        if not isinstance(each, filters.ChoiceFilter | filters.CountryFilter):
            assert facet.active.label == hidden


def test_filter_by_fixed_choices_leaves_out_stored_values_that_are_none_of_them():
    class People(models.TextChoices):
        NONE = "none", "Nobody"

    each = filters.ChoiceFilter("people", "People", People)
    rows = [(make_story(people=people, live=False).pk, None, None) for people in ("none", "none", "unknown")]
    ((value, label, pks),) = each.find_pages(rows)
    assert (value, label, sorted(pks)) == ("none", "Nobody", [row[0] for row in rows[:2]])
    assert not each.make_field().valid_value("unknown")
