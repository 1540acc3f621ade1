"""The responses of `/user` and `/user/emails`, as recorded in python-social-auth's and django-allauth's tests."""

from __future__ import annotations

from typing import Any

from ..people import Person


def user_of(who: Person, picture: str, *, with_email: bool = True) -> dict[str, Any]:
    """The account. `email` is the public email address: null for most people, whatever the token may read. `picture` is
    a URL."""
    account = who.github
    return {
        "login": account.login,
        "id": account.id,
        "node_id": f"U_{account.id:012x}",
        "avatar_url": picture,
        "gravatar_id": "",
        "url": f"https://api.github.com/users/{account.login}",
        "html_url": f"https://github.com/{account.login}",
        "type": "User",
        "site_admin": False,
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email if with_email else None,
        "hireable": None,
        "bio": None,
        "public_repos": 6,
        "public_gists": 1,
        "followers": 12,
        "following": 9,
        "created_at": account.created_at,
        "updated_at": account.created_at,
    }


def emails_of(who: Person, *, with_email: bool = True) -> list[dict[str, Any]]:
    """All email addresses of the account, verified or not, each with its flags."""
    return [
        {
            "email": one.email,
            "primary": one.primary,
            "verified": one.verified,
            "visibility": one.visibility,
        }
        for one in who.github.emails
        if with_email
    ]
