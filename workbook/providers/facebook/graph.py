"""What of the Graph API a login needs: `me`, its fields, and the permissions that a person has given."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from ..people import Person
from . import errors
from .state import FacebookState

# What is given when no fields are asked for (osclass/plugin-facebook #7).
_DEFAULT = "id,name"


def fields_of(who: Person, asked: str | None, granted: set[str], picture: str) -> dict[str, Any]:
    """The fields of a person that were asked for and may be seen. `id` is always among them. `picture` is an address.

    Without an address, or without the permission to see it, `email` is not there at all; asking for it is no error
    (facebookarchive/php-graph-sdk #932).
    """
    account = who.facebook
    first, _, last = who.name.partition(" ")
    known: dict[str, Any] = {
        "id": account.id,
        "name": who.name,
        "first_name": first,
        "last_name": last,
        "short_name": first,
        "picture": {"data": {"height": 50, "is_silhouette": True, "url": picture, "width": 50}},
        "email": account.email,
    }
    answer: dict[str, Any] = {}
    for name in dict.fromkeys((asked or _DEFAULT).split(",")):
        name = name.strip().partition("{")[0].partition(".")[0]
        if name not in known:
            raise errors.no_such_field(name)
        if name == "email" and ("email" not in granted or account.email is None):
            continue
        answer[name] = known[name]
    return {**answer, "id": account.id}


def permissions_of(state: FacebookState, who: Person) -> dict[str, Any]:
    """What the person was asked for, and what they said."""
    decided = state.decisions.get(who.key, {})
    return {
        "data": [
            {"permission": name, "status": "granted" if yes else "declined"} for name, yes in decided.items()
        ]
    }


def proof(secret: str, token: str) -> str:
    """The appsecret_proof of a token: it shows that whoever uses the token has the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
