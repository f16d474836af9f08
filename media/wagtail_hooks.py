"""Hooks that apply media/access.py and media/shown_files.py where Wagtail 8.0 has no such rules for files."""

from wagtail import hooks
from wagtail.documents.api.admin.views import DocumentsAdminAPIViewSet
from wagtail.images.api.admin.views import ImagesAdminAPIViewSet
from wagtail.permissions import policy_registry

from media.access import FILE_PERMISSIONS
from media.shown_files import check_move
from media.views import refuse_hidden_document

# After Wagtail's own hook, which asks for a login if the collection of the document is private.
hooks.register("before_serve_document", refuse_hidden_document, order=100)
hooks.register("before_bulk_action", check_move)


class PermittedFilesMixin:
    """Lists the files for which the user has a permission. Wagtail's API lists those of all collections."""

    def get_queryset(self):
        policy = policy_registry.get_by_type(self.model)
        permitted = policy.instances_user_has_any_permission_for(self.request.user, FILE_PERMISSIONS)
        return super().get_queryset().filter(pk__in=permitted.values("pk"))


class PermittedImagesViewSet(PermittedFilesMixin, ImagesAdminAPIViewSet):
    pass


class PermittedDocumentsViewSet(PermittedFilesMixin, DocumentsAdminAPIViewSet):
    pass


@hooks.register("construct_admin_api", order=100)
def replace_file_apis(router):
    """Replace Wagtail's endpoints. Its own hooks have registered them before, under the same names."""
    router.register_endpoint("images", PermittedImagesViewSet)
    router.register_endpoint("documents", PermittedDocumentsViewSet)
