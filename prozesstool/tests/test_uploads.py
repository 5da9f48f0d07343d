"""Uploads while they arrive: too large ones never reach a disk, strangers' ones go nowhere."""

import io

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, TemporaryUploadedFile
from django.test import RequestFactory

from people.models import User

BOUNDARY = "zwischen"
MEGABYTE = 1024 * 1024


class Zeros(io.RawIOBase):
    """A request body with one file of so many zeros, made piece by piece as it is read."""

    def __init__(self, size):
        head = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=remark\r\n\r\nhalb\r\n"
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name=file_a; filename="a.pdf"\r\n\r\n'
        )
        self.head, self.zeros, self.tail = head.encode(), size, f"\r\n--{BOUNDARY}--\r\n".encode()
        self.length = len(self.head) + size + len(self.tail)
        self.given = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        room = len(buffer)
        piece = self.head[:room] or b"\0" * min(room, self.zeros) or self.tail[:room]
        if self.head:
            self.head = self.head[len(piece) :]
        elif self.zeros:
            self.zeros -= len(piece)
        else:
            self.tail = self.tail[len(piece) :]
        buffer[: len(piece)] = piece
        self.given += len(piece)
        return len(piece)


def sent(size, user=None):
    body = Zeros(size)
    request = RequestFactory().post("/", content_type=f"multipart/form-data; boundary={BOUNDARY}")
    request.META["CONTENT_LENGTH"] = str(body.length)
    request._stream = body
    request.user = user or User(email="mia@example.org")
    return request, body


@pytest.fixture(autouse=True)
def _limit(settings):
    settings.UPLOAD_LIMIT = 4 * MEGABYTE


@pytest.mark.parametrize(
    ("size", "kind"), [(1000, InMemoryUploadedFile), (4 * MEGABYTE, TemporaryUploadedFile)]
)
def test_a_file_within_the_limit_arrives_whole(size, kind):
    request, _body = sent(size)
    upload = request.FILES["file_a"]
    assert isinstance(upload, kind)
    assert (upload.size, len(upload.read())) == (size, size)


def test_a_file_too_large_arrives_empty_with_its_size_and_the_rest_of_the_form():
    request, body = sent(10 * MEGABYTE)
    upload = request.FILES["file_a"]
    assert (upload.size, upload.read()) == (10 * MEGABYTE, b"")
    assert request.POST["remark"] == "halb"
    assert body.given == body.length


def test_five_gigabytes_are_refused_before_they_are_read():
    request, body = sent(5 * 1024 * MEGABYTE)
    with pytest.raises(RequestDataTooBig):
        request.FILES  # noqa: B018
    assert body.given == 0


def test_files_of_strangers_are_thrown_away():
    request, _body = sent(1000, AnonymousUser())
    assert not request.FILES
    assert request.POST["remark"] == "halb"
