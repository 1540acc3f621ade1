"""Words by which a file of a student's app could deal with the checker, and not with the exercise; with the reasons.

A word proves nothing: a student may have written it for a good reason, and a hostile student can write it in another
way. It tells a teacher where to look.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbook.course.places import ROOT
from workbook.providers.people import PEOPLE


@dataclass(frozen=True)
class Word:
    """A word, as a regular expression for text in small letters. `needles`: a text without any of these does not have
    the word, which is quicker to see. `reason`: what an app could do with it, as the end of a sentence that begins with
    the word. `in_chapters`: it is no trace where the step's chapter has it."""

    pattern: re.Pattern[str]
    needles: tuple[str, ...]
    reason: str
    in_chapters: bool = False

    def places(self, text: str) -> Iterator[re.Match[str]]:
        """Where a text in small letters has the word."""
        for needle in self.needles:
            if needle in text:
                return self.pattern.finditer(text)
        return iter(())


def _word(pattern: str, reason: str, *needles: str) -> Word:
    """`needles` may be left out where the pattern is a plain word."""
    plain = re.sub(r"\\b|\\(?=\W)", "", pattern)
    return Word(re.compile(pattern), needles or (plain,), reason)


_OTHERS = "reaches into another process"
_PROGRAMS = "starts another program or process"
_FRAMES = "looks at the code that runs the app, or changes it"
_CHECKS = "is a place of the checks or of the solutions"
_CLIENT = "tells the checker's browser from others"
_USER = "is a made-up user, whom no app has to know"
_HIDDEN = "runs code that is not in the file as code"

# No pattern has two repeats beside each other: a long line must not keep the teacher waiting.
WORDS = (
    _word(r"/proc\b", _OTHERS),
    _word(r"\bctypes\b", "calls the system directly, past Python"),
    _word(r"\bcffi\b", "calls the system directly, past Python"),
    _word(r"\bptrace\b", _OTHERS),
    _word(r"\bpidfd_\w", _OTHERS, "pidfd_"),
    _word(r"\bprocess_vm_\w", _OTHERS, "process_vm_"),
    _word(r"\bpsutil\b", _OTHERS),
    _word(r"\bgetppid\b", _OTHERS),
    _word(r"\bos\.killp?g?\b", _OTHERS, "os.kill"),
    _word(r"/dev/shm\b", "is memory that is shared with other processes"),
    _word(r"/dev/mem\b", "is the machine's memory"),
    _word(r"\baf_unix\b", "reaches other processes past the network's limits"),
    _word(r"\bso_reuse(?:port|addr)\b", "takes a port that another process listens on", "so_reuse"),
    _word(r"/dev/(?:tcp|udp|fd)\b", "reads or writes what another process has opened", "/dev/"),
    _word(r"\bos\.(?:dup2?|fdopen|closerange|pipe)\b", "works on what the checker has opened", "os."),
    _word(r"\bos\.(?:fork|spawn|exec|posix_spawn)\w*", _PROGRAMS, "os."),
    _word(r"\bos\.(?:system|popen)\b", _PROGRAMS, "os."),
    _word(r"\bos\.setsid\b", "leaves a process behind that the checker does not end"),
    _word(r"\bstart_new_session\b", "leaves a process behind that the checker does not end"),
    _word(r"\bsubprocess\b", _PROGRAMS),
    _word(r"\bmultiprocessing\b", _PROGRAMS),
    _word(r"\b_getframe\b", _FRAMES),
    _word(r"\binspect\.(?:stack|currentframe|getouterframes|trace)\b", _FRAMES, "inspect."),
    _word(r"\bsys\.(?:settrace|setprofile|addaudithook|meta_path|path_hooks|modules)\b", _FRAMES, "sys."),
    _word(r"\bgc\.get_\w", _FRAMES, "gc.get_"),
    _word(r"\btracemalloc\b", _FRAMES),
    _word(r"\bsitecustomize\b", "is code that Python runs before the app"),
    _word(r"\busercustomize\b", "is code that Python runs before the app"),
    _word(r"\b_?pytest\w*", "is the program that runs the checks", "pytest"),
    _word(r"\bconftest\b", "is code that the checks' program would run"),
    _word(r"\bcheck_(?:answer|word|decision)\b", "is a function of the checks", "check_"),
    _word(r"\btests?[/\\]+(?:steps|submissions)\b", _CHECKS, "steps", "submissions"),
    _word(r"\bsolutions[/\\]", _CHECKS, "solutions/", "solutions\\"),
    _word(r"[\"']solutions[\"']", _CHECKS, "'solutions'", '"solutions"'),
    _word(r"\.release[/\\\"']", _CHECKS, ".release"),
    _word(r"\bworkbook_[a-z]+\b", "is a setting of the workbook", "workbook_"),
    _word(r"\buser_agent\b", _CLIENT),
    _word(r"\bhttp_user_agent\b", _CLIENT),
    _word(r"\brequest\.headers.{0,20}user-agent", _CLIENT, "user-agent"),
    _word(r"\bfirefox/\d", _CLIENT, "firefox/"),
    _word(r"\bgecko/\d", _CLIENT, "gecko/"),
    _word(
        r"(?<![\w.])(?:exec|eval|compile|__import__) ?\(", _HIDDEN, "exec", "eval", "compile", "__import__"
    ),
    _word(r"\bimport_module\b", _HIDDEN),
    _word(r"\bimportlib\b", _HIDDEN),
    _word(r"\brunpy\b", _HIDDEN),
    _word(r"\bmarshal\b", _HIDDEN),
    _word(
        r"\A(?:.*\n)?[ \t\f]*#.*?coding[:=][ \t]*(?!utf-?8|latin|iso-8859|cp125|ascii|us-ascii)[\w.-]+",
        "gives the file an encoding in which it reads differently",
        "coding",
    ),
)

# Files, by their names and those of folders, that Python, Flask or the checks would take for somebody else's.
FILES = {
    **dict.fromkeys(("conftest.py", "pytest.ini", "tox.ini"), "belongs to the program that runs the checks"),
    **dict.fromkeys(("sitecustomize.py", "usercustomize.py"), "is run by Python before the app"),
    **dict.fromkeys(
        (
            "flask",
            "click",
            "werkzeug",
            "jinja2",
            "requests",
            "sqlalchemy",
            "pytest",
            "flask_oauthlib",
            "authlib",
        ),
        "has the name of a library, and is taken for it",
    ),
    "workbook": "has the name of the workbook, and is taken for it",
}
# A student may well test their own app.
OWN_TESTS = re.compile(r"(?:test_.*|.*_test|tests)\.py")
OF_OWN_TESTS = {"pytest"}


@functools.cache
def words() -> tuple[Word, ...]:
    """WORDS, the modules of the workbook but the one that apps need, and what is known of the made-up users."""
    parts = sorted(
        place.stem for place in (ROOT / "workbook").iterdir() if re.fullmatch(r"[a-z_]+(\.py)?", place.name)
    )
    others = "|".join(part for part in parts if not part.startswith("__") and part != "compat")
    return (
        *WORDS,
        _word(rf"\bworkbook[./\\](?:{others})\b", "is a part of the workbook that no app needs", "workbook"),
        _word(
            r"\b(?:from|import) workbook\b(?! ?\. ?compat\b| import compat\b)",
            "is a part of the workbook that no app needs",
            "workbook",
        ),
        *users(),
    )


@functools.cache
def users() -> tuple[Word, ...]:
    """What is known of the made-up users: names, email addresses, and their IDs at the providers."""
    found: dict[str, None] = {}
    for person in PEOPLE:
        known = [person.name, person.twitter.screen_name, person.twitter.email, person.facebook.email]
        known += [person.google.email, person.github.login]
        known += [mail.email for mail in person.github.emails]
        known += [person.subject(name) for name in ("twitter", "facebook", "google", "github")]
        found.update({one.lower(): None for one in known if one})
    return tuple(
        Word(re.compile(rf"(?<![\w.@]){re.escape(one)}(?![\w@])"), (one,), _USER, in_chapters=True)
        for one in found
    )
