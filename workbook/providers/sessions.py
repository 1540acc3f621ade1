"""The sessions of a provider: which user is logged in, in which browser; and that a form comes from the browser that
got it."""

from __future__ import annotations

import hmac
import re
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import abort, g, redirect, request
from werkzeug.wrappers import Response

from .people import People, Person
from .remembered import Remembered
from .world import World

# A session as it is made here. A browser may send anything instead.
_SESSION = re.compile("[A-Za-z0-9]{32}")


class Sessions:
    """The browsers that a provider knows, by the value of its cookie. `logged_in` has the key of each one's person."""

    def __init__(self, provider: str, world: World, people: People) -> None:
        self._provider = provider
        self._world = world
        self._people = people
        self.logged_in: Remembered[str, str] = Remembered()
        # By each session that a login made: the session before it.
        self._before: Remembered[str, str] = Remembered()

    @property
    def cookie(self) -> str:
        """The name of its cookie."""
        return f"{self._provider}_session"

    def current(self) -> str:
        """The session of the browser that sends the request; a new one where it has none."""
        brought = request.cookies.get(self.cookie, "")
        return brought if _SESSION.fullmatch(brought) else self._new()

    def _new(self) -> str:
        return self._world.word(f"{self._provider} session", 32)

    def who(self, session: str) -> Person | None:
        """The person who is logged in in that session, with their present data."""
        return self._people.get(self.logged_in.get(session))

    def give(self, response: Response, session: str) -> Response:
        """The same response; it leaves the session's cookie in the browser."""
        path = f"/{self._provider}"
        response.set_cookie(self.cookie, session, httponly=True, samesite="Lax", path=path)
        return response

    def csrf_token(self, session: str, about: str = "") -> str:
        """The token that a form has to send back, made for one session (and one question, `about`)."""
        key = self._world.key(f"{self._provider}'s forms", 32)
        return hmac.new(key.encode(), f"{session} {about}".encode(), "sha256").hexdigest()

    def of_form(self, about: str = "") -> str:
        """The session of the browser that sends a form; 403 where the form was not made for it.

        A form from before a login in another tab decides nothing: the browser gets its page again.
        """
        session = request.cookies.get(self.cookie, "")
        if self._made_for(session, about):
            return session
        before = self._before.get(session)
        while before is not None:
            if self._made_for(before, about):
                path, query = urlsplit(request.base_url).path, request.query_string.decode("latin-1")
                abort(redirect(f"{path}?{query}" if query else path, 303))
            before = self._before.get(before)
        abort(403, "This form was not made for this browser.")

    def _made_for(self, session: str, about: str) -> bool:
        shown = request.form.get("csrf_token", "").encode()
        return hmac.compare_digest(self.csrf_token(session, about).encode(), shown)

    def log_in(self, session: str) -> Person:
        """Logs in the person who was chosen in the form, or returns the one who is logged in already; 400 where there
        is neither. Each login has a new session, which `renewed` leaves in the browser: an attacker may know the one
        before (session fixation)."""
        chosen = self._people.get(request.form.get("person"))
        who = chosen or self.who(session)
        if who is None:
            abort(400, "No account was chosen.")
        if chosen is not None:
            self.logged_in.pop(session, None)
            g.new_session = self._new()
            self._before[g.new_session] = session
            self.logged_in[g.new_session] = chosen.key
        return who

    def renewed(self, response: Response) -> Response:
        """The same response; it leaves the new session's cookie in the browser, where this request was a login."""
        return self.give(response, g.new_session) if "new_session" in g else response

    def log_out(self) -> None:
        """Logs the user of this browser out."""
        self.logged_in.pop(request.cookies.get(self.cookie, ""), None)


def with_query(address: str, fragment: str = "", **more: str) -> str:
    """A URL with parameters added; a query string that it has already stays."""
    parts = urlsplit(address)
    query = "&".join(filter(None, [parts.query, urlencode(more)]))
    return urlunsplit(parts._replace(query=query, fragment=fragment))
