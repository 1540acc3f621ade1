"""A chapter becomes the parts of a page: nothing of it is lost, and no markup gets in."""

from __future__ import annotations

from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from workbook.course.places import CHAPTERS
from workbook.course.steps import Step, all_steps, find_step
from workbook.web.chapter import Chapter, Links, Text, read_chapter
from workbook.web.pointing import pieces

LINKS = Links(
    step="/steps/{}/",
    page="/steps/{}/{}/",
    glossary="/glossary/",
    diagram="/diagrams/{}",
    hosts=(("http://localhost:5000", "http://localhost:5010"), ("http://127.0.0.1:5001", None)),
)

CHAPTER = """\
# Step 01: <b>A title</b>

Text with <script>alert(1)</script>, and <img src=x onerror=alert(1)>.

<iframe src="https://example.com"></iframe>

<!-- a mark
of ours -->

Words <!-- and a mark --> around a mark.

```html
<!-- a comment in code -->
```

## The same

## The same

<details><summary>Folded <i>words</i></summary>

**inside**

</details>

Open <http://localhost:5000/login>, not <http://127.0.0.1:5001/twitter/>, and read [the RFC](https://www.rfc-editor.org/).
See [this](../01_twitter_login/README.md#the-idea), [that](../GLOSSARY.md), [a file](../../pyproject.toml) and
[nothing](../no_such.md). A [trap](javascript:alert(1)).

### Exercise 1.1: Register Twitter as a remote app (2 points)

Do `this`:

```python
x = "</code><script>alert(1)</script>"  # <details>
```

<details><summary>Hint 1</summary>

first

</details>
<details><summary>Hint 2</summary>

```
### no heading
```

</details>

## Afterwards

| a | |
| --- | --- |
| ![A login](../../diagrams/01_twitter_login.sign_in.svg) | `c` |
"""


@pytest.fixture
def chapter(tmp_path: Path) -> Chapter:
    file = tmp_path / "README.md"
    file.write_text(CHAPTER.replace("](../", f"]({(CHAPTERS / '01_x').as_posix()}/../"), encoding="utf-8")
    return read_chapter(file, LINKS, find_step("01").exercises)


def html_of(chapter: Chapter) -> HTMLParser:
    return HTMLParser("".join(str(part.html) for part in chapter.parts))


def test_its_parts_come_in_order(chapter: Chapter) -> None:
    *before, task, after = chapter.parts
    assert chapter.title == "Step 01: <b>A title</b>"
    assert all(isinstance(part, Text) for part in before)
    assert "Folded &lt;i&gt;words&lt;/i&gt;" in before[-1].html
    assert chapter.tasks == (task,) and chapter.tasks[0].exercise.id == "1.1"
    assert "Do <code>this</code>" in task.html and "Hint" not in task.html
    first, second = chapter.tasks[0].hints
    assert first == "<p>first</p>\n" and "### no heading" in second
    assert isinstance(after, Text) and "<th>a</th>\n<td></td>" in after.html


def test_no_markup_of_its_own_gets_in(chapter: Chapter) -> None:
    page = html_of(chapter)
    assert {node.tag for node in page.css("*")} <= {
        *("html", "head", "body", "p", "h2", "details", "summary", "strong", "a", "span", "code", "pre"),
        *("div", "table", "thead", "tbody", "tr", "th", "td", "img"),
    }
    assert not [node for node in page.css("*") if any(name.startswith("on") for name in node.attributes)]
    assert "alert(1)" in page.text()


def test_the_marks_of_a_release_are_not_shown(chapter: Chapter) -> None:
    text = html_of(chapter).text()
    assert "mark of" not in text.replace("\n", " ") and "and a mark" not in text
    assert "around a mark" in text and "<!-- a comment in code -->" in text


def test_its_headings_have_ids(chapter: Chapter) -> None:
    assert [node.id for node in html_of(chapter).css("h2")] == ["the-same", "the-same-1", "afterwards"]


def test_its_links_lead_where_the_pages_are(chapter: Chapter) -> None:
    page = html_of(chapter)
    links = {node.text(): node.attributes.get("href") for node in page.css("a") if node.text()}
    assert links == {
        "http://localhost:5010/login": "http://localhost:5010/login",
        "the RFC": "https://www.rfc-editor.org/",
        "this": "/steps/01_twitter_login/#the-idea",
        "that": "/glossary/",
    }
    picture = page.css_first("a.picture img")
    assert picture and picture.attributes["src"] == "/diagrams/01_twitter_login.sign_in.svg"
    assert picture.attributes["alt"] == "A login" and picture.attributes["width"] == "780"


@pytest.mark.parametrize("step", all_steps(), ids=lambda step: step.name)
def test_every_chapter_is_whole(step: Step) -> None:
    chapter = read_chapter(step.chapter, LINKS, step.exercises)
    assert chapter.title == step.title
    assert [task.exercise.id for task in chapter.tasks] == [exercise.id for exercise in step.exercises]
    for task in chapter.tasks:
        assert len(task.hints) == len(task.exercise.hints) and task.html.strip()
    assert "<!--" not in html_of(chapter).text()
    ids = [node.id for node in html_of(chapter).css("[id]")] + [task.anchor for task in chapter.tasks]
    assert len(ids) == len(set(ids))


def test_a_message_names_files_and_lines(tmp_path: Path) -> None:
    folder = tmp_path / "step"
    (folder / "app" / "templates").mkdir(parents=True)
    (tmp_path / "x.py").write_text("")
    for name in ("app.py", "app/models.py", "app/templates/a b.html", "app/templates/index.html"):
        (folder / name).write_text("")
    found = pieces(
        "at app.py:34, in app/models.py, line 12, not in flask/app.py, ../x.py or /etc/passwd. "
        "See templates/index.html.",
        folder,
    )
    places = [piece for piece in found if not isinstance(piece, str)]
    root = folder.resolve()
    assert [place["text"] for place in places] == [
        "app.py:34",
        "app/models.py, line 12",
        "templates/index.html",
    ]
    assert places[0]["place"] == f"{root / 'app.py'}:34"
    assert places[0]["url"] == f"vscode://file/{(root / 'app.py').as_posix().lstrip('/')}:34"
    assert places[2]["place"] == str(root / "app" / "templates" / "index.html")
    assert "".join(piece if isinstance(piece, str) else piece["text"] for piece in found).startswith(
        "at app.py:34, in"
    )
    assert pieces("app.py:34", None) == ["app.py:34"]
