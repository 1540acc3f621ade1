"""The page that shows where every line of step 04's `app.py` is in step 05, made from the two apps themselves.

The program finds a function, a class or a constant by its name in step 05's files. INSTEAD lists the code that replaces
the other statements, and each text in INSTEAD has to be in step 05.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import WorkbookError
from .places import SOLUTIONS
from .starters import MOVED, source_files, starter_of

STEP_04 = "04_users_in_a_database"
STEP_05 = "05_one_user_many_identities"
PAGE = MOVED
CONFIG = "app/config.py"


@dataclass(frozen=True)
class Instead:
    """The code of step 05 that replaces a statement: the file, the text in it, and why it is different."""

    file: str
    text: str
    why: str


_IN_CONFIG = "`create_app` puts what this file gives into `app.config`."
_MEET = "An extension is made without an app; `create_app` lets the two meet: `{}.init_app(app)`."
_ADDRESS = "In `from_environment`: nothing is read before the app is made."


def _settings(file: str, **texts: str) -> dict[str, Instead]:
    return {name: Instead(file, text, _ADDRESS) for name, text in texts.items()}


# By the name that a statement of step 04 gives to something, or else by its beginning.
INSTEAD = {
    "load_dotenv": Instead("app/__init__.py", "load_dotenv()", "In `create_app`, before anything is read."),
    "app": Instead(
        "app/__init__.py", "app = Flask(__name__)", "In `create_app`. No module imports it any more."
    ),
    "app.secret_key": Instead("app/config.py", '"SECRET_KEY": os.environ["SECRET_KEY"]', _IN_CONFIG),
    "app.config['SQLALCHEMY_DATABASE_URI']": Instead(
        "app/config.py",
        '"SQLALCHEMY_DATABASE_URI": os.environ.get("DATABASE_URL", "sqlite:///people.db")',
        _IN_CONFIG,
    ),
    "db": Instead("app/models.py", "db = SQLAlchemy()", _MEET.format("db")),
    "login_manager": Instead(
        "app/models.py", "login_manager = LoginManager()", _MEET.format("login_manager")
    ),
    "login_manager.login_view": Instead(
        "app/models.py", 'login_manager.login_view = "pages.index"', "The view is in a blueprint now."
    ),
    **_settings(
        "app/config.py",
        TWITTER_URL='twitter = os.environ.get("TWITTER_URL", "https://api.twitter.com")',
        TWITTER_KEY='"consumer_key": os.environ.get("TWITTER_KEY")',
        TWITTER_SECRET='"consumer_secret": os.environ.get("TWITTER_SECRET")',
        FACEBOOK_URL='facebook = os.environ.get("FACEBOOK_URL", "https://www.facebook.com")',
        FACEBOOK_GRAPH_URL='graph = os.environ.get("FACEBOOK_GRAPH_URL", "https://graph.facebook.com")',
        FACEBOOK_KEY='"consumer_key": os.environ.get("FACEBOOK_KEY")',
        FACEBOOK_SECRET='"consumer_secret": os.environ.get("FACEBOOK_SECRET")',
    ),
    "oauth": Instead("app/providers.py", "oauth = OAuth()", _MEET.format("oauth")),
    "twitter": Instead(
        "app/providers.py",
        'twitter = oauth.remote_app("twitter", app_key="TWITTER")',
        "The rest is in `app/config.py`, under `TWITTER`. Flask-OAuthlib looks there at the first login.",
    ),
    "facebook": Instead(
        "app/providers.py",
        'facebook = oauth.remote_app("facebook", app_key="FACEBOOK")',
        "The rest is in `app/config.py`, under `FACEBOOK`.",
    ),
    "COLUMNS": Instead(
        "app/auth.py",
        'column = f"{provider}_id"',
        "Providers are now called `twitter` and `facebook`; where people read them, they get a capital.",
    ),
    "with app.app_context": Instead(
        "migrations/versions/0001_people.py",
        "op.create_table(",
        "The app makes no tables when it starts. `flask db upgrade` does.",
    ),
    "if __name__ == '__main__'": Instead(
        "app/__init__.py",
        "def create_app():",
        'Gone: `flask run` calls `create_app`, and so does `gunicorn "app:create_app()"`.',
    ),
}


@dataclass(frozen=True)
class Statement:
    """A statement at the top of a file: the name that it gives to something, if it does, and its lines."""

    name: str | None
    key: str
    lines: tuple[str, ...]
    node: ast.stmt


def where_it_went(solutions: Path = SOLUTIONS) -> str:
    """The page, as Markdown. WorkbookError where INSTEAD is wrong, or lacks a statement."""
    old = [s for s in _statements(solutions / STEP_04 / "app.py") if not _is_docstring(s.node)]
    new = {
        file.relative_to(solutions / STEP_05).as_posix(): file
        for file in source_files(solutions / STEP_05)
        if file.suffix in (".py", ".html", ".css", ".toml")
    }
    _check_instead(old, {place: _starter(file) for place, file in new.items()}, solutions / STEP_05)
    found = [
        (place, statement)
        for place, file in new.items()
        if place.startswith("app/") and file.suffix == ".py"
        for statement in _statements(file)
    ]
    names: dict[str, tuple[str, Statement]] = {
        s.name: (place, s) for place, s in found if s.name and s.name not in INSTEAD
    }
    parts = [
        _HEAD,
        *_rows(old, names),
        "",
        *_new(old, found),
        *(f"- the setting `{key}`, in `{CONFIG}`" for key in _new_settings(solutions, new[CONFIG])),
        "",
        *_other_files(solutions, new),
        _CHANGED,
        *(
            line
            for s in old
            if s.name and s.name in names
            for line in _change(f"`{s.name}`, in `{names[s.name][0]}`", s.lines, names[s.name][1].lines)
        ),
        *_changed_files(solutions, new),
    ]
    return "\n".join(parts).rstrip() + "\n"


_HEAD = """# Where every line of step 04 went

A program makes this page from the two apps. The left column has `app.py` of step 04, in its order. The right column has
the place in step 05, before you change anything. *As it was* means that no character has changed.

| step 04, `app.py` | lines | step 05 | |
| --- | --- | --- | --- |"""
_CHANGED = """
## What changed in them

Lines with `-` are step 04's, lines with `+` are step 05's.
"""


def _statements(file: Path) -> list[Statement]:
    text = _starter(file) if STEP_05 in file.parts else _without_markers(file)
    lines = text.splitlines()
    found = []
    for node in ast.parse(text).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        name, key = _named(node)
        code = [line for line in lines[first - 1 : node.end_lineno] if not line.strip().startswith("# TODO")]
        found.append(Statement(name, key, tuple(code), node))
    return found


def _named(node: ast.stmt) -> tuple[str | None, str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name, node.name
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        return (target.id if isinstance(target, ast.Name) else None), ast.unparse(target)
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return None, "import"
    return None, ast.unparse(node).splitlines()[0].partition("(")[0].rstrip(":")


def _starter(file: Path) -> str:
    return starter_of(file.read_text(encoding="utf-8"), str(file))


def _without_markers(file: Path) -> str:
    """The text of a solution's file, without the comments that say where exercises begin and end."""
    marks = ("# exercise ", "# end ", "# stub:")
    lines = file.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith(marks)) + "\n"


def _check_instead(old: list[Statement], new: Mapping[str, str], place: Path) -> None:
    keys = {statement.key for statement in old}
    for key, instead in INSTEAD.items():
        if key not in keys:
            raise WorkbookError(
                f"{PAGE}: there is no '{key}' in step 04 any more; moved.py still tells where it went."
            )
        if instead.text not in new.get(instead.file, ""):
            raise WorkbookError(f"{PAGE}: '{instead.text}' is not in {place / instead.file}.")


def _rows(old: list[Statement], names: Mapping[str, tuple[str, Statement]]) -> Iterator[str]:
    imports = [statement for statement in old if statement.key == "import"]
    yield (
        f"| the imports | {sum(len(s.lines) for s in imports)} | every file | Each imports what it uses. "
        "`import workbook.compat` is in `app/__init__.py`, above everything that imports Flask-OAuthlib. |"
    )
    for statement in old:
        if statement.key == "import":
            continue
        if statement.name and statement.name in names:
            place, now = names[statement.name]
            how = "As it was." if statement.lines == now.lines else "Changed, see below."
        elif statement.key in INSTEAD:
            instead = INSTEAD[statement.key]
            place, how = instead.file, f"`{instead.text}`<br>{instead.why}"
        else:
            raise WorkbookError(f"{PAGE}: where did '{statement.key}' of step 04 go? moved.py has to say it.")
        yield f"| `{statement.key}` | {len(statement.lines)} | `{place}` | {how} |"


def _new(old: list[Statement], found: list[tuple[str, Statement]]) -> Iterator[str]:
    """The parts of step 05 that no line of step 04 has become."""
    before = {statement.key for statement in old}
    yield "New in step 05:"
    yield ""
    for place, statement in found:
        if statement.name and statement.name not in before:
            yield f"- `{statement.name}`, in `{place}`"


def _new_settings(solutions: Path, config: Path) -> list[str]:
    """The keys of step 05's settings that step 04 does not name."""
    known: set[object] = set()
    for node in ast.walk(ast.parse((solutions / STEP_04 / "app.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.keyword):
            known.add(node.arg)
        elif isinstance(node, ast.Constant):
            known.add(node.value)
    return [
        str(key.value)
        for node in ast.walk(ast.parse(config.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and not isinstance(value, ast.Dict) and key.value not in known
    ]


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _change(what: str, old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    if old == new:
        return
    yield f"{what}:"
    yield ""
    yield "```diff"
    for line in list(difflib.unified_diff(old, new, lineterm="", n=1))[2:]:
        if not line.startswith("@@"):
            yield line
    yield "```"
    yield ""


def _other_files(solutions: Path, new: Mapping[str, Path]) -> Iterator[str]:
    """Where the files beside app.py went."""
    yield "The other files of step 04:"
    yield ""
    for file in source_files(solutions / STEP_04):
        place = file.relative_to(solutions / STEP_04).as_posix()
        now = f"app/{place}"
        if place == "app.py":
            continue
        if now in new:
            same = _without_template_markers(file) == _without_template_markers(new[now])
            how = "As it was." if same else "Changed, see below."
            yield f"- `{place}` is `{now}`. {how}"
        elif place == "ways_in.sql":
            yield f"- `{place}` is not needed any more; you need its query once, in exercise 5.2."
        elif place == "answers.toml":
            yield f"- `{place}` has the question of this step."
        else:
            raise WorkbookError(f"{PAGE}: where did {place} of step 04 go?")


def _changed_files(solutions: Path, new: Mapping[str, Path]) -> Iterator[str]:
    """The changes in the templates."""
    for file in source_files(solutions / STEP_04):
        now = f"app/{file.relative_to(solutions / STEP_04).as_posix()}"
        if now in new:
            yield from _change(
                f"`{now}`", _without_template_markers(file), _without_template_markers(new[now])
            )


def _without_template_markers(file: Path) -> list[str]:
    marks = ("{# exercise", "{# end", "{# stub")
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.strip().startswith(marks)]
