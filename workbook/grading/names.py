"""Names that a student, an LMS or a roster gives, made fit to be shown, to name a folder, and to stand in a CSV."""

from __future__ import annotations

import hashlib
import re
import unicodedata

# A name is shown with so many characters at most, a path with so many.
NAME_LENGTH = 80
PATH_LENGTH = 120

_NAMELESS = "(no name)"
# Control characters, invisible ones (among them those that turn the direction of writing), halves of characters, line
# and paragraph separators, characters without a meaning: https://www.unicode.org/reports/tr44/#General_Category_Values
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
# What a spreadsheet takes for the beginning of a formula:
# https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shown(name: str, most: int = NAME_LENGTH) -> str:
    """A name on one line: without control characters, marks of direction and line breaks, cut after `most` characters.
    A name of which nothing is left is "(no name)"."""
    text = "".join(
        " " if char.isspace() else "" if unicodedata.category(char) in _UNSEEN else char
        for char in unicodedata.normalize("NFC", _decoded(name))
    )
    text = " ".join(text.split())
    return (text if len(text) <= most else text[: most - 1].rstrip() + "…") or _NAMELESS


def is_shown_whole(name: str) -> bool:
    """Whether `shown` leaves out nothing of the name but spaces that are too many."""
    return shown(name) == " ".join(part for part in unicodedata.normalize("NFC", name).split(" ") if part)


def shown_path(path: str) -> str:
    """A path in a submission on one line; the middle of a long one is left out."""
    text = shown(path, most=len(path) + 1)
    half = PATH_LENGTH // 2
    return text if len(text) <= PATH_LENGTH else f"{text[:half]}…{text[-half:]}"


def csv_cell(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula: with an apostrophe before what would begin one.

    Line breaks and control characters become spaces, or go.
    """
    risky = text.startswith(_FORMULA)
    clean = shown(text, most=len(text) + 1) if text.strip() else ""
    return f"'{clean}" if risky or clean.startswith(_FORMULA) else clean


def key_of(name: str, *more: str) -> str:
    """A name for a folder: plain small letters, digits and hyphens, and a digest of the name and of `more`.

    The same name and `more` give the same key everywhere and always; other ones give another key.
    """
    plain = unicodedata.normalize("NFKD", shown(name)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:30].rstrip("-") or "student"
    identity = "\0".join((name, *more)).encode("utf-8", "surrogatepass")
    return f"{slug}-{hashlib.sha256(identity).hexdigest()[:10]}"


def _decoded(name: str) -> str:
    """A name whose bytes are no UTF-8 comes from a file system with half characters in it; it is read as Latin-1."""
    try:
        data = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
