"""What the app under `start` gets of the shell that started it, and of .env."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from dotenv import dotenv_values

from workbook.course.encodings import SAVE_AGAIN, not_utf8
from workbook.course.errors import WorkbookError
from workbook.course.places import ROOT

# The files of settings that an app reads, in the workbook's folder.
_OWN, _OURS = ".env", ".flaskenv"
SETTINGS = (ROOT / _OWN, ROOT / _OURS)
_URL = "_URL"
# Parts of the names that belong to one provider: TWITTER_URL, TWITTER_KEY, TWITTER_SECRET.
_OF_A_PROVIDER = (_URL, "_KEY", "_SECRET")
# A shell's name for the app is another project's: here it is always `app`.
_ALWAYS_OURS = {"FLASK_APP"}
# Read by an app of the workbook, and in no file of it.
_DATABASE = "DATABASE_URL"
# So many programs read the first name, so many the second (curl.se/docs/manpage.html, NO_PROXY).
_NO_PROXY = ("no_proxy", "NO_PROXY")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Surroundings:
    """An app's environment. `taken` are the names of the shell's that change which providers, keys or database the app
    uses, `left` those that were left out because they belong to another project."""

    environment: dict[str, str]
    taken: tuple[str, ...]
    left: tuple[str, ...]


def surroundings(local: Mapping[str, str]) -> Surroundings:
    """The environment of an app beside local providers that are known by `local`: their URLs, keys and secrets.

    A name in .env goes before the local one. The shell's goes before both, where the shell means this app: a
    provider's key in the shell is another project's unless the provider's URL is there, too.
    """
    file = read_settings(_OWN)
    taken: list[str] = []
    left: list[str] = []
    for name in sorted({*local, _DATABASE} & {*os.environ}):
        if os.environ[name] != local.get(name):
            (taken if _is_meant(name) else left).append(name)
    environment = {name: value for name, value in os.environ.items() if name not in left}
    wanted = {name: value for name, value in local.items() if name not in file and name not in environment}
    return Surroundings({**environment, **wanted, **_past_proxies()}, tuple(taken), tuple(left))


def local_keys() -> dict[str, str]:
    """The made-up keys of the apps at the local providers, as .flaskenv has them."""
    return {name: value for name, value in read_settings(_OURS).items() if value is not None}


def read_settings(name: str) -> dict[str, str | None]:
    """The names and values of a file of settings in the workbook's folder; WorkbookError where it cannot be read."""
    try:
        return dotenv_values(ROOT / name)
    except UnicodeDecodeError:
        raise WorkbookError(f"{not_utf8(str(ROOT / name))} {SAVE_AGAIN.capitalize()}") from None


def _is_meant(name: str) -> bool:
    if name in _ALWAYS_OURS:
        return False
    part = next((part for part in _OF_A_PROVIDER if name.endswith(part)), None)
    if part is None or name in ("SECRET_KEY", _DATABASE):
        return True
    # FACEBOOK_GRAPH_URL is Facebook's, too: any URL of the provider will do.
    provider = name.partition("_")[0]
    return any(other.startswith(f"{provider}_") and other.endswith(_URL) for other in os.environ)


def _past_proxies() -> dict[str, str]:
    """No request to this machine goes through a proxy, whatever the shell says."""
    said = next((os.environ[name] for name in _NO_PROXY if os.environ.get(name)), "")
    hosts = [host.strip() for host in said.split(",") if host.strip()]
    if "*" in hosts:
        return {}
    value = ",".join(dict.fromkeys([*hosts, *_LOOPBACK]))
    return dict.fromkeys(_NO_PROXY, value)
