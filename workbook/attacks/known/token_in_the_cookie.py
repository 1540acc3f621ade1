"""Eve reads Ada's access token in a copy of Ada's cookie.

Flask signs the session cookie, and does not encrypt it. A copy of the cookie from a log, a backup or a borrowed
computer is enough to read everything in it, without any key. An access token that Eve finds there opens Ada's account
at the provider, even after the app has ended Ada's session. The app should keep tokens on the server, or not at all.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import parse_qsl, unquote

from ..outcomes import Outcome, withstood, works
from ..scene import Scene, label

# What opens an account, by its name in a provider's response.
_TOKENS = {
    "access_token": "access token",
    "refresh_token": "refresh token",
    "id_token": "ID token",
    "oauth_token": "access token",
    "oauth_token_secret": "access token's secret",
}
_SHORTEST = 8
# A part of a cookie that may be base64, in either alphabet (RFC 4648 sections 4 and 5), and how often it is decoded.
_ENCODED = re.compile(r"[A-Za-z0-9_+/-]{8,}")
_URL_SAFE = str.maketrans("+/", "-_")
_DEPTH = 3
# The ends of the paths of token endpoints.
_GIVEN_AT = ("/access_token", "/token")


def a_copy(scene: Scene) -> Outcome:
    """Ada logs in with each provider, and Eve reads her cookies."""
    for provider in scene.ways_in:
        scene.begin()
        ada = scene.ada()
        scene.sign_in(ada, "ada", provider)
        given = dict(_tokens_of(scene, provider))
        for name, value in ada.cookies().items():
            readable = " ".join(_readings(value))
            found = next((kind for token, kind in given.items() if token in readable), None)
            if found:
                return works(
                    f"Ada logged in with {label(provider)}. The cookie {name} has her {found} in it, and Eve read it "
                    "there without any key."
                )
    return withstood("No cookie of Ada's has a token in it that a provider gave to the app for her account.")


def _tokens_of(scene: Scene, provider: str) -> Iterator[tuple[str, str]]:
    """The tokens that the provider gave to the app for a user's account, each with what it is called."""
    for message in scene.site.messages():
        if message.is_request or message.sender != provider or not message.path.endswith(_GIVEN_AT):
            continue
        try:
            answer = dict(json.loads(message.body))
        except (ValueError, TypeError):
            answer = dict(parse_qsl(message.body))
        for name in _TOKENS:
            value = str(answer.get(name) or "")
            if len(value) >= _SHORTEST:
                yield (
                    value,
                    {"oauth_token": "access token", "oauth_token_secret": "access token's secret"}.get(
                        name, name.replace("_", " ")
                    ),
                )


def _readings(value: str, depth: int = _DEPTH) -> Iterator[str]:
    """A cookie's value as it is, and each part of it that can be decoded, as anybody can do. Flask compresses a long
    session. What was encoded more than once is decoded as often, up to `depth` times."""
    text = unquote(value)
    yield text
    if not depth:
        return
    for part in _ENCODED.findall(text):
        try:
            content = urlsafe_b64decode(part.translate(_URL_SAFE) + "=" * (-len(part) % 4))
        except ValueError:
            continue
        with suppress(zlib.error):
            content = zlib.decompress(content)
        yield from _readings(content.decode("utf-8", "replace"), depth - 1)


WAYS = (a_copy,)
