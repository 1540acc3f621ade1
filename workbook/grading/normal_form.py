"""The normal form of a file: what is left without layout, comments, docstrings and its author's names.

Two files with the same normal form are one text, written in two ways. Nothing in a file is run or imported. It is
parsed, and a file that does not parse is taken as far as its tokens go.

What an author can change in a Python file, and the normal form stays the same: the names that the file itself gives
(variables, parameters, functions, classes, what a class has, `import … as`), the order of imports, of functions and of
other statements at the top of the file or of a class, comments, docstrings, annotations of functions. What a library
gives its names to, and every value, stays: `session.get("user")` and `session.pop("user")` are two texts.
"""

from __future__ import annotations

import ast
import hashlib
import io
import itertools
import keyword
import re
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# The longest file that is parsed (bytes). The longest one of a solution has 8 kB. A longer one is compared by its text.
LONGEST_PARSED = 256 * 1024
# The largest number of tokens from one line end to the next, brackets closed. Python's own parser needs a part of the
# stack for each operator of a long expression, and some versions of it end the process where there is no stack left.
LONGEST_STATEMENT = 3_000
# Python names these where a text cannot be parsed. A NUL in it is a ValueError, and so is a number too long to print.
_CANNOT_PARSE = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)
_HASH_COMMENTS = {".toml", ".ini", ".cfg", ".txt", ".mako", ".env", ".sh", ".yml", ".yaml", ""}
# By the ending of a file, what its comments are between, or what is before a line of comment.
_BETWEEN = {
    ".html": (("{#", "#}"), ("<!--", "-->")),
    ".css": (("/*", "*/"),),
    ".js": (("/*", "*/"),),
    ".sql": (("/*", "*/"),),
}
_BEFORE = {".sql": "--", ".mmd": "%%", ".js": "//", **dict.fromkeys(_HASH_COMMENTS, "#")}
# Names of functions in values: Flask's url_for takes the name of a view, with the name of its blueprint before it.
_ENDPOINT = re.compile(r"(?:(\w+)\.)?(\w+)")

_LAYOUT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)

# How much a text has: the number of its words and signs.
_WORDS = re.compile(r"\w+")


def form_of(data: bytes, suffix: str, *, parse: bool = True) -> str:
    """The digest of the normal form of a file with this content and ending, such as ".py". A file that is not to be
    parsed is taken as any other text."""
    text = text_of(data)
    form = None
    if parse and suffix == ".py" and len(data) <= LONGEST_PARSED:
        form = _python(text)
    if form is None:
        form = "".join(_without_comments(text, suffix).split())
    return hashlib.sha256(f"{suffix}\n{form}".encode("utf-8", "surrogatepass")).hexdigest()


def pieces_of(data: bytes, suffix: str) -> dict[str, int]:
    """The statements of a Python file, without the statements in them, or else the lines of a text; with the number of
    names, values and signs in each. All names are left out, but those behind a dot and before a `=` in a call."""
    text = text_of(data)
    tree = parsed(text) if suffix == ".py" and len(data) <= LONGEST_PARSED else None
    if tree is None:
        return _lines(_without_comments(text, suffix))
    try:
        return dict(_statements(tree))
    except _CANNOT_PARSE:
        return _lines(text)


def text_of(data: bytes) -> str:
    """The content of a file as text: UTF-8, with a sign for each byte that is none, and line ends as on Linux."""
    return data.decode("utf-8-sig", "replace").replace("\r\n", "\n")


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a Python file; None where it does not parse, or has a statement that is too long."""
    if _longest_statement(text) > LONGEST_STATEMENT:
        return None
    try:
        # Python warns of a strange escape in a value, on the teacher's screen.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except _CANNOT_PARSE:
        return None


def _longest_statement(text: str) -> int:
    """No less than the number of tokens in the longest statement, seen quickly: a statement ends only where a line does
    that leaves no bracket open, or in a `;`."""
    if len(text) <= LONGEST_STATEMENT:
        return 0
    longest = since = depth = 0
    for line in text.splitlines():
        since += len(_WORDS.findall(line))
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0 and not line.endswith("\\"):
            longest, since, depth = max(longest, since), 0, 0
    return max(longest, since)


def _python(text: str) -> str | None:
    """The normal form of a Python file; None where it has no tokens."""
    tree = parsed(text)
    if tree is not None:
        try:
            return _Form(tree).whole()
        except _CANNOT_PARSE:
            pass
    return _tokens(text)


@dataclass
class _Names:
    """The names that a file itself gives. `aliases` are by their name in the file, as a library has them."""

    own: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    views: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    aliases: dict[str, str] = field(default_factory=dict)


class _Form:
    """The normal form of a syntax tree. The names of the file itself become numbers, anew in each statement at the top,
    so that these can be sorted."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._names = _names_in(tree)
        self._numbers: dict[str, int] = {}
        self._out: list[str] = []

    def whole(self) -> str:
        parts = []
        for statement in self._tree.body:
            self._numbers, self._out = {}, []
            self._put(statement)
            parts.append("\t".join(self._out))
        return "\n".join(sorted(part for part in parts if part))

    def _put(self, node: ast.AST) -> None:
        kind = type(node)
        special = _SPECIAL.get(kind)
        if special is not None:
            special(self, node)
            return
        self._out.append(kind.__name__)
        self._fields(node, node._fields)

    def _fields(self, node: ast.AST, names: Iterable[str]) -> None:
        out = self._out
        for name in names:
            value = getattr(node, name, None)
            if isinstance(value, list):
                out.append("[")
                for one in value:
                    if isinstance(one, ast.AST):
                        self._put(one)
                    else:
                        out.append(self._named(one) if isinstance(one, str) else repr(one))
                out.append("]")
            elif isinstance(value, ast.expr_context):
                pass
            elif isinstance(value, ast.AST):
                self._put(value)
            elif value is not None:
                out.append(repr(value))
            else:
                out.append("-")

    def _named(self, name: str) -> str:
        if name in self._names.own:
            return f"#{self._numbers.setdefault(name, len(self._numbers))}"
        return self._names.aliases.get(name, name)

    def _name(self, node: ast.Name) -> None:
        self._out.append(self._named(node.id))

    def _attribute(self, node: ast.Attribute) -> None:
        self._put(node.value)
        of_own_module = isinstance(node.value, ast.Name) and node.value.id in self._names.modules
        if node.attr in self._names.members or of_own_module:
            self._out.append(f".#{self._numbers.setdefault(node.attr, len(self._numbers))}")
        else:
            self._out.append(f".{node.attr}")

    def _constant(self, node: ast.Constant) -> None:
        value = node.value
        endpoint = _ENDPOINT.fullmatch(value) if isinstance(value, str) else None
        if endpoint and endpoint[2] in self._names.views:
            self._out.append(f"{endpoint[1]}.{self._named(endpoint[2])}")
        else:
            self._out.append(repr(value))

    def _argument(self, node: ast.arg) -> None:
        self._out.append(self._named(node.arg))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._out.append(type(node).__name__)
        self._fields(node, ("decorator_list",))
        self._out.append(self._named(node.name) if node.name in self._names.own else ".")
        self._put(node.args)
        self._body(node.body)

    def _class(self, node: ast.ClassDef) -> None:
        self._out.append("ClassDef")
        self._fields(node, ("decorator_list", "bases", "keywords"))
        self._out.append(self._named(node.name))
        # Each statement of a class begins with its own numbers: the class could have them in another order.
        outer, outer_numbers, parts = self._out, self._numbers, []
        for statement in node.body:
            self._out, self._numbers = [], {}
            self._put(statement)
            parts.append(" ".join(self._out))
        self._out, self._numbers = outer, outer_numbers
        self._out += ["(", *sorted(part for part in parts if part), ")"]

    def _body(self, statements: list[ast.stmt]) -> None:
        self._out.append("(")
        for statement in statements:
            self._put(statement)
        self._out.append(")")

    def _expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring, or `...`
            self._put(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self._out.append("Assign")
        self._put(node.target)
        # In a class an annotation can say what a column of a table is.
        if isinstance(node.target, ast.Name) and node.target.id in self._names.members:
            self._put(node.annotation)
        if node.value is not None:
            self._put(node.value)

    def _assigned(self, node: ast.Assign) -> None:
        self._out.append("Assign")
        for target in node.targets:
            self._put(target)
        self._put(node.value)

    def _caught(self, node: ast.ExceptHandler) -> None:
        self._out.append("except")
        if node.type is not None:
            self._put(node.type)
        self._out.append(self._named(node.name) if node.name else "-")
        self._body(node.body)

    def _nothing(self, node: ast.AST) -> None:
        pass


_SPECIAL: Mapping[type[ast.AST], Callable[[_Form, Any], None]] = {
    ast.Name: _Form._name,
    ast.Attribute: _Form._attribute,
    ast.Constant: _Form._constant,
    ast.arg: _Form._argument,
    ast.FunctionDef: _Form._function,
    ast.AsyncFunctionDef: _Form._function,
    ast.ClassDef: _Form._class,
    ast.Expr: _Form._expression,
    ast.Assign: _Form._assigned,
    ast.AnnAssign: _Form._annotated,
    ast.ExceptHandler: _Form._caught,
    ast.Import: _Form._nothing,
    ast.ImportFrom: _Form._nothing,
    ast.Pass: _Form._nothing,
}


def _names_in(tree: ast.Module) -> _Names:
    names = _Names()
    for node in _walked(tree):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                names.own.add(node.id)
        elif isinstance(node, ast.arg):
            names.own.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.own.add(node.name)
            if isinstance(node, ast.ClassDef):
                names.members |= set(_given_by(node.body))
            else:
                names.views.add(node.name)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            names.own |= {node.name} if node.name else set()
        elif isinstance(node, ast.MatchMapping):
            names.own |= {node.rest} if node.rest else set()
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if node.level:
                    names.own.add(alias.asname or alias.name)
                    names.modules |= set() if node.module else {alias.asname or alias.name}
                elif alias.asname:
                    names.aliases[alias.asname] = alias.name
        elif isinstance(node, ast.Import):
            names.aliases |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return names


def _walked(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a tree. `ast.walk` takes twice the time."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)


def _given_by(body: list[ast.stmt]) -> Iterator[str]:
    """The names that the statements of a class give."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def _tokens(text: str) -> str | None:
    """The tokens of a Python file as far as they go, and the text after them. Names become numbers, but not those
    behind a dot."""
    tokens, rest = _read_tokens(text)
    views = {name for (_, word), (_, name) in itertools.pairwise(tokens) if word == "def"}
    numbers: dict[str, int] = {}
    found: list[str] = []
    before = ""
    for kind, word in tokens:
        plain = word[1:-1] if kind == tokenize.STRING and word[1:-1] in views else word
        is_name = kind == tokenize.NAME and not keyword.iskeyword(word) and before != "."
        found.append(f"#{numbers.setdefault(plain, len(numbers))}" if is_name or plain != word else word)
        before = word
    return "\t".join((*found, *rest)) or None


def _read_tokens(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """The tokens that mean something, as far as they go, and the lines after them."""
    found: list[tuple[int, str]] = []
    end = (1, 0)
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            end = token.end
            if token.type not in _LAYOUT:
                found.append((token.type, token.string))
    except (tokenize.TokenError, *_CANNOT_PARSE):
        pass
    first, *rest = text.splitlines()[end[0] - 1 :] or [""]
    lines = (first[end[1] :].strip(), *(line.strip() for line in rest))
    return found, [line for line in lines if line]


def _statements(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in _walked(tree):
        if not isinstance(node, ast.stmt) or isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        leaves = list(_leaves(node))
        yield f"{type(node).__name__} {' '.join(leaves)}", len(leaves)


def _leaves(statement: ast.stmt) -> Iterator[str]:
    """What a statement has, without the statements in it."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            yield "name"
        elif isinstance(node, ast.Constant):
            yield repr(node.value)
        elif isinstance(node, ast.arg):
            yield "name"
            continue
        elif isinstance(node, ast.Attribute):
            yield f".{node.attr}"
        elif isinstance(node, ast.keyword):
            yield f"{node.arg}="
        elif isinstance(node, (ast.operator, ast.cmpop, ast.unaryop, ast.boolop)):
            yield type(node).__name__
        waiting += reversed([one for one in ast.iter_child_nodes(node) if not isinstance(one, ast.stmt)])


def _lines(text: str) -> dict[str, int]:
    lines = ("".join(line.split()) for line in text.splitlines())
    return {line: len(_WORDS.findall(line)) for line in lines if line}


def _without_comments(text: str, suffix: str) -> str:
    for begin, end in _BETWEEN.get(suffix, ()):
        text = _without_between(text, begin, end)
    before = _BEFORE.get(suffix)
    if before is None:
        return text
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(before))


def _without_between(text: str, begin: str, end: str) -> str:
    """The text without what is between two signs. No regular expression: each look-out for an end that never comes
    would go through the whole file."""
    kept, place = [], 0
    while (first := text.find(begin, place)) >= 0 and (last := text.find(end, first)) >= 0:
        kept.append(text[place:first])
        place = last + len(end)
    return "".join((*kept, text[place:]))
