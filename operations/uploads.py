"""A limit on the size of a request body."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class UploadLimit(FileUploadHandler):
    """Refuses a multipart form with more than LARGEST_REQUEST bytes before any of it is read.

    Django parses a form, and stores its files, before it checks whether the user may send it. So without this
    limit anybody could fill the disk.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.LARGEST_REQUEST:
            raise RequestDataTooBig("More than LARGEST_REQUEST bytes.")

    # Django requires the next two methods. They leave the file to the next handler in FILE_UPLOAD_HANDLERS.
    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None
