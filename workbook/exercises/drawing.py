"""Compares a student's diagram with recorded traffic, and says which kind of mistake the first one is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from workbook.course.encodings import SAVE_AGAIN, not_utf8
from workbook.flow.drawn import LABELS, Arrow
from workbook.flow.mermaid import MermaidError, from_mermaid
from workbook.flow.messages import APP, BROWSER
from workbook.flow.stored import stored

from .missed import Missed

# The names that a drawing may have, and how people write them. The first name that fits counts, so a longer name comes
# before a name that is a part of it.
_WORDS = {
    "token_secret": r"((access|oauth)[ _-]?)?token('?s[ _-]|[ _-]|,? (and|with) (its|a|the) )secret|"
    r"secret of the (access )?token",
    "SECRET_KEY": r"secret_key",
    "client_id": r"client[ _-]?id",
    "client_secret": r"((client|app|consumer|facebook)('s)?[ _-])?secret([ -]key)?",
    "redirect_uri": r"redirect[ _-]?ur[il]",
    "state": r"state",
    "verifier": r"(oauth[ _-]|code[ _-])?verifier",
    "code": r"(authori[sz]ation )?code",
    "refresh_token": r"refresh[ _-]?token",
    "id_token": r"id[ _-]?token",
    "oauth_token": r"oauth[ _-]token",
    "access_token": r"(access[ _-]?)?token",
    "password": r"pass[ _-]?(word|phrase)|passwd|pwd",
    "email": r"e-?mail",
    "name": r"name",
}
# These words mean none of these names.
_OTHER_WORDS = r"(status|error|http)[ _-]code"
_DENIED = r"\b(no|not|never|without)( an?| the| any)? "
# A user types these at a provider's own page. The local providers ask for no password; the real ones do.
_TYPED = {"name", "email", "password"}
_METHODS = r"\b(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"
_SUBJECT = "your diagram says"


def drawn_by_student(file: Path) -> tuple[Arrow, ...]:
    """The arrows of a diagram; Missed if there is none, or if it is not Mermaid."""
    should = f"{file.name} is a sequence diagram in Mermaid."
    try:
        return from_mermaid(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        did = f"there is no file {file.name}."
        step = file.parent.name[:2]
        look = (
            f"`python3 -m workbook reset {step}` makes the starter again, and keeps what you have beside it."
        )
    except UnicodeDecodeError:
        did, look = not_utf8(file.name), SAVE_AGAIN
    except OSError as error:
        did, look = f"{file.name} cannot be read: {error.strerror}.", "close it in other programs."
    except MermaidError as error:
        did = f"{error}."
        look = "write a request as `browser->>app: GET /login`, and a response as `app-->>browser: 200`."
    raise Missed(should=should, did=did, look=look, subject=_SUBJECT)


def recorded(name: str) -> tuple[Arrow, ...]:
    """The arrows of a recorded flow, by the name of its file in diagrams/."""
    return from_mermaid(stored(name))


def hold_against(
    drawn: Sequence[Arrow],
    wanted: Sequence[Arrow],
    places: Iterable[int],
    *,
    mention: Mapping[int, Iterable[str]],
) -> None:
    """Raises Missed at the first of these places, counted from 0, where the drawing differs from the recorded flow.

    `mention` has for some places the parameters that the drawing has to name there. Apart from these, a label may use
    any words, but has to be true.
    """
    for place in places:
        before = f"after arrow {place}, '{_said(wanted[place - 1])}'" if place else "at the beginning"
        if place >= len(drawn):
            raise Missed(
                should=f"the diagram has all {len(wanted)} recorded messages.",
                did=f"it ends after {len(drawn)} arrows.",
                look=f"{before}, {_label(wanted[place].sender)} sends the next message. To whom?",
                subject=_SUBJECT,
            )
        slip = _slip(drawn, wanted, place, mention.get(place, ()))
        if slip:
            did, look = slip
            raise Missed(
                should=f"the arrows are the recorded messages, in their order, and {_label(wanted[place].sender)} "
                f"sends the message {before}.",
                did=f"arrow {place + 1} is '{_said(drawn[place])}', and {did}",
                look=look,
                subject=_SUBJECT,
            )


def nothing_beyond(drawn: Sequence[Arrow], wanted: Sequence[Arrow]) -> None:
    """Raises Missed if the drawing has more arrows than the recorded flow."""
    if len(drawn) > len(wanted):
        raise Missed(
            should=f"the diagram ends where the login ends, after {len(wanted)} messages.",
            did=f"it has {len(drawn)} arrows. The first one too many is '{_said(drawn[len(wanted)])}'.",
            look=f"the last message of the login is '{_said(wanted[-1])}'.",
            subject=_SUBJECT,
        )


def _slip(
    drawn: Sequence[Arrow], wanted: Sequence[Arrow], place: int, mention: Iterable[str]
) -> tuple[str, str] | None:
    """The mistake of one arrow, and where to look; None if there is no mistake."""
    mine, real = drawn[place], wanted[place]
    strangers = [end for end in (mine.sender, mine.receiver) if end not in LABELS]
    if strangers:
        known = ", ".join(dict.fromkeys(end for arrow in wanted for end in (arrow.sender, arrow.receiver)))
        return f"'{strangers[0]}' takes no part.", f"the participants are {known}."
    ends, real_ends = (mine.sender, mine.receiver), (real.sender, real.receiver)
    words = _named(mine)
    if BROWSER in ends and "client_secret" in words:
        return (
            "it shows the client secret to the browser. A user of that browser could then act as your app.",
            "your app sends the secret to the provider, and nowhere else (RFC 6749 section 2.3.1).",
        )
    if BROWSER in ends and "access_token" in words:
        return (
            "it shows the access token to the browser. In the code flow the browser never gets the token.",
            "the browser carries the code (RFC 6749 section 1.3.1).",
        )
    if ends != real_ends:
        return _wrong_ends(mine, real, wanted, place)
    at_login = APP not in ends and not real.title.startswith(("GET", "302"))
    if "password" in words and not at_login:
        return (
            "it carries the user's password.",
            "the password stays between the browser and Facebook, on Facebook's own page. Your app gets no password.",
        )
    if "token_secret" in words:
        return (
            "it names a secret of the access token.",
            "an access token of OAuth 2.0 has no secret of its own. Twitter's OAuth 1.0a, in step 01, has one.",
        )
    if "SECRET_KEY" in words:
        return (
            "it carries SECRET_KEY.",
            "with SECRET_KEY your app signs its own cookies. Your app never sends SECRET_KEY.",
        )
    if mine.is_request != real.is_request:
        return (
            "it is drawn as a request, but it is a response."
            if mine.is_request
            else "it is drawn as a response, but it is a request.",
            "a request has a full line, `->>`, and its response a dotted line, `-->>`.",
        )
    return _wrong_words(mine, real, words - _TYPED if at_login else words, mention)


def _wrong_ends(mine: Arrow, real: Arrow, wanted: Sequence[Arrow], place: int) -> tuple[str, str]:
    later = [
        arrow
        for arrow in wanted[place + 1 :]
        if (arrow.sender, arrow.receiver) == (mine.sender, mine.receiver)
    ]
    if (mine.receiver, mine.sender) == (real.sender, real.receiver):
        return "it points the other way round.", "who sends this, and who gets it?"
    if real.sender == APP and real.receiver == BROWSER and mine.sender == APP:
        return (
            f"the app sends no message to {_label(mine.receiver)} here.",
            "a redirect is a response to the browser, with a new URL. The browser then requests this URL.",
        )
    if mine.sender == BROWSER and real.sender == APP and real.receiver != BROWSER:
        return (
            "the browser takes no part in this.",
            "the app sends this directly to the provider, so the browser does not see it.",
        )
    if mine.receiver == APP and mine.sender not in (BROWSER, APP) and BROWSER in (real.sender, real.receiver):
        provider = _label(mine.sender)
        return (
            f"{provider} sends no message to the app here.",
            f"{provider} responds only to the browser, which sent the request. The browser brings all that the app "
            "gets in this move, after a redirect.",
        )
    if APP in (mine.sender, mine.receiver) and APP not in (real.sender, real.receiver):
        provider = _label(real.receiver if real.sender == BROWSER else real.sender)
        return (
            f"{_label(mine.sender)} sends no message to {_label(mine.receiver)} here.",
            f"the app takes no part in this move. The user is on a page of {provider}, and the browser sends the "
            f"user's input to {provider}.",
        )
    if later and mine.sender != real.sender:
        return (
            "a message before this is missing in the diagram.",
            "does every request have its response? After a redirect, who requests the new URL?",
        )
    return (
        f"{_label(mine.sender)} sends no message to {_label(mine.receiver)} here.",
        "who needs to know what, at this point?",
    )


def _wrong_words(mine: Arrow, real: Arrow, words: set[str], mention: Iterable[str]) -> tuple[str, str] | None:
    carried = {name for name, _ in real.details}
    for name in sorted(words - carried):
        return (
            f"it names {name}, which is not in this message.",
            f"the message carries {', '.join(n for n in _WORDS if n in carried) or 'none of the parameters'}.",
        )
    methods = re.findall(_METHODS, mine.title) if real.is_request else re.findall(rf"^{_METHODS}", mine.title)
    for method in methods:
        if not real.title.startswith(method):
            return f"its method is not {method}.", "GET asks for something, POST sends something."
    status = re.match(r"\s*([1-5]\d\d)\b", mine.title)
    if status and not real.title.startswith(status[1]):
        return (
            f"its status is not {status[1]}.",
            "a redirect has the status 302. A response with a page or with data has 200.",
        )
    path = re.search(r"(?<![\w/])/[\w./-]*", _plain(mine))
    if path and (path[0].rstrip(".") or "/") not in _paths(real):
        return (
            f"{path[0]} is not the path of its URL.",
            "the paths are in the text of the exercise, and in app.py.",
        )
    for name in mention:
        if name not in words:
            look = f"which parameters does {_label(real.sender)} send here? Name each in the label."
            if name == "state" and "code" in carried:
                look = (
                    "Facebook returns the state unchanged, and your app compares it with the state in its session "
                    "(RFC 6749 section 4.1.2)."
                )
            return f"it does not name {name}.", look
    return None


def _named(arrow: Arrow) -> set[str]:
    """The parameters that a label names."""
    text = re.sub(r"(?<!\w)/[\w./-]+", " ", _plain(arrow))
    text += " " + " ".join(name for name, _ in arrow.details)
    text = re.sub(rf"\b{_OTHER_WORDS}\b", " ", text, flags=re.IGNORECASE)
    found = set()
    for name, words in _WORDS.items():
        text = re.sub(rf"{_DENIED}({words})s?(?!\w)", " ", text, flags=re.IGNORECASE)
        text, count = re.subn(rf"(?<!\w)({words})s?(?!\w)", " ", text, flags=re.IGNORECASE)
        if count:
            found.add(name)
    return found


def _paths(arrow: Arrow) -> set[str]:
    """The ways to write the path of a recorded message, with the API's version and without; empty if it has no path."""
    path = re.search(r"/[\w./-]*$", arrow.title)
    return {path[0], re.sub(r"^/v\d+\.\d+/", "/", path[0])} if path else set()


def _plain(arrow: Arrow) -> str:
    """The first line of a label without hosts, and without the values of parameters."""
    without_hosts = re.sub(
        r"https?://[^/\s]+|(?<![\w/.-])(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?(?=/)", "", arrow.title
    )
    return re.sub(r"(\w+)=[^\s,&]*", r"\1", without_hosts)


def _said(arrow: Arrow) -> str:
    line = "->>" if arrow.is_request else "-->>"
    return f"{arrow.sender}{line}{arrow.receiver}: {arrow.title}"


def _label(name: str) -> str:
    return {BROWSER: "the browser", APP: "the app"}.get(name, LABELS.get(name, name))
