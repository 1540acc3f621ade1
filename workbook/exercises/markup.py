"""Whether a page treats a string from outside as markup."""

from __future__ import annotations

from workbook.lab.browser import Page

_ID = "as-markup"
# A string as an attacker would choose it. With a script instead of the element, a page that treats it as markup runs
# the script.
MARKUP = f'<b id="{_ID}">here</b>'
ESCAPE = (
    "Jinja escapes what {{ … }} writes. With |safe, or as Markup(…), the browser reads the value as HTML."
)


def taken_as_markup(page: Page) -> bool:
    """Whether MARKUP has become an element of the page."""
    return page.element(_ID) is not None
