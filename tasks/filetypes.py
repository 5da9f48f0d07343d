"""What an uploaded file is, judged by its bytes, and under which name it is kept. Pure.

Only kinds on the list are taken. Nothing is unpacked: of an archive its directory of names is read, and no
more of that than an office document needs.
"""

from __future__ import annotations

import codecs
import re
import struct
import unicodedata
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Protocol

LONGEST_NAME = 200
HEAD = 64 * 1024
"""Bytes looked at from the beginning."""
PIECE = 1024 * 1024
MOST_ENTRIES = 5_000
LARGEST_DIRECTORY = 2 * 1024 * 1024
LARGEST_UNPACKED = 1024 * 1024 * 1024
"""Of an archive: entries, bytes of its directory, bytes it says it will unpack to."""
REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

ENDINGS: Mapping[str, tuple[str, ...]] = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/tiff": ("tif", "tiff"),
    "text/plain": ("txt", "text", "log", "md", "asc"),
    "text/csv": ("csv", "tsv"),
    "message/rfc822": ("eml",),
    "application/xml": ("xml",),
    "application/vnd.oasis.opendocument.text": ("odt", "ott"),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods", "ots"),
    "application/vnd.oasis.opendocument.presentation": ("odp", "otp"),
    "application/vnd.oasis.opendocument.graphics": ("odg", "otg"),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx", "dotx"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx", "xltx"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx", "potx", "ppsx"),
}
"""The kinds that are taken, and how their names may end. An office program believes the end of the name: it
runs no macros of a `.docx`, whatever the file says about itself."""


class Bytes(Protocol):
    """Something with bytes that can be sought in."""

    def read(self, size: int = ..., /) -> bytes:
        """The next bytes."""
        ...

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Go to a place and say where it is."""
        ...


class NotTaken(Exception):
    """The file is not kept; `code` says why: file_empty, file_type, file_macros, file_name."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


# -- names ---------------------------------------------------------------------------------------------------


def clean_name(raw: str, fallback: str = "datei") -> str:
    """The last part of a name, without characters that steer or reorder, at most 200 characters.

    Its ending survives the cut.
    """
    last = re.split(r"[/\\]", raw)[-1]
    text = "".join(one for one in unicodedata.normalize("NFC", last) if _is_writable(one))
    text = " ".join(text.split()).strip(". ")
    if len(text) > LONGEST_NAME:
        ending = PurePosixPath(text).suffix[:20]
        text = text[: LONGEST_NAME - len(ending)].rstrip(". ") + ending
    return text or fallback


def _is_writable(character: str) -> bool:
    if character.isspace():
        return True
    return unicodedata.category(character) not in ("Cc", "Cs", "Co", "Cn") and character not in REORDERING


def ending(name: str) -> str:
    """What stands behind the last point of a name, in lower case."""
    return PurePosixPath(name).suffix[1:].lower()


def named_as(name: str, content_type: str) -> str:
    """The name, with the ending of its kind where it has none. Raises NotTaken if it has another one's."""
    endings = ENDINGS[content_type]
    found = ending(name)
    if not found:
        return f"{name[: LONGEST_NAME - 6]}.{endings[0]}"
    if found not in endings:
        raise NotTaken("file_name")
    return name


# -- kinds ---------------------------------------------------------------------------------------------------

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)


def content_type(file: Bytes, name: str) -> str:
    """The kind of a file that can be sought in, one of `ENDINGS`. Raises NotTaken.

    Of plain text the name decides whether it is a table or a letter; bytes can't say.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head:
        raise NotTaken("file_empty")
    for signature, found in SIGNATURES:
        if head.startswith(signature):
            return found
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _office_kind(file, head)
    return _text_kind(file, head, ending(name))


# -- office documents ----------------------------------------------------------------------------------------

OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
MAIN_PARTS = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
ACTIVE_PARTS = re.compile(
    r"vbaproject|vbadata|macrosheets/|activex|oleobject|^basic/|^scripts/|/basic/|/scripts/"
    r"|\.(exe|dll|js|vbs|jar|class|py|sh|bat|cmd|ps1|hta|html?|svg|docm|dotm|xlsm|xltm|xlsb|xlam|pptm|ppam)$"
)
HARMLESS_BINARY = re.compile(r"printersettings\d*\.bin$")


def _office_kind(file: Bytes, head: bytes) -> str:
    names = [name.lower() for name in archive_names(file)]
    if any(_is_active(name) for name in names):
        raise NotTaken("file_macros")
    # OpenDocument: the first entry is called mimetype and stands there unpacked.
    if head[30:].startswith(OPEN_DOCUMENT) and "content.xml" in names:
        kind = head[38:120].split(b"PK")[0].decode("ascii", "ignore")
        found = kind.removesuffix("-template")
        if found in ENDINGS:
            return found
    if "[content_types].xml" in names:
        for part, found in MAIN_PARTS.items():
            if part in names:
                return found
    raise NotTaken("file_type")


def _is_active(name: str) -> bool:
    return bool(ACTIVE_PARTS.search(name)) or (name.endswith(".bin") and not HARMLESS_BINARY.search(name))


def archive_names(file: Bytes) -> list[str]:
    """The names in the directory of an archive; nothing is unpacked. Raises NotTaken for a broken one."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 22 - 0xFFFF))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise NotTaken("file_type")
    count, length, offset = struct.unpack_from("<HII", tail, at + 10)
    if count > MOST_ENTRIES or length > LARGEST_DIRECTORY or offset + length > size:
        raise NotTaken("file_type")
    file.seek(offset)
    return _listed(file.read(length))


def _listed(directory: bytes) -> list[str]:
    names, unpacked, at = [], 0, 0
    while at + 46 <= len(directory) and directory[at : at + 4] == b"PK\x01\x02":
        unpacked += struct.unpack_from("<I", directory, at + 24)[0]
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        names.append(directory[at + 46 : at + 46 + name].decode("utf-8", "replace"))
        at += 46 + name + extra + comment
        if len(names) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED:
            raise NotTaken("file_type")
    return names


# -- texts ---------------------------------------------------------------------------------------------------

UNWRITTEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufffe\uffff]")
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SCRIPTS = ("#!", "%!ps", "{\\rtf")
MARKUP = re.compile(r"<[A-Za-z!?/]")
MAIL_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}:")
MAIL_HEADERS = frozenset({"from", "received", "return-path", "date", "subject", "message-id", "delivered-to"})
PROLOGUE = re.compile(r"\s*(?:<\?xml\b[^<>?]{0,200}\?>\s*)?(?:<!--(?:[^-]|-(?!->)){0,5000}-->\s*){0,5}")
ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?([\w.-]{1,60})[\s>]")
INVOICES = frozenset({"Invoice", "CreditNote", "CrossIndustryInvoice", "CrossIndustryDocument"})
INVOICE_NAMESPACES = (
    "urn:oasis:names:specification:ubl:schema:xsd:",
    "urn:un:unece:uncefact:data:standard:",
    "urn:ferd:",
)
NOT_IN_INVOICES = ("<!doctype", "<!entity", "xml-stylesheet", "www.w3.org/1999/xhtml", "www.w3.org/2000/svg")


def _text_kind(file: Bytes, head: bytes, end: str) -> str:
    encoding = next((name for mark, name in MARKS if head.startswith(mark)), "utf-8")
    # The head may end within a character; what follows is read by `_is_text`.
    start = codecs.getincrementaldecoder(encoding)("replace").decode(head).lstrip("\ufeff")
    if not _is_text(file, encoding):
        raise NotTaken("file_type")
    if MARKUP.match(start.lstrip()):
        return _invoice_kind(file, start, encoding)
    if start.lstrip().lower().startswith(SCRIPTS):
        raise NotTaken("file_type")
    if end == "eml":
        if not _begins_as_mail(start):
            raise NotTaken("file_type")
        return "message/rfc822"
    return "text/csv" if end in ENDINGS["text/csv"] else "text/plain"


def _is_text(file: Bytes, encoding: str) -> bool:
    """Whether all of it is writing, without control characters: UTF-8, UTF-16 or Windows' Western set."""
    return _decodes(file, encoding) or (encoding == "utf-8" and _decodes(file, "cp1252"))


def _decodes(file: Bytes, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            if UNWRITTEN.search(decoder.decode(piece)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _begins_as_mail(start: str) -> bool:
    """Whether the first lines are headers of a message, among them one that every message has."""
    lines = [line for line in start.split("\n", 60)[:60] if line.strip()]
    if not lines or not MAIL_HEADER.match(lines[0]):
        return False
    names = {line.partition(":")[0].strip().lower() for line in lines if MAIL_HEADER.match(line)}
    return bool(names & MAIL_HEADERS)


def _invoice_kind(file: Bytes, start: str, encoding: str) -> str:
    """Markup is taken as an electronic invoice only: by its root, without anything a browser would run."""
    prologue = PROLOGUE.match(start)
    root = ROOT.match(start, prologue.end() if prologue else 0)
    if root is None or root[1] not in INVOICES or not any(one in start for one in INVOICE_NAMESPACES):
        raise NotTaken("file_type")
    file.seek(0)
    if _contains(file, encoding, NOT_IN_INVOICES):
        raise NotTaken("file_type")
    return "application/xml"


def _contains(file: Bytes, encoding: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words stands anywhere, in small or capital letters, also across two pieces."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    rest = ""
    while piece := file.read(PIECE):
        text = rest + decoder.decode(piece).lower()
        if any(word in text for word in words):
            return True
        rest = text[-64:]
    return False
