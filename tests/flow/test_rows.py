"""Rows that changed between two looks into a database, as they are drawn and compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from workbook.course.places import DIAGRAMS
from workbook.flow.compare import compare
from workbook.flow.drawn import Arrow, arrows, participants
from workbook.flow.mermaid import from_mermaid, to_mermaid
from workbook.flow.messages import APP, BROWSER, DATABASE, Flow, Message
from workbook.flow.rows import BYTES, Change, Tables, as_message, changes, of_message

ADA = {"name": "Ada", "email": None}
NOBODY: Tables = {"users": {}, "identities": {}}
ONE: Tables = {"users": {("1",): ADA}, "identities": {("1",): {"user_id": "1"}}}


def drawn(*found: Change) -> tuple[Arrow, ...]:
    return arrows([as_message(change, 0.0) for change in found])


def said(*found: Change) -> list[tuple[str, dict[str, str]]]:
    return [(arrow.title, dict(arrow.details)) for arrow in drawn(*found)]


def test_new_rows_come_after_those_that_they_refer_to_and_go_before_them() -> None:
    assert said(*changes(NOBODY, ONE)) == [
        ("users gets row 1", {"name": "Ada", "email": "NULL"}),
        ("identities gets row 1", {"user_id": "1"}),
    ]
    assert said(*changes(ONE, NOBODY)) == [
        ("identities loses row 1", {"user_id": "1"}),
        ("users loses row 1", {"name": "Ada", "email": "NULL"}),
    ]
    assert changes(ONE, ONE) == ()


def test_of_a_changed_row_the_columns_that_changed_are_drawn_with_both_values() -> None:
    later = {**ONE, "users": {("1",): {"name": "Ada", "email": "ada@example.org"}}}
    assert said(*changes(ONE, later)) == [("row 1 of users changes", {"email": "NULL → ada@example.org"})]


def test_a_merge_first_changes_rows_and_then_loses_one() -> None:
    both: Tables = {"users": {("1",): ADA, ("2",): ADA}, "identities": {("1",): {"user_id": "1"}}}
    merged: Tables = {"users": {("2",): ADA}, "identities": {("1",): {"user_id": "2"}}}
    assert [title for title, _ in said(*changes(both, merged))] == [
        "row 1 of identities changes",
        "users loses row 1",
    ]


def test_tables_that_come_and_go_are_seen_by_their_rows() -> None:
    assert [title for title, _ in said(*changes({}, ONE))] == ["users gets row 1", "identities gets row 1"]
    assert [title for title, _ in said(*changes(ONE, {}))] == ["identities loses row 1", "users loses row 1"]
    (several,) = changes({"likes": {}}, {"likes": {("1", "7"): {}}})
    assert several.title == "likes gets row 1, 7"


def test_a_change_survives_its_way_as_a_message() -> None:
    change = Change("users", ("1",), ADA, None)
    message = as_message(change, 4.5)
    assert of_message(Message.from_json(message.to_json())) == change
    assert (message.sender, message.receiver, message.time) == (APP, DATABASE, 4.5)


def test_no_secret_of_a_row_is_drawn_and_what_is_new_each_time_has_its_name() -> None:
    given = Message(
        "twitter",
        APP,
        0.0,
        "POST",
        "http://127.0.0.1:5001/twitter/oauth/access_token",
        200,
        (),
        "oauth_token=known-access-token&oauth_token_secret=known-secret",
    )
    row = {
        "oauth_token": "known-access-token",
        "note": "has known-access-token in it",
        "password_hash": "scrypt:32768:8:1$abc",
        "api_token_encrypted": f"{BYTES}0123456789abcdef",
        "refresh_token": "whatever it is",
        "reset_secret": None,
        "session_digest": "0f3a",
        "created_at": "2026-11-27 17:48:57.123456",
    }
    (_, arrow) = arrows([given, as_message(Change("users", ("1",), None, row), 1.0)])
    assert dict(arrow.details) == {
        "oauth_token": "‹access token›",
        "note": "has ‹access token› in it",
        "password_hash": "‹password hash›",
        "api_token_encrypted": "‹bytes›",
        "refresh_token": "‹refresh token›",
        "reset_secret": "NULL",
        "session_digest": "‹session digest›",
        "created_at": "‹time›",
    }


def test_what_stands_in_a_row_cannot_break_a_drawing() -> None:
    strange = {"na<br/>me=x": "a\nb;#<b>\x1b[31m"}
    drawing = drawn(Change("use\nrs", ("1;2",), None, strange))
    assert from_mermaid(to_mermaid(drawing)) == drawing
    assert "\x1b" not in to_mermaid(drawing) and drawing[0].title == "use rs gets row 1;2"


def test_the_database_is_a_lane_between_the_app_and_the_providers() -> None:
    kept = from_mermaid((DIAGRAMS / "04_users_in_a_database.first_login.mmd").read_text(encoding="utf-8"))
    assert list(participants(kept).values()) == ["Browser", "Your app", "Database", "Twitter"]


@pytest.mark.parametrize("mode", ["strict", "protocol"])
@pytest.mark.parametrize("name", ["04_users_in_a_database.two_ways_in", "08_the_account_page.refused"])
def test_what_changes_in_a_database_takes_no_part_in_a_comparison(name: str, mode: str) -> None:
    kept = from_mermaid((DIAGRAMS / f"{name}.mmd").read_text(encoding="utf-8"))
    without = [arrow for arrow in kept if arrow.receiver != DATABASE]
    elsewhere = [*drawn(Change("pets", ("1",), None, ADA)), *without]
    assert len(without) < len(kept)
    for one, other in ((kept, without), (without, kept), (kept, elsewhere)):
        assert compare(one, other, mode) is None  # type: ignore[arg-type]
    wrong = [*without[:-1], replace(without[-1], title="500 Internal Server Error")]
    assert compare(kept, wrong, mode) is not None  # type: ignore[arg-type]


def test_a_flow_with_rows_keeps_the_order_of_its_messages() -> None:
    ask = Message(BROWSER, APP, 1.0, "GET", "http://localhost:5000/")
    row = as_message(Change("users", ("1",), None, ADA), 2.0)
    answer = Message(APP, BROWSER, 2.0, "GET", "http://localhost:5000/", 200)
    assert Flow.of("", [row, answer, ask]).messages == (ask, row, answer)
