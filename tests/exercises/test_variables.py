"""The variables of an app's modules that hold a value."""

from __future__ import annotations

from pathlib import Path

from workbook.exercises.variables import ASKED_FOR_VARIABLES, variables_with
from workbook.lab.site import Site
from workbook.lab.warm import Warm

APP = """
from flask import Flask

app = Flask(__name__)
token = "none yet"
logins = {"ada": [("a secret", "")]}


@app.route("/")
def index():
    global token
    local = token = "another & secret"
    return local
"""


def test_strings_by_themselves_and_in_containers(tmp_path: Path, warm: Warm) -> None:
    (tmp_path / "app.py").write_text(APP)
    with Site(tmp_path, warm, **ASKED_FOR_VARIABLES) as site:
        assert variables_with(site, "another & secret") == []
        assert site.browser().open("/").text == "another & secret"
        assert variables_with(site, "another & secret") == ["app.token"]
        assert variables_with(site, "a secret") == ["app.logins"]


HIDDEN = """
from flask import Flask

app = Flask(__name__)


class Kept:
    pass


kept, shared = Kept(), Kept()


def with_a_default(token=["a default"]):
    return token


@app.route("/<token>")
def index(token):
    def inner():
        return token, ""

    app.config["TOKEN"] = "in " + "the settings"
    Kept.ours = "of " + "the class"
    shared.getter = inner
    kept.token = "an " + "attribute"
    return "kept"
"""


def test_strings_in_attributes_and_functions(tmp_path: Path, warm: Warm) -> None:
    (tmp_path / "app.py").write_text(HIDDEN)
    with Site(tmp_path, warm, **ASKED_FOR_VARIABLES) as site:
        site.browser().open("/a-secret")
        assert variables_with(site, "a-secret") == ["app.shared"]
        assert variables_with(site, "an attribute") == ["app.kept"]
        assert variables_with(site, "of the class") == ["app.Kept"]
        assert variables_with(site, "in the settings") == ["app.app"]
        assert variables_with(site, "a default") == ["app.with_a_default"]
        assert variables_with(site, "somewhere else") == []
