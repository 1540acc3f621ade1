"""The course has one name for each thing: the field's name, in the glossary, and a sentence uses no other name.

A term is bold where a chapter defines it, and nothing else is bold there. Labels of buttons and quotations are in
italics or in quotes, what a program prints or a check compares is code, and the titles of exercises are kept as they
are: the test skips all of these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from workbook.course.places import CHAPTERS, ROOT

GLOSSARY = CHAPTERS / "GLOSSARY.md"
# The pages that have to follow the rules.
EDITED = sorted(CHAPTERS.glob("[0-9][0-9]_*/README.md"))
FILES = [ROOT / "README.md", GLOSSARY, *EDITED]


class Avoided(NamedTuple):
    """A pattern that no sentence may contain, why, and a sentence that contains it."""

    pattern: str
    reason: str
    example: str


AVOIDED = [
    Avoided(r"(?<!email )address(es)?\b", "URL; for mail, email address", "Open the address of the login."),
    Avoided(r"\banswer(s|ed|ing)?\b", "a server sends a response", "The app answers with a redirect."),
    Avoided(r"\btexts?\b", "a value is a string", "The cookie is a short text."),
    Avoided(r"\bword\b", "a value is a string, an ID, a state", "The state is a word that the app made."),
    Avoided(r"\bletters?\b(?= of a string)|\bletter (for|by) letter\b", "a string has characters",
            "X compares it letter for letter."),
    Avoided(r"\b(user|person|account)('s|s'|s)? number\b|\btheir number\b", "an account has an ID or a subject",
            "Facebook tells their number."),
    Avoided(r"\bsites?\b", "Twitter, Facebook, Google, GitHub: provider; somebody else's pages: website",
            "Many sites want to know."),
    Avoided(r"(?<!under )\bways? in\b", "identity", "A user adds a way in."),
    Avoided(r"\bsign(s|ed|ing)?[ -](in|up)\b", "log in, login", "Nobody has signed in yet."),
    Avoided(r"\b(comes?|came|coming) in\b", "log in", "The attacker could come in by it."),
    Avoided(r"\b(goes|go|went) out\b", "log out", "The user goes out."),
    Avoided(r"\bhand(s|ed|ing)? (\w+ )?in\b|\bswap(s|ped|ping)?\b|\btrad(e|es|ed|ing)\b",
            "exchange a code, send a parameter", "The app hands in the code."),
    Avoided(r"\b(say|says|said|saying) (no|yes)\b", "the user denies or allows access", "The person says no."),
    Avoided(r"\brefus(e|es|ed|ing|al|als)\b", "the user denies access; the app rejects a request",
            "Twitter refuses the callback."),
    Avoided(r"\b(who(m|se)?ever|somebody|someone|nobody)\b", "name the actor: a user, an attacker; or no one",
            "Whoever has the key can read it."),
    Avoided(r"\bin (the )?place of\b", "instead of", "Write py in the place of python3."),
    Avoided(r"\b(an)?other\b[^.,;]{0,20}\bthan\b", "a different … from, not the …", "It is another than the first."),
    Avoided(r"\bmend(s|ed|ing)?\b", "fix", "You mend that in 1.2."),
    Avoided(r"\bat last\b", "finally", "At last it works."),
    Avoided(r"\bbegin to read\b", "start reading", "Begin to read in chapter 00."),
    Avoided(r"\bfor granted\b|\btaken? for\b|\btakes? (it|this|that|them) for\b", "assume",
            "It takes the state for granted."),
    Avoided(r"\bs(ee|ees|aw) to it\b", "make sure", "The database sees to it."),
    Avoided(r"\bst(ands?|ood)\b(?!-)", "a line is in a file, a verdict comes", "The key stands in the code."),
    Avoided(r"\b(is|are|was|were) (said|told)\b", "name who says it", "No address was told."),
    Avoided(r"\b(is|are|was|were) to [a-z]", "say who does it", "Name where Twitter is to send the person."),
    Avoided(r"\bstandard,? RFC 5849\b", "RFC 5849 is Informational", "In the standard, RFC 5849, it has a name."),
    Avoided(r"\bwithout a word\b", "without a warning", "It is lost without a word."),
    Avoided(r"\bxcopy\b", "`workbook bring` copies rightly on all systems", "On Windows use xcopy /i."),
]  # fmt: skip

# Phrases in which one of these is the right name, all the same.
EXCEPTIONS = {
    "address bar": "a part of the browser",
    "address is in use": "the message of `flask run`",
    "holds the answers to 0.1 to 0.4": "a student's answer",
    "holds the answer to 0.1": "a student's answer",
    "and answer questions": "a student's answer",
    "letter of your answer": "a student's answer",
    "of the answers are": "a student's answer",
    "Other texts": "books and pages, in the glossary",
    "Sign in with": "the title of a step",
    "| answer, reply": "another name, in the glossary",
    "| address, link": "another name, in the glossary",
    "sign-in, sign-on": "another name, in the glossary",
    "cross-site": "a part of the name of CSRF",
    "Cross-Site": "a part of the name of CSRF",
    "session swapping": "another name, in the glossary",
}


def written(text: str) -> str:
    """The running text of a page: without code, the titles of exercises, labels, quotations, and names of other
    pages."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"^### Exercise .*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"</?details>|</?summary>", " ", text)
    text = re.sub(r"`[^`]+`", "CODE", text)
    text = re.sub(r"\[[^\]]*\]\(https?://[^)]*\)|<https?://[^>]*>", "LINK", text)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r'"[^"\n]*(?:\n[^"\n]+)?"', "QUOTED", text)
    return re.sub(r"(?<![*\w])\*(?![* ])[^*]+\*(?!\*)", "LABEL", text)


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs, the entries of lists and the cells of tables, each on one line."""
    for block in re.split(r"\n\s*\n|\n(?=\s*(?:-|\d+\.) )|\n(?=\|)", written(text)):
        block = re.sub(r"^\s*(?:-|\d+\.|#+) ", "", " ".join(block.split()))
        if not re.fullmatch(r"[|\s:-]*", block):
            yield from (
                (cell.strip() for cell in block.strip("|").split(" | ")) if block[0] == "|" else [block]
            )


def sentences(text: str) -> Iterator[str]:
    """The sentences, as far as full stops, question marks and capitals show them."""
    for paragraph in paragraphs(text):
        yield from re.split(r"(?<=[.?!])[)*]* (?=[(*]*[A-Z])", paragraph)


def slips(text: str) -> list[str]:
    """The avoided words of a text, a line each."""
    found = []
    for paragraph in paragraphs(text):
        rest = f"| {paragraph}" if text.startswith("# Glossary") else paragraph
        for phrase in EXCEPTIONS:
            rest = rest.replace(phrase, "…")
        for avoided in AVOIDED:
            found += [
                f"'{match.group()}' ({avoided.reason}): {paragraph}"
                for match in re.finditer(avoided.pattern, rest, re.IGNORECASE)
            ]
    return found


def without_an_actor(text: str) -> list[str]:
    """The sentences that begin with Who, Whoever, What or Others, and are no questions. Headings may."""
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    return [s for s in sentences(text) if re.match(r"\W*(Who|Whoever|What|Others)\b", s) and s[-1:] != "?"]


def too_many_colons(text: str) -> list[str]:
    """The paragraphs with more than one colon, and the entries of lists. A table may have more."""
    text = re.sub(r"^\|.*$", "", text, flags=re.MULTILINE)
    return [p for p in paragraphs(text) if len(re.findall(r":(?=\s|$)", p)) > 1]


class Term(NamedTuple):
    """A row of the glossary."""

    name: str
    others: tuple[str, ...]
    chapter: str


@cache
def terms() -> tuple[Term, ...]:
    """The rows of the glossary, in their order."""
    rows = re.findall(
        r"^\| \*\*(.+?)\*\* \|(.+)\|(.*)\|(.*)\|(.+)\|$", GLOSSARY.read_text(encoding="utf-8"), re.M
    )
    return tuple(
        Term(name, tuple(o.strip().partition(" (")[0] for o in others.split(",")), chapter.strip())
        for name, _what, others, _source, chapter in rows
    )


def bold(text: str) -> list[str]:
    """The bold terms of a chapter, without the letters before the choices of a question."""
    found = re.findall(r"\*\*(.+?)\*\*", " ".join(written(text).split()))
    return [one for one in found if not re.fullmatch(r"[a-d]\.", one)]


def term_of(name: str) -> Term | None:
    """The row of a bold term, in either letter case, singular or plural; None where it has none."""
    wanted = {name.lower(), name.lower().removesuffix("s")}
    by_name = [term for term in terms() if term.name.lower() in wanted]
    by_other = [term for term in terms() if wanted & {other.lower() for other in term.others}]
    return next(iter((*by_name, *by_other)), None)


def test_the_glossary_has_each_term_once_in_alphabetical_order() -> None:
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("| **")]
    names = [term.name.lower() for term in terms()]
    assert len(lines) == len(names) and names == sorted(set(names))
    assert {term.chapter for term in terms()} <= {chapter.parent.name[:2] for chapter in EDITED}


@pytest.mark.parametrize("chapter", EDITED, ids=lambda file: file.parent.name)
def test_what_is_bold_in_a_chapter_is_a_term(chapter: Path) -> None:
    found = bold(chapter.read_text(encoding="utf-8"))
    assert [name for name in found if term_of(name) is None] == []
    assert [name for name, times in Counter(name.lower() for name in found).items() if times > 1] == []


@pytest.mark.parametrize("chapter", EDITED, ids=lambda file: file.parent.name)
def test_a_term_is_bold_in_the_chapter_that_the_glossary_names(chapter: Path) -> None:
    found = {name.lower() for name in bold(chapter.read_text(encoding="utf-8"))}
    named = [(name, term) for name in found if (term := term_of(name))]
    defined = {
        term.name for name, term in named if name.removesuffix("s") == term.name.lower().removesuffix("s")
    }
    assert defined == {term.name for term in terms() if term.chapter == chapter.parent.name[:2]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_avoided_words_do_not_come_back(file: Path) -> None:
    assert slips(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_sentence_names_its_actor(file: Path) -> None:
    assert without_an_actor(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_paragraph_has_one_colon(file: Path) -> None:
    assert too_many_colons(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_step_is_promised_that_is_not_there(file: Path) -> None:
    named = re.findall(r"\bsteps? (\d\d)\b", written(file.read_text(encoding="utf-8")))
    assert set(named) <= {chapter.parent.name[:2] for chapter in EDITED}


@pytest.mark.parametrize("avoided", AVOIDED, ids=lambda avoided: avoided.pattern)
def test_an_avoided_word_is_found(avoided: Avoided) -> None:
    assert any(avoided.reason in slip for slip in slips(f"Text before it.\n\n- {avoided.example}\n"))


@pytest.mark.parametrize("phrase", EXCEPTIONS)
def test_an_exception_is_used(phrase: str) -> None:
    assert any(phrase in " ".join(file.read_text(encoding="utf-8").split()) for file in FILES)


def test_what_a_person_does_not_read_as_running_text_is_left_out() -> None:
    page = '### Exercise 1.4: Somebody says no\n\nClick *Sign in*, not "refused",\nthen `address`.\n\n```\nswap\n```\n'
    assert slips(page) == []


def test_a_question_may_begin_with_who() -> None:
    assert without_an_actor("Who knows that? It is here. Who knows it, wins. What is it?") == [
        "Who knows it, wins."
    ]
