"""Stories that differ in the value of each filter of stories/filters.py, whatever filters there are."""

import datetime

from stories.filters import FILTERS, ChoiceFilter


def filed(number):
    """Return arguments for make_story(): a value for each filter, another one for each `number`, 0 or 1."""
    terms = {"countries": [["KE"], ["SN"]][number], "themes": [["Mining"], ["Fishing"]][number]}
    chosen = {each.name: each.choices.values[number] for each in FILTERS if isinstance(each, ChoiceFilter)}
    return {**terms, "date": datetime.date(2025 - number, 1, 1), **chosen}


def values_of(story):
    """Return {name of a filter: the value of `story`, which filed() filed}."""
    rows = [(story.pk, story.content_type_id, story.date)]
    values = {each.name: [value for value, _label, _pks in each.find_pages(rows)] for each in FILTERS}
    assert all(len(found) == 1 for found in values.values()), f"Give the stories of filed() a value: {values}"
    return {name: value for name, (value,) in values.items()}
