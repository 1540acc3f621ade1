"""The registry: every module in this folder is a provider that users can log in with.

Such a module has four things:

- `label`, the text on its button;
- `settings()`, the arguments of Flask-OAuthlib's remote_app: URLs, client ID and client secret;
- `issuer()`, the name by which the provider calls itself in a callback. None if it sends no name;
- `profile(remote, answer, nonce)`, which says who the user is. `remote` calls the provider, `answer` is the response
  with the access token, and `nonce` is the random string that the app sent with the login.

To add a provider, add a module. You change nothing else.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import NamedTuple

from flask_oauthlib.client import OAuth

oauth = OAuth()


class NotSetUp(Exception):
    """A provider has no client ID or no client secret. The exception's text is the provider's label."""


class Profile(NamedTuple):
    """The user's data at a provider."""

    subject: str  # the provider's ID for the user, the same at each login
    email: str | None
    email_verified: bool | None  # has the provider verified the email address? None: it does not say
    name: str


def names():
    """The names of the providers. They are the modules' names, and the URLs contain them."""
    return sorted(module.name for module in iter_modules(__path__))


def find(name):
    """The module of a provider. None if no module has that name."""
    return import_module(f"{__name__}.{name}") if name in names() else None


def remote_app(name):
    """The client that Flask-OAuthlib makes of a provider's settings, the first time that a user logs in there."""
    if name not in oauth.remote_apps:
        settings = find(name).settings()
        if not (settings.get("consumer_key") and settings.get("consumer_secret")):
            raise NotSetUp(find(name).label)
        oauth.remote_app(name, **settings)
    return oauth.remote_apps[name]
