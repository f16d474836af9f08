"""Keeps the tags of pictures and documents that a user may not choose out of suggestions."""

import json

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q
from django.http import JsonResponse
from taggit.models import Tag, TaggedItem
from wagtail.admin.views import tags
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.views import chooser

from editing.access.chosen_objects import choosable


def visible_tags(user):
    """Return the tags of the pictures and documents that `user` may choose; for a superuser, all tags."""
    if user.is_superuser:
        return Tag.objects.all()
    condition = Q()
    for model in (get_image_model(), get_document_model()):
        files = choosable(user, model).values("pk")
        condition |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=files)
    return Tag.objects.filter(pk__in=TaggedItem.objects.filter(condition).values("tag"))


def autocomplete_tags(request, app_name=None, model_name=None):
    """Wagtail's view that suggests tags, here only those of files that the user may choose."""
    found = json.loads(tags.autocomplete(request, app_name, model_name).content)
    visible = set(visible_tags(request.user).filter(name__in=found).values_list("name", flat=True))
    return JsonResponse([name for name in found if name in visible], safe=False)


class ImageChooseView(chooser.ImageChooseView):
    """The picture chooser, with the ten of visible_tags() that the most pictures have."""

    def get_context_data(self, **kwargs):
        items = Q(taggit_taggeditem_items__content_type=ContentType.objects.get_for_model(self.model))
        found = visible_tags(self.request.user).filter(items).annotate(uses=Count("pk")).order_by("-uses")
        return super().get_context_data(**kwargs) | {"popular_tags": found[:10]}
