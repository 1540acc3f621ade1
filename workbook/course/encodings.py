"""Files that a student did not save as UTF-8."""

from __future__ import annotations

SAVE_AGAIN = "open it in your editor, and save it again with the encoding UTF-8."


def not_utf8(name: str) -> str:
    """Says what is wrong with a file that could not be decoded."""
    return f"{name} is not saved as UTF-8. (In Windows PowerShell, `>` writes UTF-16.)"
