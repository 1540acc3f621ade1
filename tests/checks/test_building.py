"""`build` names and makes anew what a change of a solution makes stale, and nothing else; it leaves a student's work
alone."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from workbook.course.places import ROOT

from .derived import build

STEP = "01_twitter_login"
STARTER, NOTEBOOK = f"chapters/{STEP}", f"notebooks/{STEP}.ipynb"
SIGN_IN = {f"diagrams/{STEP}.sign_in.mmd", f"diagrams/{STEP}.sign_in.svg"}
REFUSAL = {f"diagrams/{STEP}.refusal.mmd", f"diagrams/{STEP}.refusal.svg"}

# Instead of mermaidx, which takes seconds to paint a PNG: only the text beside it matters here.
PAINTER = """
import base64

def svg_to_png(svg, **settings):
    return base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
    )
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one step, and a notebook with one drawing, in which everything is current."""
    root = tmp_path_factory.mktemp("built") / "repository"
    for part in (f"solutions/{STEP}", "workbook", "tests/steps"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "requirements.txt", f"{STARTER}/README.md", NOTEBOOK):
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, root / file)
    notebook = json.loads((root / NOTEBOOK).read_text(encoding="utf-8"))
    wanted = ("lesson = Lesson(", 'lesson.draw("sign_in")')
    notebook["cells"] = [
        cell for cell in notebook["cells"] if any(word in "".join(cell["source"]) for word in wanted)
    ]
    (root / NOTEBOOK).write_text(json.dumps(notebook), encoding="utf-8")
    (root / "painter" / "mermaidx").mkdir(parents=True)
    (root / "painter" / "mermaidx" / "__init__.py").touch()
    (root / "painter" / "mermaidx" / "raster.py").write_text(PAINTER)
    code, said, output = build(root, found_first=root / "painter")
    assert code == 0 and said["written"] == {STARTER, NOTEBOOK, *SIGN_IN, *REFUSAL}, output
    return root


@pytest.fixture
def repository(built: Path, tmp_path: Path) -> Path:
    """A copy of that repository to change."""
    return Path(shutil.copytree(built, tmp_path / "repository"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    file.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


CHANGES = {
    "another title of every page": (
        "templates/index.html",
        "{% block title %}My first login",
        "{% block title %}My second login",
        {STARTER, NOTEBOOK, *SIGN_IN, *REFUSAL},
    ),
    "an extra call of the API, in an exercise": (
        "app.py",
        'answer = twitter.get("account/verify_credentials.json")',
        'answer = [twitter.get("account/verify_credentials.json") for _ in "12"][0]',
        {NOTEBOOK, *SIGN_IN},
    ),
    "another redirect after a refusal, in an exercise": (
        "app.py",
        'return redirect(url_for("index"))\n    # end 1.4',
        'return redirect(url_for("index", said="no"))\n    # end 1.4',
        REFUSAL,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_exactly_what_a_change_makes_stale_is_named(repository: Path, change: str) -> None:
    file, old, new, stale = CHANGES[change]
    edit(repository / "solutions" / STEP / file, old, new)
    code, said, output = build(repository, "--check", found_first=repository / "painter")
    assert (code, said["stale"]) == (1, stale), output
    assert f"{len(stale)} stale: `python -m workbook build` makes them anew." in output


def test_building_makes_anew_what_is_stale_and_nothing_else(repository: Path) -> None:
    file, old, new, stale = CHANGES["another title of every page"]
    edit(repository / "solutions" / STEP / file, old, new)
    code, said, output = build(repository, found_first=repository / "painter")
    assert (code, said["written"]) == (0, stale), output
    for thing in (NOTEBOOK, f"{STARTER}/{file}", f"diagrams/{STEP}.sign_in.mmd"):
        assert "My second login" in (repository / thing).read_text(encoding="utf-8"), thing
    code, said, output = build(repository, "--check", found_first=repository / "painter")
    assert (code, said["stale"]) == (0, set()), output
    assert "All current." in output


def test_a_picture_that_is_painted_in_another_way_is_made_anew(repository: Path) -> None:
    painted = io.BytesIO()
    Image.new("RGB", (2, 2), "#ff0000").save(painted, "PNG")
    painter = repository / "painter" / "mermaidx" / "raster.py"
    painter.write_text(f"def svg_to_png(svg, **settings):\n    return {painted.getvalue()!r}\n")
    assert build(repository, "--check", found_first=repository / "painter")[:2] == (
        0,
        {"current": {STARTER, NOTEBOOK, *SIGN_IN, *REFUSAL}, "stale": set(), "left": set(), "written": set()},
    )
    assert build(repository, found_first=repository / "painter")[1]["written"] == {NOTEBOOK}
    assert build(repository, found_first=repository / "painter")[1]["written"] == set()


def without_flows(repository: Path) -> None:
    """Leaves only the starter to build."""
    (repository / NOTEBOOK).unlink()
    edit(repository / "workbook" / "lab" / "visits.py", f'"{STEP}": {{', '"nowhere": {')


def spoil_a_line(chapter: Path) -> None:
    edit(chapter / "app.py", 'app.secret_key = "development"', 'app.secret_key = "mine"')


def lose_a_file(chapter: Path) -> None:
    (chapter / "templates" / "welcome.html").unlink()


def lose_what_it_is_known_by(chapter: Path) -> None:
    (chapter / ".starter.json").unlink()


@pytest.mark.parametrize(
    "touch", [spoil_a_line, lose_a_file, lose_what_it_is_known_by], ids=lambda f: f.__name__
)
def test_a_chapter_that_was_touched_is_never_written_over(
    repository: Path, touch: Callable[[Path], None]
) -> None:
    chapter = repository / STARTER
    without_flows(repository)
    edit(repository / "solutions" / STEP / "app.py", "signs the session cookie;", "signs the cookie;")
    touch(chapter)
    before = {file: file.read_bytes() for file in chapter.rglob("*") if file.is_file()}
    for arguments, code, word in (((), 0, "left"), (("--check",), 1, "stale")):
        ended, said, output = build(repository, *arguments)
        (thing,) = said[word]
        assert ended == code and thing.startswith(f"{STARTER}: has been edited, so it is left alone"), output
    assert {file: file.read_bytes() for file in chapter.rglob("*") if file.is_file()} == before


def test_a_file_that_is_only_the_students_does_not_keep_the_starter_from_being_made(repository: Path) -> None:
    without_flows(repository)
    edit(repository / "solutions" / STEP / "app.py", "signs the session cookie;", "signs the cookie;")
    (repository / STARTER / "notes.txt").write_text("mine")
    assert build(repository)[1]["written"] == {STARTER}
    assert "signs the cookie;" in (repository / STARTER / "app.py").read_text(encoding="utf-8")
    assert (repository / STARTER / "notes.txt").read_text() == "mine"


def test_only_what_is_named_is_built(repository: Path) -> None:
    without_flows(repository)
    edit(repository / "solutions" / STEP / "app.py", "signs the session cookie;", "signs the cookie;")
    ended, said, output = build(repository, "--check", "01")
    assert ended == 1 and said["stale"] == {STARTER}, output
    ended, said, output = build(repository, "02")
    assert ended == 2 and not any(said.values()) and "There is no step" in output


# Another program has taken a port of the first kernel: that kernel ends before it listens.
NO_FIRST_KERNEL = """
import runpy, sys
from pathlib import Path

begun = Path(__file__).with_name("begun")
begun.write_text(begun.read_text() + "x" if begun.is_file() else "x")
if len(begun.read_text()) < {first}:
    sys.exit("Address already in use")
sys.path.remove(str(Path(__file__).parent))
runpy.run_module("ipykernel_launcher", run_name="__main__")
"""


@pytest.mark.parametrize(("first", "code"), [(2, 0), (9, 2)])
def test_a_kernel_that_does_not_begin_is_tried_again(repository: Path, first: int, code: int) -> None:
    launcher = repository / "painter" / "ipykernel_launcher.py"
    launcher.write_text(NO_FIRST_KERNEL.format(first=first), encoding="utf-8")
    done, said, output = build(repository, "--check", found_first=repository / "painter")
    assert done == code, output
    assert (NOTEBOOK in said["current"]) is (code == 0)
    assert len(launcher.with_name("begun").read_text()) == (2 if code == 0 else 3)
