"""A page that stands alone: its style is in it, and it has no script and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page(template: str, **values: object) -> str:
    """The page that a template of this package makes. Every value is escaped."""
    style, hash = _style()
    return _templates().get_template(template).render(style=style, style_hash=hash, **values)


def count(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 point", "2 points"."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """The words in a sentence: "1.1, 1.2 and 1.3"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("workbook.grading.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"count": count, "listed": listed}
    return made


@cache
def _style() -> tuple[Markup, str]:
    """The style of all pages, and its hash, by which a page's policy allows it alone (CSP Level 3 section 8.4)."""
    text = files(__package__).joinpath("templates", "report.css").read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).digest()
    return Markup(text), f"sha256-{base64.b64encode(digest).decode()}"
