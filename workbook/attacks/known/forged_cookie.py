"""Eve makes a session cookie that says she is Ada.

Flask signs the session cookie with the app's SECRET_KEY. Eve reads the app's source, where it is published, and tries
each string in it as the key. She also tries the keys that tutorials have. A key is right if it fits the signature of
Eve's own cookie, and for this she needs no request. Then she writes Ada's name into her session, signs it, and is Ada.
A key must not be in the code, and no person may have thought of it.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadData, URLSafeTimedSerializer

from workbook.course.starters import source_files

from ..outcomes import Outcome, withstood, works
from ..scene import Scene

_TUTORIALS = (
    "dev",
    "development",
    "secret",
    "secret_key",
    "secret-key",
    "changeme",
    "super secret key",
    "you-will-never-guess",
)


def with_a_known_key(scene: Scene) -> Outcome:
    """Eve looks for the key, and signs."""
    eve, ada = scene.eve(), scene.ada()
    scene.sign_in(ada, "ada")
    scene.sign_in(eve, "eve")
    scene.begin()
    keys = list(dict.fromkeys([*_strings_in(scene.folder), *_TUTORIALS]))
    for name, cookie in eve.cookies().items():
        for key in keys:
            signer = _signer(key)
            try:
                session = signer.loads(cookie)
            except BadData:
                continue
            eve.set_cookie(name, str(signer.dumps(_as_ada(scene, session))))
            greeting = scene.greeting(eve, "ada")
            if greeting:
                return works(
                    f"The key of the cookie {name} is {key!r}: it fits the signature. Eve signed a session of her own "
                    f"with it, and is Ada for the app: {greeting}."
                )
            return withstood(
                f"The key of the cookie {name} is {key!r}, but Eve's session did not make her Ada."
            )
    return withstood("No string of the source, and no key of a tutorial, fits the signature of Eve's cookie.")


def _signer(key: str) -> URLSafeTimedSerializer:
    """The signer of sessions in a Flask app with that key."""
    app = Flask(__name__)
    app.secret_key = key
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return signer


def _strings_in(folder: Path) -> Iterator[str]:
    """Every string of the source."""
    for file in source_files(folder):
        if file.suffix != ".py":
            continue
        try:
            tree = ast.parse(file.read_bytes())
        except (SyntaxError, ValueError, RecursionError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node.value:
                yield node.value if isinstance(node.value, str) else node.value.decode("latin-1")


def _as_ada(scene: Scene, session: dict[str, Any]) -> dict[str, Any]:
    """Eve's session with everything of Ada's that Eve knows. Ada was the first user: her ID is 1."""
    eve, ada = scene.person("eve"), scene.person("ada")
    text = json.dumps(session)
    text = text.replace(eve.twitter.screen_name, ada.twitter.screen_name).replace(eve.name, ada.name)
    for provider in scene.site.providers.names:
        text = text.replace(eve.subject(provider), ada.subject(provider))
    changed: dict[str, Any] = json.loads(text)
    if "_user_id" in changed:
        changed["_user_id"] = "1"
    changed.pop("_id", None)
    return changed


WAYS = (with_a_known_key,)
