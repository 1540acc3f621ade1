"""Lists of the API come in pages (docs.github.com, Using pagination in the REST API)."""

from __future__ import annotations

import re

from flask import request

from ..sessions import with_query

# How many entries a page has, and the most that an app can ask for.
USUAL = 30
MOST = 100


def page_of(entries: int) -> tuple[int, int, str]:
    """The page that the request asks for, of a list of `entries` entries: the size of a page, the page's number, from
    1, and the Link header that names the other pages (RFC 8288). The header is empty where there are none.

    GitHub's response to 0, or to what is no number, is not known. Here it counts as not given.
    """
    size = min(_number("per_page") or USUAL, MOST)
    number = _number("page") or 1
    last = max(1, -(-entries // size))
    others: dict[str, int] = {}
    if number > 1:
        others |= {"prev": min(number - 1, last)}
    if number < last:
        others |= {"next": number + 1, "last": last}
    if number > 1:
        others |= {"first": 1}
    return size, number, ", ".join(f'<{_url(page)}>; rel="{name}"' for name, page in others.items())


def _number(name: str) -> int:
    given = request.args.get(name, "")
    return int(given) if re.fullmatch("[0-9]{1,9}", given) else 0


def _url(page: int) -> str:
    kept = {name: value for name, value in request.args.items() if name != "page"}
    return with_query(request.base_url, **kept, page=str(page))
