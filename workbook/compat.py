"""Lets Flask-OAuthlib run on today's Flask. A step's app imports this module before it imports Flask-OAuthlib.

Flask-OAuthlib 0.9.6 is from 2020. It imports three functions from `werkzeug.urls`. Werkzeug 3 removed them, so the
import fails on today's Flask with "cannot import name 'url_quote' from 'werkzeug.urls'". Python itself has two of
the three, and the third is a few lines. This module puts all three where Flask-OAuthlib looks for them, and changes
nothing else. Flask-OAuthlib's own page says to use Authlib instead.
"""

from urllib.parse import parse_qsl, quote, urlencode

import werkzeug.urls
from werkzeug.datastructures import MultiDict


def url_decode(data: bytes, charset: str = "utf-8") -> "MultiDict[str, str]":
    """The names and values of form-encoded bytes, such as Twitter's response with a token in it."""
    return MultiDict(parse_qsl(data.decode(charset), keep_blank_values=True))


for _name, _function in {"url_quote": quote, "url_encode": urlencode, "url_decode": url_decode}.items():
    setattr(werkzeug.urls, _name, _function)
