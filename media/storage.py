"""The storage of pictures and documents in a bucket of S3, or of a service with the same API."""

from boto3.s3.transfer import TransferConfig
from django.urls import reverse
from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):
    """A bucket whose files have addresses of this site.

    boto3 reads the credentials and the endpoint from AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3 and so on.
    """

    # A file never replaces another one, as in FolderStorage.
    file_overwrite = False

    def url(self, name, *args, **kwargs):
        # The address of our own view, which checks access. An address of the bucket would bypass the check.
        return reverse("rendition", args=[name])


class BackupStorage(S3Storage):
    """A bucket for backups, which are sent in parts, one after the other: that needs less memory."""

    def get_default_settings(self):
        return super().get_default_settings() | {"transfer_config": TransferConfig(use_threads=False)}
