"""Accepts only requests that name this machine.

An attacker's host name can point at 127.0.0.1 (DNS rebinding). For a browser the pages then belong to the attacker's
website, and its scripts can read them and send their forms.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from .loopback import names_this_machine

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# No other website shows a page in a frame (RFC 7034 section 2.1; Content Security Policy Level 3 section 6.4.2).
NO_FRAMES = {"X-Frame-Options": "DENY", "Content-Security-Policy": "frame-ancestors 'none'"}

_REFUSED = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Not under this name</title></head>
<body>
<h1>Not under this name</h1>
<p>The local providers respond only as <code>localhost</code>, <code>127.0.0.1</code> or <code>[::1]</code>, with any
port. This request has the Host header <code>{host}</code>.</p>
<p>Open <code>http://127.0.0.1:{port}</code>. From another machine, make a tunnel to this port, and open
<code>http://localhost</code> with the tunnel's port.</p>
</body>
</html>
"""


def refused(environ: WSGIEnvironment) -> Response | None:
    """The response to a request whose Host header does not name this machine; None where the request is accepted. A
    request of HTTP/1.0 needs no such header, and later ones do (RFC 9112 section 3.2)."""
    host = environ.get("HTTP_HOST")
    if host is None and environ.get("SERVER_PROTOCOL") == "HTTP/1.0":
        return None
    if host is not None and names_this_machine(host):
        return None
    page = _REFUSED.format(host=escape(host or ""), port=escape(environ["SERVER_PORT"]))
    return Response(page, 400 if not host else 403, NO_FRAMES, content_type="text/html; charset=utf-8")
