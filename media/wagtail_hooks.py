"""Closes gaps in Wagtail's admin through which hidden files and pages would become visible."""

from wagtail import hooks
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry

from media.access import WORK_WITH_FILES
from media.views import check_document
from publishing.visibility import restrictions_on

# After Wagtail's own question, whether the document's collection is private.
hooks.register("before_serve_document", check_document, order=100)


class OwnFiles:
    """Lists the files that who asks may work with. Wagtail's API lists those of all sections."""

    def get_queryset(self):
        policy = policy_registry.get_by_type(self.model)
        own = policy.instances_user_has_any_permission_for(self.request.user, WORK_WITH_FILES)
        return super().get_queryset().filter(pk__in=own.values("pk"))


class OwnImages(OwnFiles, ImagesAdminAPIViewSet):
    pass


class OwnDocuments(OwnFiles, DocumentsAdminAPIViewSet):
    pass


# In the place of Wagtail's, which are registered before.
@hooks.register("construct_admin_api", order=100)
def list_own_files(router):
    router.register_endpoint("images", OwnImages)
    router.register_endpoint("documents", OwnDocuments)


@hooks.register("before_convert_alias_page")
def unpublish_hidden_alias(request, page):
    """Make a draft of an alias that is hidden because of its source, before it loses the source.

    Wagtail would leave it live, with the words of the source and without its restriction. It also asks only
    whether the user may edit the page, not whether they may publish it.
    """
    if request.method == "POST" and restrictions_on(page).exists():
        page.unpublish(user=request.user)
