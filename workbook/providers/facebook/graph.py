"""The part of the Graph API that a login needs: `me`, its fields, and the permissions that a user has granted."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Any

from ..people import Person
from . import errors
from .state import FacebookState

# The fields that Facebook gives when the app asks for none (osclass/plugin-facebook #7).
_DEFAULT = "id,name"
# Fields that clients still ask for and no person here has: Facebook has withdrawn some, and gives the others only with
# a permission of their own. The real Graph API leaves out a field that may not be seen (Graph API, Reading fields). Its
# response today for withdrawn fields is not known, and differs by version.
_LEFT_OUT = {
    *(
        "about",
        "age_range",
        "bio",
        "birthday",
        "cover",
        "currency",
        "devices",
        "education",
        "favorite_athletes",
    ),
    *("favorite_teams", "gender", "hometown", "inspirational_people", "install_type", "installed"),
    *(
        "interested_in",
        "is_verified",
        "languages",
        "link",
        "locale",
        "location",
        "meeting_for",
        "middle_name",
    ),
    *(
        "name_format",
        "political",
        "public_key",
        "quotes",
        "relationship_status",
        "religion",
        "security_settings",
    ),
    *("significant_other", "sports", "test_group", "third_party_id", "timezone", "updated_time", "username"),
    *("verified", "video_upload_limits", "viewer_can_send_gift", "website", "work"),
}
# One field of a list: its name, how it is changed, as picture.width(200), and the fields below it, as picture{url}
# (Graph API, Reading fields: field expansion).
_FIELD = re.compile(r"\s*(?P<name>[^,{}().\s]+)(?:\.\w+\([^()]*\))*\s*(?:\{(?P<below>[^{}]*)\})?\s*")
# The named sizes of a picture (Graph API, Profile picture; pixels).
_SIZES = {"small": 50, "normal": 100, "album": 50, "large": 200, "square": 50}


def fields_of(who: Person, asked: str | None, granted: set[str], picture: str) -> dict[str, Any]:
    """The fields of a user that the app asked for and may see. `id` is always among them. `picture` is a URL.

    Without an email address, or without the permission to see it, `email` is not there at all; asking for it is no
    error (facebookarchive/php-graph-sdk #932).
    """
    account = who.facebook
    first, _, last = who.name.partition(" ")
    known: dict[str, Any] = {
        "id": account.id,
        "name": who.name,
        "first_name": first,
        "last_name": last,
        "short_name": first,
        "email": account.email,
    }
    answer: dict[str, Any] = {}
    for name, field in _listed(asked or _DEFAULT):
        if name == "picture":
            answer[name] = _picture(picture, field)
        elif name == "email" and ("email" not in granted or account.email is None):
            continue
        elif name in known:
            answer[name] = known[name]
        elif name not in _LEFT_OUT:
            raise errors.no_such_field(name)
    return {**answer, "id": account.id}


def _listed(asked: str) -> list[tuple[str, re.Match[str]]]:
    """The fields of a list, by name; FacebookError where it is no list of fields."""
    fields: dict[str, re.Match[str]] = {}
    place = 0
    while place <= len(asked):
        found = _FIELD.match(asked, place)
        if found is None or asked[found.end() : found.end() + 1] not in ("", ","):
            raise errors.no_such_field(asked[place:].partition(",")[0].strip())
        fields.setdefault(found["name"], found)
        place = found.end() + 1
    return list(fields.items())


def _picture(address: str, field: re.Match[str]) -> dict[str, Any]:
    """The picture, in the size and with the fields that the app asked for. It is always the same file."""
    size = dict(re.findall(r"\.(\w+)\(([^()]*)\)", field[0]))
    width, height = (
        int(size[side])
        if re.fullmatch("[0-9]{1,4}", size.get(side, ""))
        else _SIZES.get(size.get("type", ""), 50)
        for side in ("width", "height")
    )
    picture = {"height": height, "is_silhouette": True, "url": address, "width": width}
    if field["below"]:
        wanted = [name.strip() for name in field["below"].split(",")]
        unknown = [name for name in wanted if name not in (*picture, "cache_key")]
        if unknown:
            raise errors.no_such_field(unknown[0], "ProfilePictureSource")
        picture = {name: picture[name] for name in wanted if name in picture}
    return {"data": picture}


def permissions_of(state: FacebookState, who: Person) -> dict[str, Any]:
    """The permissions that the app asked the user for, and the user's decisions."""
    decided = state.decisions.get(who.key, {})
    return {
        "data": [
            {"permission": name, "status": "granted" if yes else "declined"} for name, yes in decided.items()
        ]
    }


def proof(secret: str, token: str) -> str:
    """The appsecret_proof of a token: it shows that the client that uses the token has the app's secret."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
