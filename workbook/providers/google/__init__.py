"""The local Google: OpenID Connect as Google speaks it, its page, its keys, and what it tells about people."""
