"""Decides who may download a picture or document: those who may see a page that uses it, and its editors.

Wagtail's reference index tells which page uses which file. Of a page that is not live, the index can have a
draft. So a use gives visitors access only while the page is live. Of a live page, the index has the published
content without later drafts. Editors see a picture that is new in such a draft by their permissions for
pictures.
"""

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast
from wagtail.models import Page, ReferenceIndex
from wagtail.permissions import policy_registry

from caching.content_version import content_version
from caching.versioned_cache import VersionedCache, current_version
from media.models import CleanImage, Rendition
from media.people import is_shown_outside
from publishing.visibility import is_hidden_or_held, published_pages, restrictions_on

# With any of these permissions for a file, a user may see it in the admin.
FILE_PERMISSIONS = {"add", "change", "choose", "delete"}
# The models that are decorated by the two functions below.
models_shown_with_pages, _shown_everywhere = [], []
# The names of the files of public renditions: pictures in one size and format. One takes about 250 bytes.
public_names = VersionedCache(max_entries=20_000)


def shown_with_pages(model):
    """Decorate a snippet, such as Author, whose files are shown on the pages that use its instances."""
    models_shown_with_pages.append(model)
    return model


def shown_everywhere(model):
    """Decorate a model, such as SiteSettings, whose files are shown to everybody."""
    _shown_everywhere.append(model)
    return model


def is_shown_at_once(model):
    """Return whether visitors see the files of an instance of `model` as soon as it is saved."""
    return model in [*models_shown_with_pages, *_shown_everywhere]


def may_publish(user):
    """Return whether `user` may publish pages in at least one section."""
    return policy_registry.get_by_type(Page).user_has_permission(user, "publish")


def register_in_reference_index():
    """Add what is shown everywhere to Wagtail's reference index, which by default has no settings.

    The index has all snippets anyway, so also the models that are shown with pages.
    """
    for model in _shown_everywhere:
        ReferenceIndex.register_model(model)


def is_public(item):
    """Return whether everybody may download `item`, an image or a document.

    At most three queries, and two for a picture of people.
    """
    return is_agreed(item) and is_used_for_readers(published_pages(), item, is_agreed_outside(item))


def is_used_for_readers(pages, item, outside=True):
    """Return whether one of `pages`, or something that is shown on all of them, uses `item`.

    Whether the people on a picture agree to it is left to is_agreed(). `outside`: whether the pictures of
    authors and the logo count. At most two queries, and the one of published_pages().
    """
    if pages.filter(is_page_using(item, outside)).exists():
        return True
    if not outside:
        return False
    everywhere = [ContentType.objects.get_for_model(model) for model in _shown_everywhere]
    return ReferenceIndex.get_references_to(item).filter(base_content_type__in=everywhere).exists()


def is_agreed(item):
    """Return whether `item` may be shown today: all people on a picture agree. True for a document."""
    return not isinstance(item, CleanImage) or item.is_shown


def is_agreed_outside(item):
    """Return whether `item` may also be shown outside of a page. True for a document."""
    return not isinstance(item, CleanImage) or is_shown_outside(item)


def is_public_rendition(name):
    """Return whether everybody may download the rendition whose file is called `name`.

    That it is public is remembered in a VersionedCache: while the content version is the same, for
    MAX_CACHE_SECONDS at most. Meanwhile it takes no query. That it is not public is never remembered.
    """
    # The version is read before the queries: if something changes during them, their result is forgotten.
    return bool(public_names.many("rendition", [name], find_public, current_version()))


def is_known_as_public(name):
    """Return whether it is remembered that the rendition `name` is public. It takes no query."""
    # The function that looks up what is not remembered finds nothing.
    return bool(public_names.many("rendition", [name], lambda _names: {}, content_version.recent()))


def find_public(names):
    """Return {name: True} for those renditions of `names` that are public. At most four queries for each."""
    found = filter(None, map(find_rendition, names))
    return {each.file.name: True for each in found if each.is_for_pages and is_public(each.image)}


def find_rendition(name):
    """Return the Rendition whose file is called `name`, or None if it is not current.

    With the file or the focal point of earlier, it may show what somebody has taken out of the picture.
    """
    if "\0" in name:  # PostgreSQL raises an error for NUL in a text.
        return None
    rendition = Rendition.objects.select_related("image").filter(file=name).first()
    return rendition if rendition and rendition.is_current else None


def may_download(request, item):
    """Return whether the user of `request` may download `item`, which is not public.

    They may if they may see it in the admin. They also may if they may see a live page that uses it, and all
    people on a picture agree.
    """
    if not has_session_cookie(request):
        return False
    if may_see_in_admin(request, item):
        return True
    using = Page.objects.filter(is_page_using(item, is_agreed_outside(item)))
    return is_agreed(item) and any(may_see_live_page(request, page) for page in using)


def may_see_in_admin(request, item):
    """Return whether the user of `request` has a permission for `item`, or may edit a page that refers to it.

    A draft with an author does not count for the picture of the author, because everybody may choose every
    author for a draft.
    """
    if not has_session_cookie(request) or not request.user.is_authenticated:
        return False
    policy = policy_registry.get_by_type(type(item))
    referring = Page.objects.filter(is_page_among(ReferenceIndex.get_references_to(item)))
    return policy.user_has_any_permission_for_instance(request.user, FILE_PERMISSIONS, item) or any(
        page.permissions_for_user(request.user).can_edit() for page in referring
    )


def has_session_cookie(request):
    """Return whether `request` has a session cookie. Without one, nobody is logged in."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def may_see_live_page(request, page):
    """Return whether `page` is live and not withdrawn, and `request` meets all its view restrictions."""
    return (
        page.live
        and all(restriction.accept_request(request) for restriction in restrictions_on(page))
        and not is_hidden_or_held(page)
    )


def is_page_using(item, outside=True):
    """Return a Q for the pages that use `item`, directly or through an instance that is shown with them.

    `outside`: as for is_used_for_readers().
    """
    references = ReferenceIndex.get_references_to(item)
    condition = is_page_among(references)
    for model in models_shown_with_pages if outside else ():
        content_type = ContentType.objects.get_for_model(model)
        instances = references.filter(base_content_type=content_type).values("object_id")
        condition |= is_page_among(
            ReferenceIndex.objects.filter(to_content_type=content_type, to_object_id__in=instances)
        )
    return condition


def is_page_among(references):
    """Return a Q for the pages that `references`, a queryset of ReferenceIndex, come from."""
    from_pages = references.filter(base_content_type=ContentType.objects.get_for_model(Page))
    # The index has primary keys as strings.
    return Q(pk__in=from_pages.values_list(Cast("object_id", BigIntegerField())))
