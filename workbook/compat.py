"""Lets Flask-OAuthlib run on today's Flask. A step's app imports this module before it imports Flask-OAuthlib.

Flask-OAuthlib 0.9.6 is from 2020. It imports three functions from `werkzeug.urls` that Werkzeug 3 removed, so
on today's Flask its own import fails: "cannot import name 'url_quote' from 'werkzeug.urls'". Two of the three
have stood in Python itself for a long time; the third is a few lines. Importing this module puts them where
Flask-OAuthlib looks for them. Nothing else is changed. Step 11 leaves Flask-OAuthlib, and this module with it.
"""

from urllib.parse import parse_qsl, quote, urlencode

import werkzeug.urls
from werkzeug.datastructures import MultiDict


def url_decode(data: bytes, charset: str = "utf-8") -> "MultiDict[str, str]":
    """The names and values of form-encoded bytes, such as Twitter's answer with a token in it."""
    return MultiDict(parse_qsl(data.decode(charset), keep_blank_values=True))


for _name, _function in {"url_quote": quote, "url_encode": urlencode, "url_decode": url_decode}.items():
    setattr(werkzeug.urls, _name, _function)
