"""Each attack works on weak apps and not on strong ones, however they are written.

The finished apps are in test_table.py. Here are right and wrong submissions, and apps with a few lines changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.attacks.carrying_out import carry_out
from workbook.attacks.outcomes import NOT_TRIED, WITHSTOOD, WORKS
from workbook.attacks.registry import attacks
from workbook.lab.warm import Warm

from . import changes
from .apps import App

WITH_OPTIONS = changes.defended("X-Frame-Options", "DENY")
WITH_POLICY = changes.defended("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
DEFENDED = (App("08", WITH_OPTIONS, "defended"), App("08/right/authlib", WITH_POLICY, "defended"))

# For each attack: apps on which it works, with a part of the evidence, and apps that withstand it.
CASES: dict[str, tuple[tuple[tuple[App, str], ...], tuple[App, ...]]] = {
    "back-button": (
        (
            (App("02/right/oauthlib-signs"), "/welcome shows “Welcome, Ada Okafor”"),
            (App("08/right/authlib"), "/account shows “Ada Okafor"),
        ),
        DEFENDED,
    ),
    "clickjacking": (
        (
            (App("04/right/older-queries"), "the app logged her out"),
            (App("08/right/form-classes"), "the app deleted her account"),
        ),
        DEFENDED,
    ),
    "copied-cookie": (
        (
            (App("03/right/authlib"), "still logged in as Ada"),
            (App("08/right/remembered"), "still logged in as Ada"),
        ),
        DEFENDED,
    ),
    "forced-linking": (
        (
            (App("05/right/authlib"), "sent Ada's browser to /login/facebook"),
            (App("08/wrong/8.2-links-as-before"), "sent Ada's browser to /login/facebook"),
            (App("08/wrong/8.3-exempt"), "http://localhost:8000 sent a POST to /account/link/facebook"),
            (App("08/wrong/8.3-by-get"), "sent Ada's browser to /account/link/facebook"),
            (App("08/wrong/8.5-a-state-for-every-browser"), "the callback of a link that Eve began"),
        ),
        (App("08/right/form-classes"), App("08/right/signed-intent")),
    ),
    "forged-cookie": (
        (
            (App("01/right/relative-callback"), "is 'development'"),
            (
                App(
                    "03/right/authlib",
                    (("app.py", 'os.environ["SECRET_KEY"]', '"s3cr3t"'),),
                    "with its key in the code",
                ),
                "is 's3cr3t'",
            ),
        ),
        (App("01/right/plain-requests-oauthlib"), App("08/right/authlib")),
    ),
    "forged-form": (
        (
            (App("02/right/key-by-config"), "a POST to /logout from Eve's page http://evil.example"),
            (App("08/wrong/8.1-not-turned-on"), "a POST to /account/delete"),
        ),
        (App("08/right/authlib"), App("08/right/signed-intent")),
    ),
    "forged-form-same-site": (
        (
            (App("05/right/uuid-as-primary-key"), "the app deleted her account"),
            (App("08/wrong/8.1-any-token"), "the app deleted her account"),
        ),
        (App("08/right/authlib"), App("08/right/form-classes")),
    ),
    "login-csrf-oauth1": (
        (
            (
                App(
                    "01/right/plain-requests-oauthlib",
                    changes.TOKENS_OF_ALL_BROWSERS_01,
                    "tokens of all browsers",
                ),
                "You are signed in as @evenovak",
            ),
            (
                App("08/right/authlib", changes.TOKENS_OF_ALL_BROWSERS, "tokens of all browsers"),
                "You are signed in as Eve Novak",
            ),
        ),
        (App("01/right/plain-requests-oauthlib"), App("08/right/authlib")),
    ),
    "login-csrf-oauth2": (
        (
            (App("03/wrong/3.4-one-word-for-all"), "who has begun a login of her own"),
            (App("03/wrong/3.5-none-is-none"), "who is logged in as herself, clicked on Eve's link"),
            (App("06/wrong/6.1-state-not-looked-at"), "who has no session here"),
        ),
        (App("03/right/signed-state"), App("06/right/routes-in-a-loop")),
    ),
    "mix-up": (
        (
            (App("06", changes.PROVIDER_OF_THE_STATE_06, "provider of the state"), "to Eve's provider"),
            (
                App("08/right/authlib", changes.PROVIDER_OF_THE_STATE_08, "provider of the state"),
                "to Eve's provider",
            ),
        ),
        (App("09/right/rows-one-by-one"), App("09/right/logins-that-are-over")),
    ),
    "no-guard": (
        (
            (App("04/wrong/4.3-welcome-for-everybody"), "opened /welcome, and no guard stopped her"),
            (App("06/wrong/6.11-strangers-delete"), "who is not logged in, sent a POST to /account/delete"),
            (App("07/wrong/7.10-guard-above-the-route"), "the status was 500"),
            (App("08/wrong/8.8-anybodys"), "who is logged in as herself, sent a POST to /account/unlink/1"),
        ),
        (App("04/right/mapped-columns"), App("08/right/authlib")),
    ),
    "open-redirect": (
        (
            (App("01/right/plain-requests-oauthlib"), "next=%2F"),
            (App("08/right/signed-intent"), "redirected her browser to 'http://evil.example/'"),
        ),
        DEFENDED,
    ),
    "pre-hijacking": (
        (
            (App("07/wrong/7.3-not-false"), "You are signed in as Eve Novak"),
            (App("07/wrong/7.3-whatever-it-says"), "You are signed in as Eve Novak"),
        ),
        (App("07/right/authlib"), App("07/right/upsert")),
    ),
    "removed-identity": (
        (
            (App("08/right/proof-in-the-database"), "You are signed in as Ada Okafor"),
            (App("08/right/signed-intent"), "You are signed in as Ada Okafor"),
        ),
        DEFENDED,
    ),
    "reused-id": (
        (
            (App("05/right/uuid-as-primary-key"), "You are signed in as Ada Okafor"),
            (App("06/right/dataclasses-and-claims-by-hand"), "You are signed in as Ada Okafor"),
        ),
        (App("08/right/authlib"), App("08/right/form-classes")),
    ),
    "script-in-a-page": (
        (
            (App("03/wrong/3.2-names-as-markup"), "The name of an account at Twitter"),
            (App("03/wrong/3.10-markup-of-the-callback"), "An error of Facebook"),
            (App("08/wrong/8.8-address-marked-safe"), "/account has it as a script"),
        ),
        (
            App("03/right/authlib"),
            App("08/wrong/8.8-address-marked-safe", WITH_POLICY, "with a policy that runs no script"),
        ),
    ),
    "token-in-the-cookie": (
        (
            (App("01/right/plain-requests-oauthlib"), "has her access token in it"),
            (App("03/wrong/3.2-token-in-the-session"), "has her access token in it"),
        ),
        (App("03/right/authlib"), App("08/right/authlib")),
    ),
    "token-swap": (
        (
            (
                App("08", changes.TOKENS_OF_ALL_BROWSERS, "tokens of all browsers"),
                "now leads to Eve's account",
            ),
            (
                App("08/right/authlib", changes.TOKENS_OF_ALL_BROWSERS, "tokens of all browsers"),
                "now leads to Eve's account",
            ),
        ),
        (App("01/right/authlib-in-a-factory"), App("08/right/authlib")),
    ),
}

WEAK = [(name, app, evidence) for name, (weak, _) in CASES.items() for app, evidence in weak]
STRONG = [(name, app) for name, (_, strong) in CASES.items() for app in strong]


def outcome(name: str, app: App, folder: Path, warm: Warm) -> tuple[str, str]:
    (attempt,) = carry_out([attacks()[name]], app.write(folder), warm)
    return attempt.outcome.result, attempt.outcome.because


def test_every_attack_is_tried_on_two_weak_and_two_strong_apps() -> None:
    assert CASES.keys() == attacks().keys()
    for name, (weak, strong) in CASES.items():
        assert len({str(app) for app, _ in weak}) >= 2 <= len({str(app) for app in strong}), name


@pytest.mark.parametrize(("name", "app", "evidence"), WEAK, ids=str)
def test_it_works_on_a_weak_app(name: str, app: App, evidence: str, tmp_path: Path, warm: Warm) -> None:
    result, because = outcome(name, app, tmp_path, warm)
    assert (result, evidence in because) == (WORKS, True), because


@pytest.mark.parametrize(("name", "app"), STRONG, ids=str)
def test_a_strong_app_withstands_it(name: str, app: App, tmp_path: Path, warm: Warm) -> None:
    result, because = outcome(name, app, tmp_path, warm)
    assert result == WITHSTOOD, because


HALF = {
    "begins with a slash": "page.startswith('/')",
    "and not with two": "page.startswith('/') and not page.startswith('//')",
    "and no backslash": "page.startswith('/') and page[1:2] not in ('/', '\\\\\\\\')",
    "has no host": "not urlsplit(page).netloc",
    "its host is ours": "urlsplit(page).hostname in (None, 'localhost')",
    "joined with ours": "urlparse(urljoin(request.host_url, page)).netloc == request.host",
    "begins with our URL": "page.startswith('http://localhost:5000')",
    "has our name in it": "'localhost:5000' in page",
    "its host begins with our name": "(urlsplit(page).hostname or '').startswith('localhost')",
    "its host ends with our name": "(urlsplit(page).hostname or '').endswith('localhost')",
    "ends with a page of ours": "page.endswith('/welcome')",
}


@pytest.mark.parametrize("condition", HALF.values(), ids=list(HALF))
def test_half_a_defence_does_not_stop_the_open_redirect(condition: str, tmp_path: Path, warm: Warm) -> None:
    app = App("03", changes.next_only_if(condition), "half a defence")
    result, because = outcome("open-redirect", app, tmp_path, warm)
    assert result == WORKS, because


def test_the_open_redirect_finds_the_page_of_the_referer(tmp_path: Path, warm: Warm) -> None:
    app = App(
        "03",
        (("app.py", 'session["next"] = request.args.get("next")', 'session["next"] = request.referrer'),),
        "back to the referrer",
    )
    result, because = outcome("open-redirect", app, tmp_path, warm)
    assert result == WORKS and "the header Referer" in because


def test_a_whole_defence_that_reads_the_path_stops_the_open_redirect(tmp_path: Path, warm: Warm) -> None:
    condition = "page[0] == '/' and page[1:2] not in ('/', '\\\\\\\\') and page.isprintable()"
    app = App("03", changes.next_only_if(condition), "a whole defence")
    result, because = outcome("open-redirect", app, tmp_path, warm)
    assert result == WITHSTOOD, because


def test_a_login_that_does_not_work_is_not_withstood(tmp_path: Path, warm: Warm) -> None:
    """An app that logs nobody in is no strong app: nothing could be tried."""
    app = App("01/wrong/1.1-wrong-address")
    place = app.write(tmp_path)
    for attempt in carry_out(attacks().values(), place, warm):
        assert attempt.outcome.result == NOT_TRIED, (attempt.attack.name, attempt.outcome)


ODD_VIEWS = {
    "a crash": "1 / 0",
    "redirects without end": "return redirect(request.path)",
    "URLs that are none": 'return \'<a href="http://[">Ada Okafor</a><form method=post action="http://["></form>\'',
    "everybody is Ada": "return redirect('http://evil.example/') if request.path == '/login' else '<p>Ada Okafor</p>'",
}


@pytest.mark.parametrize("view", ODD_VIEWS.values(), ids=list(ODD_VIEWS))
def test_on_an_app_without_a_login_nothing_could_be_tried(view: str, tmp_path: Path, warm: Warm) -> None:
    (tmp_path / "app.py").write_text(
        "from flask import Flask, redirect, request\n\napp = Flask(__name__)\n\n\n"
        "@app.before_request\ndef odd():\n"
        f"    {view}\n",
        encoding="utf-8",
    )
    for attempt in carry_out(attacks().values(), tmp_path, warm):
        assert attempt.outcome.result == NOT_TRIED, (attempt.attack.name, attempt.outcome)


def test_an_attack_that_could_not_be_tried_names_the_apps_exception(tmp_path: Path, warm: Warm) -> None:
    rule = "    return page if page and OWN_PAGE"
    broken = App("09", (("app/redirects.py", rule, f"    raise TypeError('no page')\n{rule}"),))
    (attempt,) = carry_out([attacks()["copied-cookie"]], broken.write(tmp_path), warm)
    assert attempt.outcome.result == NOT_TRIED
    assert "The app raised TypeError: no page" in attempt.outcome.because
