"""`account/verify_credentials.json`, as recorded in bear/python-twitter's testdata and python-social-auth's tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from ..answers import json_utf8, picture
from ..people import Person

_YES = ("true", "t", "1")


def profile(who: Person, asked: Mapping[str, str], *, with_email: bool = True) -> Response:
    """The person's account. `asked` has the query's parameters: include_email, skip_status, include_entities. Without
    `with_email` the account has no email address."""
    account = who.twitter
    # Without "_normal" it is the URL of the bigger picture (arunagw/omniauth-twitter, image_url).
    small = picture("person_normal.svg")
    body: dict[str, Any] = {
        "id": account.id,
        "id_str": str(account.id),
        "name": who.name,
        "screen_name": account.screen_name,
        "location": account.location,
        "description": account.description,
        "url": None,
        "entities": {"description": {"urls": []}},
        "protected": False,
        "verified": False,
        "followers_count": 28,
        "friends_count": 41,
        "listed_count": 1,
        "favourites_count": 17,
        "statuses_count": 302,
        "created_at": account.created_at,
        "utc_offset": None,
        "time_zone": None,
        "lang": "en",
        "geo_enabled": False,
        "profile_image_url": small,
        "profile_image_url_https": small.replace("http:", "https:", 1),
        "profile_background_color": "F5F8FA",
        "profile_link_color": "1DA1F2",
        "default_profile": True,
        "default_profile_image": False,
        "following": False,
        "follow_request_sent": False,
        "notifications": False,
    }
    if asked.get("include_entities", "true").lower() not in _YES:
        del body["entities"]
    if asked.get("skip_status", "").lower() not in _YES:
        body["status"] = {
            "created_at": account.created_at,
            "id": account.id + 1,
            "id_str": str(account.id + 1),
            "text": "Hello.",
        }
    # Only this spelling works: True, as Python writes it, gives no email address and no error (tweepy/tweepy #890).
    if asked.get("include_email") == "true":
        body["email"] = account.email if with_email else None
    response = json_utf8(body)
    response.headers["x-access-level"] = "read"
    return response
