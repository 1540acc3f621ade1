"""Flask-OAuthlib loads with the compatibility module, and not without."""

from __future__ import annotations

import subprocess
import sys

from werkzeug.datastructures import MultiDict

LOAD = "from flask_oauthlib.client import OAuth"


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


def test_flask_oauthlib_does_not_load_alone() -> None:
    """The day this test fails, the workbook does not need the module any more."""
    assert "cannot import name 'url_quote'" in python(LOAD).stderr


def test_with_the_module_it_does() -> None:
    done = python(f"import workbook.compat; {LOAD}")
    assert done.returncode == 0, done.stderr


def test_it_changes_three_names_and_nothing_else() -> None:
    done = python(
        "import werkzeug.urls as urls; before = dict(vars(urls)); import workbook.compat; after = dict(vars(urls));"
        "print(sorted(n for n in after if n not in before or after[n] is not before[n]))"
    )
    assert done.stdout.strip() == "['url_decode', 'url_encode', 'url_quote']"


def test_the_decoder_reads_what_twitter_sends() -> None:
    read = "decode(b'a=1&b=&a=2&c=%C3%A9', charset='utf-8')"
    done = python(f"import workbook.compat; from werkzeug.urls import url_decode as decode; print({read})")
    assert done.stdout.strip() == str(MultiDict([("a", "1"), ("a", "2"), ("b", ""), ("c", "é")]))
