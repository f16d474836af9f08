"""Files follow their pages: who may see a page that shows a file may get the file, and nobody else.

Which page uses what is in Wagtail's reference index. It holds what is saved in a page itself: of a page
that was never published also the draft, of a live page only what is live. So being live is always asked
of the page, and editors get at a picture that is new in a draft by what they may do with pictures.
"""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast
from wagtail.models import Page, ReferenceIndex
from wagtail.permissions import policy_registry

from publishing.visibility import published_pages, restrictions_on

WORK_WITH_FILES = {"add", "change", "choose", "delete"}
_with_pages, _everywhere = [], []


def shown_with_pages(model):
    """Decorate a model whose files are shown wherever a page uses one of its instances (an author)."""
    _with_pages.append(model)
    return model


def shown_everywhere(model):
    """Decorate a model whose files are shown to everybody (the settings of the site)."""
    _everywhere.append(model)
    return model


def is_shown_at_once(model):
    """Return whether readers see the files of an instance of `model` as soon as it is saved."""
    return model in [*_with_pages, *_everywhere]


def register_in_reference_index():
    """Have Wagtail's reference index follow what is decorated: of itself it follows pages and snippets."""
    for model in [*_with_pages, *_everywhere]:
        ReferenceIndex.register_model(model)


def is_public(item):
    """Return whether everybody may get `item`, an image or a document. One query, or two."""
    if published_pages().filter(uses(item)).exists():
        return True
    everywhere = [ContentType.objects.get_for_model(model) for model in _everywhere]
    return ReferenceIndex.get_references_to(item).filter(base_content_type__in=everywhere).exists()


def may_get(request, item):
    """Return whether who sends `request` may get `item`, though it isn't public.

    That is whoever may work with it in the admin, or may see or edit a page that uses it.
    """
    if not has_session(request):
        return False
    pages = Page.objects.filter(uses(item))
    return may_work_with(request, item) or any(may_see_page(request, page) for page in pages)


def may_work_with(request, item):
    """Return whether who sends `request` may choose `item` in the admin, or do more with it."""
    policy = policy_registry.get_by_type(type(item))
    return has_session(request) and policy.user_has_any_permission_for_instance(
        request.user, WORK_WITH_FILES, item
    )


def has_session(request):
    """Return whether `request` may come from somebody known. If not, no session must be looked for."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def may_see_page(request, page):
    """Return whether who sends `request` may see `page` as it is live, or may edit it."""
    if page.live and all(private.accept_request(request) for private in restrictions_on(page)):
        return True
    return request.user.is_authenticated and page.permissions_for_user(request.user).can_edit()


def uses(item):
    """Return the condition that a page uses `item`, itself or by something that is shown with it."""
    references = ReferenceIndex.get_references_to(item)
    condition = is_source_of(references)
    for model in _with_pages:
        kind = ContentType.objects.get_for_model(model)
        between = references.filter(base_content_type=kind).values("object_id")
        condition |= is_source_of(
            ReferenceIndex.objects.filter(to_content_type=kind, to_object_id__in=between)
        )
    return condition


def is_source_of(references):
    """Return the condition that a page is what the `references` come from."""
    from_pages = references.filter(base_content_type=ContentType.objects.get_for_model(Page))
    return Q(pk__in=from_pages.values_list(Cast("object_id", BigIntegerField())))
