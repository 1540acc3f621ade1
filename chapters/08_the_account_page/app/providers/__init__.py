"""The registry: every module in this folder is a site that people can log in with.

Such a module has three things:

- `label`, the words on its button;
- `settings()`, what Flask-OAuthlib's remote_app has to be told: addresses, key and secret;
- `profile(remote, answer, nonce)`, which says who it is. `remote` asks the site, `answer` is what came with the access
  token, and `nonce` is the word that went along with the login.

A site is added by a module, and nowhere else.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from flask_oauthlib.client import OAuth

oauth = OAuth()


class NotSetUp(Exception):
    """A site has no key or no secret; its text is the site's label."""


class Profile(NamedTuple):
    """Who somebody is at a site."""

    subject: str  # the provider's ID for the user, the same at each login
    email: str | None
    email_verified: bool | None  # has the provider verified the email address? None: it does not say
    name: str


def names():
    """The names of the sites: their modules', which also stand in the addresses."""
    return sorted(module.name for module in iter_modules(__path__))


def find(name):
    """The module of a site; None where there is none of that name."""
    return import_module(f"{__name__}.{name}") if name in names() else None


def remote_app(name):
    """What Flask-OAuthlib makes of a site's settings, the first time that somebody logs in there."""
    if name not in oauth.remote_apps:
        settings = find(name).settings()
        if not (settings.get("consumer_key") and settings.get("consumer_secret")):
            raise NotSetUp(find(name).label)
        oauth.remote_app(name, **settings)
    return oauth.remote_apps[name]
