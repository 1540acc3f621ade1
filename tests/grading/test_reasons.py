"""Two runs of one fault have one reason, and two faults have two."""

from __future__ import annotations

import time

import pytest

from workbook.grading.reports.reasons import reason_of

SHOULD = "What should happen: after the login the user is on /welcome.\nWhat your app did: "
LOOK = "\nWhere to look: the last line of oauth_authorized."


# What two runs, or two students, say of one fault. Most are from real runs.
SAME = {
    "port": ("the callback URL was http://localhost:40321/.", "the callback URL was http://localhost:5000/."),
    "state": (
        "it sent two users to Facebook with the same state, '2039427c232a7c341bc0210a3e026528b6ee183e2c404d8a'.",
        "it sent two users to Facebook with the same state, 'facebook-login-of-my-app'.",
    ),
    "token": (
        "it accepted the state 6JD8RSoNHKzd_I7z33oGocj9ONPrJi51MTtmOFjkSE0 again.",
        "it accepted the state Nwj5HB6vmiiwzt7030CA32XGRtV4FrYiv2nOl_-c0eE again.",
    ),
    "token without a digit": (
        "it accepted the state aBcDeFgHiJkL_mNoPqRsTuVwXyZ again.",
        "it accepted the state zYxWvUtSrQpO-nMlKjIhGfEdCbA again.",
    ),
    "code": ("it sent the code AQZzTz2Q…, again.", "it sent the code AQorzodu…, again."),
    "uuid": (
        "both made the state a90fc1d4-eaa9-11f1-8899-06f5e606f0e4.",
        "both made the state e41jrqx2db4p1aqzi86bat7nhpbhprii.",
    ),
    "short word": ("it sent the user to /?page=af337d12 then.", "it sent the user to /?page=3596640c then."),
    "name": ("it logged in Ada 4f9a01cc.", "it logged in Ada 9b13e2d7."),
    "email": ("it shows ada.4f9a01cc@example.org.", "it shows ada.plus@example.org."),
    "id": ("it has the id 10203040506070809010.", "it has the id 99887766554433221100."),
    "number": ("the session cookie is 4885 bytes long.", "the session cookie is 5310 bytes long."),
    "three digits": ("the session cookie is 485 bytes long.", "the session cookie is 510 bytes long."),
    "page": (
        "/welcome responded with status 200 and says: My first login Hello Ada.",
        "/welcome responded with status 200 and says: Anna's shop Welcome!",
    ),
    "page and error": (
        "the login ended at / with status 200: My first login. It raised KeyError: 'name'.",
        "the login ended at / with status 200: Anna's shop. It raised KeyError: 'name'.",
    ),
    "folder": ("FileNotFoundError: '/tmp/a b/app/x.py'.", "FileNotFoundError: '/home/mo/app/x.py'."),
}

# What two faults say at one exercise.
DIFFERENT = {
    "key": ("It raised KeyError: 'name'.", "It raised KeyError: 'email'."),
    "module": ("No module named 'flask_oauth'.", "No module named 'authlib'."),
    "error": ("It raised KeyError: 'name'.", "It raised NameError: name 'name' is not defined."),
    "status": ("it ended at / with status 500.", "it ended at / with status 404."),
    "status of a response": ("it answered 401 there.", "it answered 403 there."),
    "twitter's error": ("status 401 and error 89.", "status 401 and error 32."),
    "path": ("it asked for /1/account.", "it asked for /account."),
    "place": ("the login ended at /.", "the login ended at /login."),
    "method": ("it asked with GET.", "it asked with POST."),
    "error page": ("ended with status 400: The state is wrong.", "ended with status 400: Bad Request."),
    "raised behind a page": (
        "the login ended at / with status 200: Hello. It raised KeyError: 'name'.",
        "the login ended at / with status 200: Hello. It raised TypeError: 'x'.",
    ),
    "apostrophes": ("Twitter's page names the user's name.", "Twitter's page names the user's email."),
}


@pytest.mark.parametrize("case", SAME)
def test_one_fault_has_one_reason(case: str) -> None:
    one, two = (reason_of(SHOULD + did + LOOK) for did in SAME[case])
    assert one == two


@pytest.mark.parametrize("case", DIFFERENT)
def test_two_faults_have_two_reasons(case: str) -> None:
    one, two = (reason_of(SHOULD + did + LOOK) for did in DIFFERENT[case])
    assert one != two


def test_what_to_look_at_belongs_to_the_reason() -> None:
    """The same symptom has several causes, and the message knows them apart."""
    lax = "\nWhere to look: the session is gone. The cookie has SameSite=Strict."
    long = "\nWhere to look: the session is gone. The cookie is 4885 bytes long."
    assert reason_of(f"{SHOULD}it did not ask.{lax}") != reason_of(f"{SHOULD}it did not ask.{long}")


def test_the_line_of_code_and_the_drawing_are_the_students_own() -> None:
    one = f"{SHOULD}it raised KeyError: 'x'.{LOOK} In your code: app.py, line 3, in login: a = b['x']."
    two = f"{SHOULD}it raised KeyError: 'x'.{LOOK} In your code: views/all.py, line 77, in go: q(r['x'])."
    assert reason_of(one) == reason_of(two)
    assert reason_of(f"{one}\n\nExpected │ Yours\n1. GET /") == reason_of(
        f"{two}\n\nExpected │ Yours\n1. POST /"
    )


def test_a_check_that_fails_itself_is_known_by_its_error() -> None:
    trace = 'Traceback (most recent call last):\n  File "/{}/tests/steps/x.py", line {}, in y\n{}\n'
    assert reason_of(trace.format("a", 1, "KeyError: 'x'")) == reason_of(
        trace.format("b", 2, "KeyError: 'x'")
    )
    assert reason_of(trace.format("a", 1, "KeyError: 'x'")) != reason_of(
        trace.format("a", 1, "OSError: full")
    )


@pytest.mark.parametrize(
    "piece", ["a", "“", "'", "a.b@", "says: ", "9a-", "/home/x", "'/tmp/", "status 200: "]
)
def test_a_hostile_message_does_not_take_all_day(piece: str) -> None:
    """A million characters in a shape that a careless pattern reads again from every place. (Then it takes hours.)"""
    before = time.process_time()
    reason_of(SHOULD + piece * (1_000_000 // len(piece)))
    assert time.process_time() - before < 60
