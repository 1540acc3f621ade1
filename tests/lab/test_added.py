"""A site can have one more provider, and an app more files. Migrations of one source run only once."""

from __future__ import annotations

import pytest

from workbook.course.places import SOLUTIONS
from workbook.lab.site import Site
from workbook.lab.warm import Warm
from workbook.providers.server import ProvidersServer

STEP = SOLUTIONS / "06_google_and_github"


def page_for(providers: ProvidersServer) -> dict[str, str]:
    assert providers.fifth is not None
    return {"app/templates/index.html": f"Only {providers.fifth.label}"}


def test_files_come_on_top_once_the_providers_are_there(warm: Warm) -> None:
    with Site(STEP, warm, with_fifth=True, added=page_for) as site:
        assert site.providers.fifth is not None
        assert site.browser().open("/").words == f"Only {site.providers.fifth.label}"
    assert "Only" not in (STEP / "app/templates/index.html").read_text(encoding="utf-8")


def test_the_same_source_is_migrated_once(warm: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    really = Site.flask

    def flask(site: Site, *arguments: str) -> object:
        asked.append(arguments)
        return really(site, *arguments)

    monkeypatch.setattr(Site, "flask", flask)
    monkeypatch.setattr("workbook.lab.site._tables", {})
    for _ in range(2):
        with Site(STEP, warm) as site:
            site.database.change("INSERT INTO users (name) VALUES ('Ada')")
            assert [row["name"] for row in site.database.rows("SELECT name FROM users")] == ["Ada"]
    assert asked == [("db", "upgrade")]
    with Site(STEP, warm, with_fifth=True, added=page_for):
        assert len(asked) == 2, "another source is migrated by itself"
