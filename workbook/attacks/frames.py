"""Frames and scripts that the app's headers forbid, and that a browser therefore does not show or run."""

from __future__ import annotations

from urllib.parse import urlsplit

from workbook.flow.messages import Message, split
from workbook.lab.browser import HOME


def may_be_framed(answer: Message, by: str) -> bool:
    """Whether a browser shows a response in a frame of the page `by`.

    Content-Security-Policy's frame-ancestors counts, and X-Frame-Options only where there is none (CSP Level 3 section
    6.4.2.1). Of several policies each has to allow it.
    """
    ancestors = [policy["frame-ancestors"] for policy in policies(answer) if "frame-ancestors" in policy]
    if ancestors:
        return all(any(_matches(source, by, answer.url) for source in sources) for sources in ancestors)
    options = {
        option.strip().lower()
        for name, value in answer.headers
        if name.lower() == "x-frame-options"
        for option in value.split(",")
    }
    # Two different values, where one is known, forbid it, too (HTML standard, "check a navigation response's adherence
    # to X-Frame-Options").
    if len(options) > 1:
        return not options & {"deny", "sameorigin", "allowall"}
    if options == {"sameorigin"}:
        return _origin(by) == _origin(answer.url)
    return options != {"deny"}


def runs_inline_scripts(answer: Message) -> bool:
    """Whether a browser runs a script that is written in a page, with no nonce (CSP Level 3 section 6.7.3)."""
    for policy in policies(answer):
        sources = policy.get("script-src-elem", policy.get("script-src", policy.get("default-src")))
        if sources is None:
            continue
        strict = any(source.startswith(("'nonce-", "'sha256-", "'sha384-", "'sha512-")) for source in sources)
        if "'unsafe-inline'" not in sources or strict or "'strict-dynamic'" in sources:
            return False
    return True


def may_load_script(answer: Message, url: str) -> bool:
    """Whether a browser runs a script that a page loads from that URL (CSP Level 3 section 6.7.2)."""
    return _may_load(answer, url, "script-src-elem", "script-src", "default-src")


def script_sources(answer: Message) -> list[str]:
    """The sources of scripts that the policies name, but for the page's own origin: other hosts, schemes, nonces."""
    own = f"{HOME}/script.js"
    sources = []
    for policy in policies(answer):
        found = next(
            (policy[name] for name in ("script-src-elem", "script-src", "default-src") if name in policy), []
        )
        sources += [
            source for source in found if source != "'none'" and not _matches(source, own, answer.url)
        ]
    return sources


def may_load_style(answer: Message, url: str) -> bool:
    """Whether a browser uses a style sheet that a page loads from that URL."""
    return _may_load(answer, url, "style-src-elem", "style-src", "default-src")


def base_may_be(answer: Message, url: str) -> bool:
    """Whether <base href> of a page can make its relative URLs lead below that URL (CSP Level 3 section 6.3.1)."""
    return _may_load(answer, url, "base-uri")


def may_send_forms(answer: Message, url: str) -> bool:
    """Whether a form of a page may be sent to that URL. Chromium asks that of a URL that the response to the form
    redirects to, too (CSP Level 3 section 6.4.1)."""
    return _may_load(answer, url, "form-action")


def _may_load(answer: Message, url: str, *directives: str) -> bool:
    """Whether each policy allows that URL, by the first of the directives that it has."""
    for policy in policies(answer):
        sources = next((policy[name] for name in directives if name in policy), None)
        if sources is not None and not any(_matches(source, url, answer.url) for source in sources):
            return False
    return True


def policies(answer: Message) -> list[dict[str, list[str]]]:
    """The policies of a response, each with its directives. Of two directives of one name the first counts."""
    found = []
    for name, value in answer.headers:
        if name.lower() != "content-security-policy":
            continue
        for text in value.split(","):
            policy: dict[str, list[str]] = {}
            for directive in text.split(";"):
                key, *sources = directive.split() or [""]
                policy.setdefault(key.lower(), [source.lower() for source in sources])
            found.append(policy)
    return found


def _matches(source: str, by: str, own: str) -> bool:
    """Whether a page is one of those that a source of frame-ancestors names."""
    if source == "*":
        return urlsplit(by).scheme in ("http", "https")
    if source == "'self'":
        return _origin(by) == _origin(own)
    if source.endswith(":"):
        return urlsplit(by).scheme == source[:-1]
    wanted = split(source if "//" in source else f"//{source}")
    here = urlsplit(by)
    if wanted.scheme and wanted.scheme != here.scheme:
        return False
    host, default = here.hostname or "", "443" if here.scheme == "https" else "80"
    name, _, port = wanted.netloc.partition(":")
    fits = host.endswith(name[1:]) if name.startswith("*.") else host == name
    return fits and (port == "*" or (port or default) == str(here.port or default))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc
