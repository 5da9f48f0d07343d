"""Keeps uploads small while they arrive, before a view or a disk sees them."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class SizeLimit(FileUploadHandler):
    """Stands before the handlers that store: of a file too large it lets no more through than it may have.

    The view gets an empty file with the true size and can say so beside everything else that was typed. A
    request that announces more than several such files is refused unread (400), and files of strangers are
    thrown away.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 - Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        """Refuse what can't be meant seriously. Raises RequestDataTooBig."""
        if content_length > settings.UPLOAD_LIMIT * settings.DATA_UPLOAD_MAX_NUMBER_FILES:
            raise RequestDataTooBig("The request announces more than all of its files may have.")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file. Raises SkipFile for callers who are not logged in."""
        super().new_file(*args, **kwargs)
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Pass a piece on, unless the file is too large by now."""
        return raw_data if start + len(raw_data) <= settings.UPLOAD_LIMIT else None

    def file_complete(self, file_size: int) -> UploadedFile[Any] | None:
        """An empty file in place of one that is too large; None leaves it to the next handler."""
        if file_size <= settings.UPLOAD_LIMIT:
            return None
        return UploadedFile(BytesIO(), self.file_name, size=file_size)
