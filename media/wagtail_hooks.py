"""Has Wagtail's views of files ask who may get them."""

from wagtail import hooks
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry

from media.access import WORK_WITH_FILES
from media.views import check_document

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
