"""What may be sent to the site at once."""

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpResponse


class LengthMiddleware:
    """Refuses a body whose length isn't told, as Django would take it for an empty one."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if "Transfer-Encoding" in request.headers:
            return HttpResponse("The length must be told.", status=411, content_type="text/plain")
        return self.get_response(request)


class UploadLimit(FileUploadHandler):
    """Refuses what is too large before any of it is read. Anybody could fill the disk with it, as Django
    takes a form apart before it knows whether its sender may send it."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > settings.LARGEST_REQUEST:
            raise RequestDataTooBig("More than LARGEST_REQUEST bytes.")

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None
