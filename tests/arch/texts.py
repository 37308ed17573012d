"""Finding texts that nobody marked for translation: in templates, in Python, in the pages' scripts.

Each function returns what it found. Texts of protocols, commands and logs are English and
stay unmarked; the lists below say which places and words those are.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from typing import Final

from django.template.base import Lexer, Token, TokenType

Finder = Callable[[str], list[str]]

MARKS: Final = frozenset(
    {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
)

# --- templates ----------------------------------------------------------------------------------------

SPOKEN: Final = frozenset({"title", "alt", "aria-label", "placeholder", "data-label", "data-copy"})
"""Attributes that people see or hear."""

SAMPLES: Final = frozenset({"code", "pre", "output", "script", "style"})
"""Elements whose content is a program's."""

NAMES: Final = frozenset(
    {"Visor", "UTC", "JWKS", "ID", "RFC", "JSON", "Harbour", "Credit", "Union", "acr", "amr"}
)
"""Names and signs, the same in every language."""

_LITERAL = re.compile(r"""(?P<mark>_\()?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""")
_NOT_SHOWN = re.compile(r"""(\|(date|time):|\b(kind|icon|id|href|type|name|value)=)("[^"]*"|'[^']*')""")
"""What Django or a component reads: formats of dates, and arguments that say how something looks."""

_WORDLESS_TAGS: Final = frozenset({"translate", "load", "extends", "url", "static", "icon"})

_END_OF: Final = {
    "blocktranslate": "endblocktranslate",
    "comment": "endcomment",
    # Not a text of the page: the class of its body.
    "block body_class": "endblock",
}
"""Where that which is no text, or is marked as a whole, ends."""

_STAND_IN = "\N{OBJECT REPLACEMENT CHARACTER}"


def in_template(source: str) -> list[str]:
    """Return the texts of a template that stand in no translate tag."""
    page, found = [], []
    for token in _outside_blocks(Lexer(source).tokenize()):
        if token.token_type == TokenType.TEXT:
            page.append(token.contents)
        elif token.token_type != TokenType.COMMENT:
            page.append(_STAND_IN)
            found += _literals(token)
    reader = _Reader()
    reader.feed("".join(page))
    reader.close()
    return found + reader.found


def _outside_blocks(tokens: list[Token]) -> Iterator[Token]:
    inside = ""
    for token in tokens:
        name = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if token.token_type == TokenType.BLOCK and not inside:
            inside = _END_OF.get(token.contents, _END_OF.get(name, ""))
        if not inside:
            yield token
        if token.token_type == TokenType.BLOCK and name == inside:
            inside = ""


def _literals(token: Token) -> list[str]:
    """Return the arguments of a tag or a filter that people read, unmarked."""
    name = token.contents.split(maxsplit=1)[0]
    if token.token_type == TokenType.BLOCK and name in _WORDLESS_TAGS:
        return []
    text = _NOT_SHOWN.sub("", token.contents)
    texts = [
        match["double"] or match["single"] or "" for match in _LITERAL.finditer(text) if not match["mark"]
    ]
    return [text for text in texts if reads_like_text(text)]


class _Reader(HTMLParser):
    """Collects what people read of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        for name, value in attrs:
            spoken = name in SPOKEN or (tag == "input" and name == "value" and ("type", "submit") in attrs)
            if spoken and _has_words(value or ""):
                self.found.append(f"{name}={value}")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if _has_words(data) and not SAMPLES & set(self._open):
            self.found.append(data.strip())


def _has_words(text: str) -> bool:
    return any(word not in NAMES for word in re.findall(r"[^\W\d_]{2,}", text))


def reads_like_text(text: str) -> bool:
    """Whether a literal reads like words for people: a sentence's beginning, or three words in a row."""
    begins = re.match(r"[“]?[A-Z][a-z’']+($|[ ,.:;!?…’–])", text)
    return bool(begins or re.search(r"[a-z’]{2,} [a-z’]+ [a-z’]{2,}", text)) and _has_words(text)


# --- Python -------------------------------------------------------------------------------------------

TEXT_ARGUMENTS: Final[Mapping[str, tuple[int, ...]]] = {
    "Refused": (1,),
    "ValidationError": (0,),
    "OptionRefused": (1,),
    "RegexValidator": (1,),
    "problems.add": (1,),
    "form.add_error": (1,),
    "self.add_error": (1,),
    "messages.success": (1,),
    "messages.info": (1,),
    "messages.warning": (1,),
    "messages.error": (1,),
    "Attention": (1, 2),
    "Told": (0, 2),
    "Problem": (2, 3),
    "Screen": (1,),
}
"""Calls whose arguments at these places are read by people."""

TEXT_KEYWORDS: Final = frozenset({"label", "help", "help_text", "person", "empty_label", "verbose_name"})
"""Arguments that are read by people, whatever is called; a model's help_text is read by developers only."""


_NOT_TO_PEOPLE: Final = re.compile(r"models\.|super\b|.*\.add_(argument|parser)$")
"""Calls whose arguments are read by developers and operators."""


def in_places(source: str) -> list[str]:
    """Return what reaches people by its place in Python, and is not marked."""
    tree = ast.parse(source)
    constants = _constants(tree)
    places = [*_arguments(tree), *_choice_labels(tree)]
    found = [node for node in places if _unmarked(node, constants)]
    return [ast.unparse(node) for node in [*found, *_fields_without_label(tree)]]


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    return {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _arguments(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        places = TEXT_ARGUMENTS.get(name) or TEXT_ARGUMENTS.get(name.rpartition(".")[2], ())
        yield from (node.args[place] for place in places if place < len(node.args))
        for keyword in node.keywords:
            if keyword.arg in TEXT_KEYWORDS and not _NOT_TO_PEOPLE.match(name):
                yield keyword.value


def _fields_without_label(tree: ast.Module) -> Iterator[ast.expr]:
    """Give the form's fields whose labels Django would make from their names, in English."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    fields = [node for node in calls if re.fullmatch(r"forms\.\w+Field", ast.unparse(node.func))]
    # Keywords of a mapping are looked at where the mapping is written.
    yield from (node for node in fields if not {"label", None} & {keyword.arg for keyword in node.keywords})


def _choice_labels(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("TextChoices" in ast.unparse(base) for base in node.bases):
            for entry in node.body:
                if isinstance(entry, ast.Assign) and isinstance(entry.value, ast.Tuple):
                    yield entry.value.elts[1]


def _unmarked(node: ast.expr, constants: Mapping[str, ast.expr]) -> bool:
    if isinstance(node, ast.Name) and node.id in constants:
        return _unmarked(constants[node.id], {})
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and _has_words(node.value) and node.value not in PROPER
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.Constant) and _has_words(str(part.value)) for part in node.values)
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.IfExp):
        return any(_unmarked(part, constants) for part in _branches(node))
    return False


def _branches(node: ast.BinOp | ast.BoolOp | ast.IfExp) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left] if isinstance(node.op, ast.Mod) else [node.left, node.right]
    return node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]


PROPER: Final = frozenset({"OpenID Connect", "FAPI 2.0 Security Profile and Message Signing"})
"""Names of specifications."""

FOR_PROGRAMS: Final = frozenset(
    {"detail", "expected", "came", "rule", "reason", "default", "help_text", "samesite"}
)
"""Keywords whose texts go to logs, to relying parties' developers, or into a model's description."""

DEVELOPERS_CALLS: Final = re.compile(
    r"(RequestRefused|TypeVar|ParamSpec|cast|Http404|PermissionDenied|ImproperlyConfigured|ValueError|TypeError"
    r"|RuntimeError|LookupError|HttpResponseBadRequest|SystemExit|log\.\w+|.*\.execute|.*headers\.\w+"
    r"|Swept|Kept|.*set_cookie|.*delete_cookie|_?refused\w*|_?problem\w*|_?bad_\w+|verdict_refused)$"
)
"""What programs, operators and developers are told."""


def in_sentences(source: str) -> list[str]:
    """Return the literals of Python code that read like words for people, and are not marked."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and reads_like_text(node.value)
        and node.value not in PROPER
        and not _explained(node, parents)
    ]


def _explained(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether what stands around a literal says that it is marked, a docstring, or not for people."""
    while node in parents:
        above = parents[node]
        if isinstance(above, ast.Expr):
            return isinstance(above.value, ast.Constant)
        if isinstance(above, ast.keyword) and above.arg in FOR_PROGRAMS:
            return True
        if isinstance(above, ast.Subscript | ast.Compare) or _is_annotation(node, above):
            return True
        if isinstance(above, ast.Call) and node is not above.func:
            name = ast.unparse(above.func)
            if name in MARKS or DEVELOPERS_CALLS.match(name):
                return True
        node = above
    return False


def _is_annotation(node: ast.AST, above: ast.AST) -> bool:
    return node in {getattr(above, name, None) for name in ("annotation", "returns")}


# --- scripts ------------------------------------------------------------------------------------------

_SCRIPT = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""",
    re.DOTALL,
)
PROTOCOL_WORDS: Final = frozenset({"Accept"})
"""What scripts say to programs."""


def in_script(source: str) -> list[str]:
    """Return the literals of a script that read like words for people: scripts name texts, and hold none."""
    texts = [match["text"][1:-1] for match in _SCRIPT.finditer(source) if match["text"]]
    return [text for text in texts if reads_like_text(text) and text not in PROTOCOL_WORDS]
