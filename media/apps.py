from django.apps import AppConfig
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "media"
    verbose_name = _("Pictures and documents")

    def ready(self):
        from wagtail.models import UploadedFile

        from media.access import register_in_reference_index
        from media.fields import clean_waiting_upload

        register_in_reference_index()
        pre_save.connect(clean_waiting_upload, sender=UploadedFile)
