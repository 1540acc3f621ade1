"""The common part of the clients in the files *_as_sent.py. Each sends the requests of a library that cannot be
installed beside the workbook, as recorded from the library's own login at the local provider."""

import json
import os
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

CALLBACK = os.environ["CALLBACK"]


def keys(provider):
    """The provider's URL, and the app's key and secret."""
    return [os.environ[f"{provider}_{what}"] for what in ("URL", "KEY", "SECRET")]


def asked(address, **parameters):
    """Sends the browser to that URL; returns the parameters of the callback."""
    print(f"{address}?{urlencode(parameters)}", flush=True)
    return dict(parse_qsl(urlsplit(input()).query))


def answer(method, address, **more):
    """One request of the client's; returns the response, which is no error."""
    response = requests.request(method, address, timeout=10, **more)
    response.raise_for_status()
    return response


def told(profile):
    """The last line: the profile that the client got."""
    print(json.dumps(profile))
