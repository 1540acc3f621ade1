"""A request as the providers' pages read it: no made-up header or body raises an error here."""

from __future__ import annotations

import json
from typing import Any

from flask import Request
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import Authorization


class Asked(Request):
    """Flask's request. An Authorization header that cannot be decoded counts as none."""

    @property
    def authorization(self) -> Authorization | None:
        """The content of the Authorization header (RFC 9110 section 11.6.2); None where it cannot be read."""
        try:
            return Authorization.from_header(self.headers.get("Authorization"))
        except ValueError:
            return None


class Documents(DefaultJSONProvider):
    """Flask's JSON. A document that nests too deep, or that holds half of a surrogate pair, is no document (RFC 8259
    sections 8.2 and 9)."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The document's value; ValueError where there is none."""
        try:
            value = super().loads(s, **kwargs)
            json.dumps(value, ensure_ascii=False).encode()
        except RecursionError:
            raise ValueError("The document nests too deep.") from None
        return value
