"""By hand: the work that Flask and Flask-OAuthlib do for you."""

import base64
import hashlib
import hmac
import secrets
import time
import zlib
from urllib.parse import quote


def read_cookie(cookie):
    """The content of a Flask session cookie, as a string. You need no key to read it."""
    # exercise 2.3: decode the part before the last two dots
    # stub: return "Not read yet: exercise 2.3."
    payload = cookie.rsplit(".", 2)[0]
    compressed = payload.startswith(".")
    data = base64.urlsafe_b64decode(payload.removeprefix(".") + "==")
    return (zlib.decompress(data) if compressed else data).decode()
    # end 2.3


def escaped(text):
    """Percent-encodes as in RFC 5849 section 3.6: only letters, digits, and - . _ ~ stay as they are."""
    return quote(str(text), safe="")


def protocol_parameters(consumer_key):
    """The protocol parameters of every signed request (RFC 5849 section 3.1), without the signature."""
    return {
        "oauth_consumer_key": consumer_key,
        "oauth_nonce": secrets.token_hex(16),
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_version": "1.0",
    }


def base_string(method, url, parameters):
    """The base string: method, URL and parameters (RFC 5849 section 3.4.1)."""
    # exercise 2.5: join the method, the URL and all parameters, as the RFC says
    # stub: return "Not made yet: exercise 2.5."
    pairs = sorted((escaped(name), escaped(value)) for name, value in parameters.items())
    normalized = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join([method.upper(), escaped(url), escaped(normalized)])
    # end 2.5


def sign(text, consumer_secret, token_secret=""):
    """The signature of a base string (RFC 5849 section 3.4.2). To ask for a request token, the app has no token yet."""
    # exercise 2.6: make the key of both secrets, and sign with HMAC-SHA1
    # stub: return "Not signed yet: exercise 2.6."
    key = f"{escaped(consumer_secret)}&{escaped(token_secret)}"
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
    # end 2.6


def authorization(parameters):
    """The header that carries the protocol's parameters (RFC 5849 section 3.5.1)."""
    pairs = (f'{escaped(name)}="{escaped(value)}"' for name, value in parameters.items())
    return "OAuth " + ", ".join(pairs)
