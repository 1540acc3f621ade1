"""Which variables of an app's modules hold a value: they are there once, for all users and all logins."""

from __future__ import annotations

import json
from urllib.parse import quote

from workbook.lab.site import Site

# A module beside the app's own. It loads the app as Flask does, and adds one URL that tells which variables hold a
# value.
_PATH = "/variables-that-hold"
_MODULE = "loaded_with_variables"
_TEXT = f"""
import json
import os
import sys
from types import CellType, FunctionType, ModuleType
from urllib.parse import unquote

from flask.cli import ScriptInfo
from werkzeug.local import LocalProxy

app = ScriptInfo(app_import_path="app", set_debug_flag=False).load_app()
theirs = app.wsgi_app


def holds(found, value, depth=4):
    if isinstance(found, str | bytes):
        return value in (found if isinstance(found, str) else found.decode(errors="replace"))
    return depth > 0 and any(holds(one, value, depth - 1) for one in inside(found))


def inside(found):
    if isinstance(found, dict):
        return [*found, *found.values()]
    if isinstance(found, list | tuple | set | frozenset):
        return list(found)
    if isinstance(found, CellType):
        try:
            return [found.cell_contents]
        except ValueError:  # nothing is in it yet
            return []
    if isinstance(found, ModuleType | LocalProxy):
        return []
    # a function keeps the variables of the function around it, and its defaults; an object has its attributes
    function = [*(found.__closure__ or ()), *(found.__defaults__ or ())] if isinstance(found, FunctionType) else []
    return [*function, *(vars(found).values() if hasattr(found, "__dict__") else ())]


def variables(value):
    here = os.path.realpath(".") + os.sep
    for name, module in list(sys.modules.items()):
        if name != __name__ and os.path.realpath(getattr(module, "__file__", None) or os.sep).startswith(here):
            for variable, found in list(vars(module).items()):
                if not variable.startswith("__") and holds(found, value):
                    yield name + "." + variable


def with_variables(environ, start_response):
    if environ["PATH_INFO"] != {_PATH!r}:
        return theirs(environ, start_response)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(list(variables(unquote(environ["QUERY_STRING"])))).encode()]


app.wsgi_app = with_variables
"""

# Arguments of Site for a site that can be asked for its variables.
ASKED_FOR_VARIABLES = {
    "environment": {"FLASK_APP": _MODULE},
    "added": lambda providers: {f"{_MODULE}.py": _TEXT},
}


def variables_with(site: Site, value: str) -> list[str]:
    """The variables of the app's own modules that hold a string, by itself or in a list, a dictionary, an attribute or
    a function's closure, as "app.token"."""
    names: list[str] = json.loads(site.browser().open(f"{_PATH}?{quote(value, safe='')}").text)
    return names
