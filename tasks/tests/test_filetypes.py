"""Which files are taken: judged by their bytes, named as they are, never unpacked."""

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import filetypes
from tasks.filetypes import NotTaken

UBL = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"


def archive(*names, first=None, packing=zipfile.ZIP_DEFLATED):
    """A ZIP with entries of these names; `first` = contents of an unpacked entry "mimetype" before them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as made:
        if first:
            made.writestr(zipfile.ZipInfo("mimetype"), first, compress_type=zipfile.ZIP_STORED)
        for name in names:
            made.writestr(name, "x" * 10)
    return buffer.getvalue()


def docx(*more):
    return archive("[Content_Types].xml", "word/document.xml", "word/media/image1.png", *more)


def xlsx(*more):
    return archive("[Content_Types].xml", "xl/workbook.xml", *more)


def odt(*more):
    return archive("content.xml", *more, first="application/vnd.oasis.opendocument.text")


def kind(name, contents):
    """What the file is taken for, and under which name."""
    found = filetypes.content_type(io.BytesIO(contents), name)
    return found, filetypes.named_as(name, found)


@pytest.mark.parametrize(
    ("name", "contents", "expected"),
    [
        ("a.pdf", b"%PDF-1.7 ...", "application/pdf"),
        ("a.PNG", b"\x89PNG\r\n\x1a\n...", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0...", "image/jpeg"),
        ("a.gif", b"GIF89a...", "image/gif"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        ("a.tif", b"II*\x00...", "image/tiff"),
        ("a.txt", "Grüße\n".encode(), "text/plain"),
        ("a.txt", "Grüße".encode("cp1252"), "text/plain"),
        ("a.txt", "Grüße".encode("utf-16"), "text/plain"),
        ("a.txt", ("ä" * 40_000).encode(), "text/plain"),
        ("a.csv", b"Nummer;Betrag\r\n1;2,50\r\n", "text/csv"),
        ("a.eml", b"From: mia@example.org\r\nSubject: Test\r\n\r\nHallo", "message/rfc822"),
        ("a.xml", f'<?xml version="1.0"?>\n<Invoice xmlns="{UBL}">'.encode(), "application/xml"),
        (
            "a.xml",
            b"\xef\xbb\xbf<!-- x --><rsm:CrossIndustryInvoice "
            b'xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100">',
            "application/xml",
        ),
        ("a.odt", odt("styles.xml"), "application/vnd.oasis.opendocument.text"),
        (
            "a.docx",
            docx("word/embeddings/Microsoft_Excel_Sheet1.xlsx", "word/printerSettings/printerSettings1.bin"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            "a.xlsx",
            xlsx(),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_kinds_on_the_list_are_taken(name, contents, expected):
    assert kind(name, contents) == (expected, name)


@pytest.mark.parametrize(
    ("name", "contents", "code"),
    [
        ("a.pdf", b"", "file_empty"),
        ("a.pdf", b"MZ\x90\x00\x03", "file_type"),
        ("a.pdf", b"\x89PNG\r\n\x1a\n", "file_name"),
        ("a.exe", b"%PDF-1.7", "file_name"),
        ("a.html", b"nur Text", "file_name"),
        ("a.js", b"alert(1)", "file_name"),
        ("a.bat", b"del /q", "file_name"),
        ("a.docm", docx(), "file_name"),
        ("a.xlsm", xlsx(), "file_name"),
        ("a.txt", b"<!DOCTYPE html><p>", "file_type"),
        ("a.txt", b"\xef\xbb\xbf \n<script>alert(1)</script>", "file_type"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "file_type"),
        ("a.png", b'<svg onload="x()"/>', "file_type"),
        ("a.txt", b"#!/bin/sh\nrm", "file_type"),
        ("a.txt", b"{\\rtf1", "file_type"),
        ("a.txt", b"Text\x00mit Null", "file_type"),
        ("a.txt", b"Text\x1b[31m", "file_type"),
        ("a.txt", b"x" * 100_000 + b"\x00", "file_type"),
        ("a.eml", b"Guten Tag", "file_type"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_type"),
        ("a.zip", archive("a.txt"), "file_type"),
        ("a.docx", archive("word/document.xml"), "file_type"),
        ("a.docx", docx("word/vbaProject.bin"), "file_macros"),
        ("a.docx", docx("word/embeddings/oleObject1.bin"), "file_macros"),
        ("a.docx", docx("word/embeddings/brief.docm"), "file_macros"),
        ("a.docx", docx("word/hidden.BIN"), "file_macros"),
        ("a.xlsx", xlsx("xl/macrosheets/sheet1.xml"), "file_macros"),
        ("a.odt", odt("Basic/Standard/Module1.xml"), "file_macros"),
        ("a.odt", odt("Scripts/python/run.py"), "file_macros"),
        ("a.xml", b"<html xmlns='http://www.w3.org/1999/xhtml'>", "file_type"),
        ("a.xml", b"<Invoice>", "file_type"),
        ("a.xml", f'<!DOCTYPE Invoice [<!ENTITY a "b">]><Invoice xmlns="{UBL}">'.encode(), "file_type"),
        (
            "a.xml",
            f'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><Invoice xmlns="{UBL}">'.encode(),
            "file_type",
        ),
        (
            "a.xml",
            f'<Invoice xmlns="{UBL}">{"x" * 2_000_000}<a xmlns="http://www.w3.org/2000/svg"/>'.encode(),
            "file_type",
        ),
    ],
)
def test_everything_else_is_refused(name, contents, code):
    with pytest.raises(NotTaken) as refused:
        kind(name, contents)
    assert refused.value.code == code


def test_a_name_without_an_ending_gets_that_of_its_kind():
    assert kind("Rechnung", b"%PDF-1.7")[1] == "Rechnung.pdf"
    assert kind("Rechnung 3", b"Text")[1] == "Rechnung 3.txt"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Mia\\Beleg.pdf", "Beleg.pdf"),
        ("a\x00b\r\nc.pdf", "ab c.pdf"),
        ("Rechnung\u202efdp.exe", "Rechnungfdp.exe"),
        ("..", "datei"),
        ("", "datei"),
        (" .htaccess ", "htaccess"),
        ("Gru\u0308n.pdf", "Grün.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("Büro  (2).pdf", "Büro (2).pdf"),
        ("a\udcff.pdf", "a.pdf"),
    ],
)
def test_names_are_cleaned(raw, clean):
    assert filetypes.clean_name(raw) == clean


@given(st.text(max_size=400))
def test_no_name_leads_anywhere_or_is_too_long(raw):
    name = filetypes.clean_name(raw)
    assert 0 < len(name) <= 200
    assert not set(name) & set("/\\\x00\r\n\t\u202e")
    assert name not in (".", "..")
    assert filetypes.clean_name(name) == name


# -- archives that want to be unpacked -----------------------------------------------------------------------


def test_an_archive_that_says_it_becomes_huge_is_refused_without_unpacking():
    made = bytearray(docx())
    at = made.index(b"PK\x01\x02")
    made[at + 24 : at + 28] = struct.pack("<I", 0xFFFFFFF0)
    with pytest.raises(NotTaken):
        kind("a.docx", bytes(made))


def test_an_archive_with_endless_entries_is_refused():
    names = ["[Content_Types].xml", "word/document.xml", *(f"{number}" for number in range(6_000))]
    with pytest.raises(NotTaken):
        kind("a.docx", archive(*names, packing=zipfile.ZIP_STORED))


@pytest.mark.parametrize("cut", [4, 40, 100, -1, -10, -22])
def test_a_broken_archive_is_refused(cut):
    with pytest.raises(NotTaken):
        kind("a.docx", docx()[:cut])


def test_a_packed_bomb_costs_no_more_than_its_directory():
    """A hundred megabytes of zeros packed in a document are not looked at."""

    class Counting(io.BytesIO):
        taken = 0

        def read(self, size=-1, /):
            found = super().read(size)
            self.taken += len(found)
            return found

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "x")
        made.writestr("word/document.xml", b"\0" * 100_000_000)
    file = Counting(buffer.getvalue())
    assert filetypes.content_type(file, "a.docx").endswith("wordprocessingml.document")
    assert file.taken < 150_000
