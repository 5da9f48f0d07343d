"""How texts about customers are compared: folded names, normalised ways of contact (pure, no database).

German data is spelled in several ways (G28): ä or ae, ß or ss, with or without the legal form, a telephone
number with 0, 00 or +. Everything is folded to one spelling when stored and again when searched for.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST_QUERY = 200
MOST_WORDS = 8
SPELLED_OUT = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "æ": "ae", "ø": "oe", "œ": "oe", "ı": "i", "ł": "l", "đ": "d"}
)
BETWEEN_WORDS = re.compile(r"[^\w@.+-]+")
BIDI_CONTROLS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LEGAL_FORMS = frozenset(
    [
        "gmbh",
        "mbh",
        "ggmbh",
        "ag",
        "kg",
        "kgaa",
        "ohg",
        "ug",
        "gbr",
        "egbr",
        "eg",
        "ek",
        "ev",
        "se",
        "ltd",
        "inc",
        "co",
        "haftungsbeschraenkt",
        "firma",
        "fa",
    ]
)
TITLES = frozenset(["herr", "frau", "dr", "prof", "dipl", "ing", "med", "jur"])
DIALLING_CODES = {"DE": "49", "AT": "43", "CH": "41", "LI": "423", "LU": "352"}
SPACED_FORM = re.compile(r"\be\. ?([kv])\b")
LOOKS_LIKE_PHONE = re.compile(r"^\+?[\d\s/().-]+$")


def printable(text: str) -> str:
    """Drop what no database or screen can hold, and characters that reorder the text around them; trim."""
    return "".join(c for c in text if c in "\n\t" or is_printable(c)).strip()


def is_printable(character: str) -> bool:
    """Whether a character may be stored: no control character, no surrogate, no bidi control."""
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in BIDI_CONTROLS


def fold(text: str) -> str:
    """Lower case, ä → ae, ß → ss, accents off, one blank between words."""
    composed = unicodedata.normalize("NFKC", text).casefold()
    return without_accents(composed.translate(SPELLED_OUT))


def without_accents(text: str) -> str:
    """Base letters only: é → e, and ü → u when not folded before."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(c for c in parts if not unicodedata.combining(c))
    return BETWEEN_WORDS.sub(" ", bare).strip()


def words(text: str) -> list[str]:
    """The folded words of a text without dots at their ends; "e. K." is one word."""
    joined = SPACED_FORM.sub(r"e\1", fold(text))
    return [word for word in (part.strip(".-") for part in joined.split()) if word]


def significant(parts: list[str], noise: frozenset[str] = LEGAL_FORMS | TITLES) -> list[str]:
    """Words without legal forms and titles; all of them where nothing else would be left."""
    return [word for word in parts if word.replace(".", "") not in noise] or parts


def name_key(name: str, first_name: str = "") -> str:
    """What two records of the same one have in common; also the order of lists: last name, first name."""
    return " ".join([*significant(words(name)), *words(first_name)])[:320]


def search_words(text: str) -> list[str]:
    """What has to occur in `search_text` for a hit: at most eight words, legal forms left out."""
    return significant(words(text[:LONGEST_QUERY]), LEGAL_FORMS)[:MOST_WORDS]


def searchable(*texts: str) -> str:
    """One text to search in: every part folded, and once more with ü as u for those who type it so."""
    folded = [fold(text) for text in texts]
    bare = [without_accents(text) for text in texts]
    extra = [plain for plain, spelled in zip(bare, folded, strict=True) if plain != spelled]
    return " ".join(part for part in (*folded, *extra) if part)


def is_phone_like(text: str) -> bool:
    """Whether somebody seems to type a telephone number with its area code."""
    return bool(LOOKS_LIKE_PHONE.match(text.strip())) and text.strip()[:1] in ("0", "+", "(")


def phone(text: str, country: str = "DE") -> str:
    """A number as +49…: blanks and signs off, national 0 replaced; without area code only its digits."""
    compact = re.sub(r"\(0\)", "", text) if text.strip().startswith(("+", "00")) else text
    digits = re.sub(r"[^0-9]", "", compact)
    if text.strip().startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    if digits.startswith("0"):
        return f"+{DIALLING_CODES.get(country, DIALLING_CODES['DE'])}{digits[1:]}"
    return digits


def web(text: str) -> str:
    """A website without scheme, www and closing slash."""
    bare = re.sub(r"^https?://", "", text.strip().lower())
    return bare.removeprefix("www.").rstrip("/")


def contact(kind: str, value: str, country: str = "DE") -> str:
    """The spelling of a contact detail by which two are the same; `kind` as in ContactPoint.Kind."""
    if kind in ("phone", "mobile"):
        return phone(value, country)
    return web(value) if kind == "web" else value.strip().lower()
