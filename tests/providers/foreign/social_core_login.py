"""python-social-auth's own backend for the provider that PROVIDER names, without a framework around it."""

import json
import os
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from social_core.backends.facebook import FacebookOAuth2
from social_core.backends.github import GithubOAuth2
from social_core.backends.google import GoogleOAuth2
from social_core.storage import BaseStorage
from social_core.strategy import BaseStrategy

PROVIDER = os.environ["PROVIDER"]
URL = os.environ[f"{PROVIDER.upper()}_URL"]


class Facebook(FacebookOAuth2):
    AUTHORIZATION_URL = FacebookOAuth2.AUTHORIZATION_URL.replace("https://www.facebook.com", URL)
    ACCESS_TOKEN_URL = FacebookOAuth2.ACCESS_TOKEN_URL.replace("https://graph.facebook.com", f"{URL}/graph")
    USER_DATA_URL = FacebookOAuth2.USER_DATA_URL.replace("https://graph.facebook.com", f"{URL}/graph")


class Google(GoogleOAuth2):
    AUTHORIZATION_URL = GoogleOAuth2.AUTHORIZATION_URL.replace("https://accounts.google.com", URL)
    ACCESS_TOKEN_URL = GoogleOAuth2.ACCESS_TOKEN_URL.replace("https://accounts.google.com", URL)

    def get_json(self, url, *args, **more):
        return super().get_json(url.replace("https://www.googleapis.com", URL), *args, **more)


class Github(GithubOAuth2):
    API_URL = os.environ.get("GITHUB_API_URL", "") + "/"
    AUTHORIZATION_URL = GithubOAuth2.AUTHORIZATION_URL.replace("https://github.com", URL)
    ACCESS_TOKEN_URL = GithubOAuth2.ACCESS_TOKEN_URL.replace("https://github.com", URL)


BACKEND = {"facebook": Facebook, "google": Google, "github": Github}[PROVIDER]
SETTINGS = {
    "KEY": os.environ[f"{PROVIDER.upper()}_KEY"],
    "SECRET": os.environ[f"{PROVIDER.upper()}_SECRET"],
    "SCOPE": {"facebook": ["email"], "google": [], "github": ["read:user", "user:email"]}[PROVIDER],
    "PROFILE_EXTRA_PARAMS": {"fields": "id,name,email"} if PROVIDER == "facebook" else {},
}


class Nonces:
    """Remembers the states that were made, and returns each once."""

    made: ClassVar = set()

    @classmethod
    def use(cls, server_url, timestamp, salt):
        cls.made.add((server_url, timestamp, salt))
        return True

    @classmethod
    def consume(cls, server_url, timestamp, salt):
        found = (server_url, timestamp, salt) in cls.made
        cls.made.discard((server_url, timestamp, salt))
        return found


class Storage(BaseStorage):
    nonce = Nonces


class Strategy(BaseStrategy):
    """The part of a framework: keeps a session, and returns the request's data."""

    def __init__(self):
        self.session = {}
        self.data = {}
        super().__init__(Storage)

    def get_setting(self, name):
        return SETTINGS[name]

    def request_data(self, merge=True):
        return self.data

    def session_get(self, name, default=None):
        return self.session.get(name, default)

    def session_set(self, name, value):
        self.session[name] = value

    def session_pop(self, name):
        return self.session.pop(name, None)

    def build_absolute_uri(self, path=None):
        return path

    def redirect(self, url):
        return url

    def authenticate(self, backend, *args, **kwargs):
        return kwargs["response"]


strategy = Strategy()
print(BACKEND(strategy, redirect_uri=os.environ["CALLBACK"]).start(), flush=True)
strategy.data = dict(parse_qsl(urlsplit(input()).query))
print(json.dumps(BACKEND(strategy, redirect_uri=os.environ["CALLBACK"]).auth_complete()))
