"""Changes that people make in apps like these: a guard is gone, GET for POST, the process for the browser."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator

from .edits import Edit, Source

_ENDS = (ast.Return, ast.Raise, ast.Continue)
_PLAIN_METHODS = {"lower", "upper", "strip", "rstrip", "encode", "decode", "casefold"}
_PLAIN_FUNCTIONS = {"str", "int", "bool", "escape", "quote", "unquote", "sorted", "set", "list", "comparable"}
_QUERIES = {"where", "filter", "and_", "or_"}
# Names that stand for one another in a hurry.
_LIKE = (
    ("id", "name"),
    ("id_str", "screen_name"),
    ("sub", "email"),
    ("name", "email"),
    ("subject", "email"),
    ("provider", "subject"),
    ("twitter", "facebook"),
    ("Twitter", "Facebook"),
    ("google", "github"),
    ("oauth_token", "oauth_token_secret"),
    ("verified_email", "email"),
    ("user_id", "id"),
)
_OTHER = {
    name: [b if name == a else a for a, b in _LIKE if name in (a, b)] for pair in _LIKE for name in pair
}


def drop_statement(source: Source) -> Iterator[Edit]:
    """A call for its effect, or an assignment to a part of something, is gone."""
    for node in ast.walk(source.tree):
        effect = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        part = isinstance(node, ast.Assign | ast.AugAssign | ast.Delete) and isinstance(
            node.target if isinstance(node, ast.AugAssign) else node.targets[0], ast.Subscript | ast.Attribute
        )
        if effect or part:
            assert isinstance(node, ast.stmt)
            yield source.replace("drop statement", node, "pass")


def drop_guard(source: Source) -> Iterator[Edit]:
    """An `if` that ends the function, or this turn of the loop, is gone."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], _ENDS):
            yield source.replace("drop guard", node, "pass")


def always(source: Source) -> Iterator[Edit]:
    """An `if` is always so. (Never so, where there is nothing else, is drop_guard, or the block that is gone.)"""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If | ast.IfExp):
            yield source.replace("always", node.test, "True")
            if isinstance(node, ast.IfExp) or node.orelse or not isinstance(node.body[-1], _ENDS):
                yield source.replace("never", node.test, "False")


def drop_condition(source: Source) -> Iterator[Edit]:
    """One side of `and`, of `or`, or a condition of a comprehension is gone."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.BoolOp):
            word = " and " if isinstance(node.op, ast.And) else " or "
            for gone in node.values:
                left = word.join(source.of(value) for value in node.values if value is not gone)
                yield source.replace("drop condition", node, f"({left})")
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                yield source.replace("drop condition", condition, "True")


def drop_argument(source: Source) -> Iterator[Edit]:
    """A keyword, or one condition of a query, is gone."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        query = isinstance(node.func, ast.Attribute | ast.Name) and _name(node.func) in _QUERIES
        every: list[ast.expr | ast.keyword] = sorted([*node.args, *node.keywords], key=source.span)
        for gone in [*(node.args if query else []), *node.keywords]:
            number = every.index(gone)
            start, end = source.span(gone)
            if number + 1 < len(every):
                end = source.span(every[number + 1])[0]
            elif number:
                start = source.span(every[number - 1])[1]
            yield Edit("drop argument", start, end, "")


def drop_call(source: Source) -> Iterator[Edit]:
    """A call that only gives another form of something is gone: `.lower()`, `str()`."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or node.keywords:
            continue
        if isinstance(node.func, ast.Attribute) and not node.args and node.func.attr in _PLAIN_METHODS:
            yield source.replace("drop call", node, source.of(node.func.value))
        elif isinstance(node.func, ast.Name) and len(node.args) == 1 and node.func.id in _PLAIN_FUNCTIONS:
            yield source.replace("drop call", node, source.of(node.args[0]))


def swap_arguments(source: Source) -> Iterator[Edit]:
    """Two arguments that follow one another change places."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            for one, two in itertools.pairwise(node.args):
                if isinstance(one, ast.Name | ast.Attribute) and isinstance(two, ast.Name | ast.Attribute):
                    start, end = source.span(one)[0], source.span(two)[1]
                    yield Edit("swap arguments", start, end, f"{source.of(two)}, {source.of(one)}")


def other_source(source: Source) -> Iterator[Edit]:
    """Form for query, query for session, and so on."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and source.of(node) in ("request.form", "request.args"):
            others = {"form": ("args", "values"), "args": ("form", "cookies")}[node.attr]
            for other in others:
                yield source.replace("other source", node, f"request.{other}")
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and source.of(node.func) in ("session.get", "session.pop")
        ):
            yield source.replace("other source", node, f"request.args.get({source.of(node.args[0])})")


def other_method(source: Source) -> Iterator[Edit]:
    """GET for POST, or both."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.List) and [source.of(item) for item in node.elts] == ['"POST"']:
            yield source.replace("other method", node, '["GET", "POST"]')
            yield source.replace("other method", node, '["GET"]')
        elif isinstance(node, ast.Constant) and node.value == "POST":
            yield source.replace("other method", node, '"GET"')


def other_name(source: Source) -> Iterator[Edit]:
    """A key, a field or a provider is the one that is like it."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for other in _OTHER.get(node.value, ()):
                yield source.replace("other name", node, f'"{other}"')
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            for other in _OTHER.get(node.attr, ()):
                yield source.replace("other name", node, f"{source.of(node.value)}.{other}")


def other_lookup(source: Source) -> Iterator[Edit]:
    """`pop` for `get`, `get` for `pop`, `[…]` for `get`, `get` for `[…]`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            base, arguments = source.of(node.func.value), ", ".join(source.of(a) for a in node.args)
            if node.func.attr == "pop":
                yield source.replace("other lookup", node, f"{base}.get({arguments})")
            elif node.func.attr == "get" and not node.keywords:
                yield source.replace("other lookup", node, f"{base}[{source.of(node.args[0])}]")
                if base == "session":
                    default = source.of(node.args[1]) if len(node.args) > 1 else "None"
                    new = f"session.pop({source.of(node.args[0])}, {default})"
                    yield source.replace("other lookup", node, new)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_text(node.slice):
            new = f"{source.of(node.value)}.get({source.of(node.slice)})"
            yield source.replace("other lookup", node, new)


def other_test(source: Source) -> Iterator[Edit]:
    """A comparison asks for less: true for True, not for None, in for not in, the beginning for the whole."""
    inside_query = {
        id(inner)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
        if _name(node.func) in _QUERIES
        for inner in ast.walk(node)
    }
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        left, right, asked = source.of(node.left), source.of(node.comparators[0]), node.ops[0]
        if isinstance(asked, ast.Is) and right == "None":
            yield source.replace("other test", node, f"(not {left})")
        elif isinstance(asked, ast.IsNot) and right == "None":
            yield source.replace("other test", node, left)
        elif isinstance(asked, ast.Is) and right in ("True", "False"):
            yield source.replace("other test", node, left if right == "True" else f"(not {left})")
            yield source.replace("other test", node, f"{left} == {right}")
        elif isinstance(asked, ast.In):
            yield source.replace("other test", node, f"{left} not in {right}")
        elif isinstance(asked, ast.NotIn):
            yield source.replace("other test", node, f"{left} in {right}")
        elif isinstance(asked, ast.Eq | ast.NotEq):
            word = "not " if isinstance(asked, ast.NotEq) else ""
            if id(node) in inside_query:
                yield source.replace("other test", node, f"{left}.ilike({right})")
            else:
                yield source.replace("other test", node, f"({word}str({left}).startswith(str({right})))")
                yield source.replace(
                    "other test", node, f"({word}str({left}).lower() == str({right}).lower())"
                )


def other_return(source: Source) -> Iterator[Edit]:
    """A function that tells whether something is so always says the same."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Return) and (
            isinstance(node.value, ast.BoolOp | ast.Compare)
            or (isinstance(node.value, ast.UnaryOp) and isinstance(node.value.op, ast.Not))
            or (isinstance(node.value, ast.Call) and source.of(node.value.func) in ("bool", "any", "all"))
        ):
            yield source.replace("other return", node, "return True")
            yield source.replace("other return", node, "return False")


def other_order(source: Source) -> Iterator[Edit]:
    """Two calls for their effect, or two guards, change places. (Where `flash` is called tells nobody anything.)"""

    def counts(node: ast.stmt) -> bool:
        effect = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
        effect = effect and not source.of(node).startswith("flash(")
        return effect or (isinstance(node, ast.If) and isinstance(node.body[-1], _ENDS))

    for node in ast.walk(source.tree):
        body = getattr(node, "body", None)
        for one, two in itertools.pairwise(body) if isinstance(body, list) else ():
            if counts(one) and counts(two):
                (start, end_of_one), (start_of_two, end) = source.span(one), source.span(two)
                between = source.bytes[end_of_one:start_of_two].decode()
                if "exercise" not in between and "# end" not in between:
                    yield Edit("other order", start, end, source.of(two) + between + source.of(one))


def per_process(source: Source) -> Iterator[Edit]:
    """What the session keeps for one browser is kept in the program, for all."""
    uses: dict[str, list[ast.Name]] = {}
    for node in ast.walk(source.tree):
        base, key = None, None
        if isinstance(node, ast.Subscript):
            base, key = node.value, node.slice
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            base, key = node.func.value, node.args[0]
        if isinstance(base, ast.Name) and base.id == "session" and isinstance(key, ast.Constant):
            uses.setdefault(str(key.value), []).append(base)
    for names in uses.values():
        spans = sorted(source.span(name) for name in names)
        start, end = spans[0][0], spans[-1][1]
        parts, at = [], start
        for one, other in spans:
            parts += [source.bytes[at:one].decode(), "kept"]
            at = other
        yield Edit("per process", start, end, "".join(parts), top="\nkept = {}")


def other_sql(source: Source) -> Iterator[Edit]:
    """SQL in a text: a condition, a cascade, a rule or the order is gone or turned round."""
    changes = (
        (r"\s+WHERE\s+.*", ""),
        (r"\s+AND\s+.*?(?=\s+AND\s|\s*$)", ""),
        (r"IS NOT NULL", "IS NULL"),
        (r"\bMIN\b|\bmin\b", "max"),
        (r"\bMAX\b|\bmax\b", "min"),
        (r"\s+ON DELETE CASCADE", ""),
        (r"\s+UNIQUE", ""),
        (r"\s+DESC\b", ""),
        (r"\s+ORDER BY\s+.*", ""),
    )
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
            continue
        text = source.of(node)
        if not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|BEGIN|CASCADE|SET NULL)\b", text):
            continue
        quote = text[-3:] if text.endswith('"""') else text[-1]
        inner = text[: -len(quote)]
        for pattern, new in changes:
            changed = re.sub(pattern, new, inner, count=1, flags=re.DOTALL)
            if changed != inner:
                yield source.replace("other SQL", node, changed + quote)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _name(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


PYTHON: tuple[Callable[[Source], Iterator[Edit]], ...] = (
    drop_statement,
    drop_guard,
    always,
    drop_condition,
    drop_argument,
    drop_call,
    swap_arguments,
    other_source,
    other_method,
    other_name,
    other_lookup,
    other_test,
    other_return,
    other_order,
    per_process,
    other_sql,
)

# In a template: what is written out unescaped, a form that sends by GET or without its token, a condition that is gone.
_TEMPLATE = (
    ("no escape", r"\{\{ (?!url_for\()(.*?) \}\}", r"{{ (\1)|safe }}"),
    ("other method", r'method="post"', 'method="get"'),
    ("no token", r"<input[^>]*csrf_token[^>]*>", ""),
    ("always", r"\{% if (?!true)(.*?) %\}", r"{% if true %}"),
    ("other name", r"\.provider\b", ".subject"),
    ("other name", r"\bidentity\.id\b", "identity.user_id"),
    ("other name", r"\.email\b", ".name"),
)


def template(text: str) -> Iterator[Edit]:
    """Each change of a template."""
    for operator, pattern, new in _TEMPLATE:
        for found in re.finditer(pattern, text):
            start, end = (len(text[:place].encode()) for place in found.span())
            yield Edit(operator, start, end, found.expand(new))
