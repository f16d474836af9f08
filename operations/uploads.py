"""A limit on the size of a request body."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import MemoryFileUploadHandler


class UploadLimit(MemoryFileUploadHandler):
    """Django's handler of small files. It refuses a form of more than LARGEST_REQUEST bytes unread.

    Django parses a form, and stores its files, before it checks whether the user may send it. So without this
    limit anybody could fill the disk.
    """

    def handle_raw_input(self, input_data, META, content_length, *arguments, **named):
        if content_length > settings.LARGEST_REQUEST:
            raise RequestDataTooBig("More than LARGEST_REQUEST bytes.")
        super().handle_raw_input(input_data, META, content_length, *arguments, **named)
