"""Configuration of the app: its signals, its permissions, and what withdrawals and the leak check need."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "media"
    verbose_name = _("Pictures and documents")

    def ready(self):
        from wagtail.models import UploadedFile
        from wagtail.permissions import register_permission_policy

        from media import erasing, people  # noqa: F401
        from media.access import register_in_reference_index
        from media.fields import WaitingFile
        from media.models import CleanDocument, CleanImage
        from media.shown_files import ShownFilePolicy

        register_in_reference_index()
        # Wagtail registers its own policies, with the same arguments, without exact_class. So ours win.
        models = {CleanImage: "wagtailimages.Image", CleanDocument: "wagtaildocs.Document"}
        for model, auth_model in models.items():
            policy = ShownFilePolicy(model, auth_model=auth_model, owner_field_name="uploaded_by_user")
            register_permission_policy(model, policy, exact_class=True)
        UploadedFile._meta.get_field("file").attr_class = WaitingFile
