"""The filters of the search page: those of lists of stories, and the kind of page."""

from collections import defaultdict

from django.contrib.contenttypes.models import ContentType
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stories.filters import FILTERS, Filter

# The kind of pages that are neither stories nor lists of stories: the name of the model StandardPage.
OTHER_KIND = "standardpage"


class KindFilter(Filter):
    """A filter by the type of page. A value is the name of a model. It is for the search alone."""

    def find_pages(self, rows):
        types, by_type = ContentType.objects, defaultdict(list)
        for pk, content_type, _date in rows:
            by_type[content_type].append(pk)
        return [(*get_kind(types.get_for_id(key).model_class()), pks) for key, pks in by_type.items()]


def get_kind(model):
    """Return the value and the label of the kind of the pages of the type `model`."""
    # Home pages count as plain pages.
    if model._meta.model_name in {OTHER_KIND, "homepage"}:
        return OTHER_KIND, gettext("Other pages")
    return model._meta.model_name, str(capfirst(model._meta.verbose_name_plural))


SEARCH_FILTERS = [*FILTERS, KindFilter("kind", _("Kind of page"))]
