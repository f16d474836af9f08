"""A bucket of S3, or of one of the many services like it, in place of a folder."""

from django.urls import reverse
from storages.backends.s3 import S3Storage


class BucketStorage(S3Storage):
    """Keys and address are boto3's own matter: AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL_S3 and so on."""

    # As in a folder, no file ever takes the place of another.
    file_overwrite = False

    def url(self, name, *args, **kwargs):
        # Never the bucket's own, signed or not, which would pass by the check of who may see a file.
        return reverse("rendition", args=[name])
