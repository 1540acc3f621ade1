"""Steps and exercises are read from the chapters."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbook.course.errors import WorkbookError
from workbook.course.steps import Step, all_steps, find_exercise, find_step

CHAPTER = """\
# Step 03: A title

Text.

### Exercise 3.1: Do this (2 points)

Words. <details><summary>Hint 1</summary>

first

</details>
<details><summary>Hint 2</summary>second</details>
<details><summary>Hint 3</summary>

```python
# in a file
third()
```

</details>

### Exercise 3.2: Keep that (1 point, keep)

Needs: 3.1 and 2.4

## Afterwards

<details><summary>no hint</summary>this belongs to no exercise</details>
"""


def step(tmp_path: Path, text: str) -> Step:
    chapter = tmp_path / "README.md"
    chapter.write_text(text, encoding="utf-8")
    return Step("03_a_step", chapter)


def test_exercises_are_read(tmp_path: Path) -> None:
    read = step(tmp_path, CHAPTER)
    first, second = read.exercises
    assert read.title == "Step 03: A title"
    assert (first.id, first.title, first.points, first.keep, first.needs) == ("3.1", "Do this", 2, False, ())
    assert first.hints == ("first", "second", "```python\n# in a file\nthird()\n```")
    assert (second.id, second.points, second.keep, second.needs) == ("3.2", 1, True, ("3.1", "2.4"))
    assert second.hints == ()


def test_a_heading_of_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match="Exercise 3.1 Do this"):
        _ = step(tmp_path, "# T\n\n### Exercise 3.1 Do this\n").exercises


@pytest.mark.parametrize("name", ["1", "01", "01_twitter_login", "chapters/01_twitter_login/"])
def test_a_step_goes_by_several_names(name: str) -> None:
    assert find_step(name).name == "01_twitter_login"


def test_what_is_not_there_is_met_with_what_is() -> None:
    with pytest.raises(WorkbookError, match="no step '77'.*01_twitter_login"):
        find_step("77")
    with pytest.raises(WorkbookError, match=r"no exercise '1\.99'.*1\.1, 1\.2"):
        find_exercise("1.99")


def test_needs_name_exercises_that_come_before() -> None:
    for one in all_steps():
        seen: set[str] = set()
        for exercise in one.exercises:
            assert set(exercise.needs) <= seen
            seen.add(exercise.id)
