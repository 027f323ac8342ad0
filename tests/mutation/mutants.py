"""The mutants of a C source: small changes, each of which some test should notice.

Operators, constants and names of constants, conditions, and statements that are left out. Preprocessor lines, log lines
and what the compiler alone looks at (typedef, sizeof, static tables' sizes) stay as they are.
"""

import collections
import re

Mutant = collections.namedtuple("Mutant", "file line column end text change")
Token = collections.namedtuple("Token", "kind text start end")

_TOKEN = re.compile(r"""
    (?P<skip>\s+|/\*.*?\*/|//[^\n]*|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\]|\\.)*")
  | (?P<char>'(?:[^'\\]|\\.)+')
  | (?P<number>0[xX][0-9A-Fa-f]+[uUlL]*|[0-9]+[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])
""", re.X | re.S | re.M)

_BINARY = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
    "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["+"], "<<": [">>"],
    ">>": ["<<"], "&": ["|"], "|": ["&"], "^": ["|"], "+=": ["-="], "-=": ["+="], "*=": ["+="], "|=": ["="],
    "&=": ["="], "^=": ["="], "<<=": [">>="], ">>=": ["<<="], "?": ["&& 0 ?", "|| 1 ?"],
}
_EITHER = {"++": "--", "--": "++"}
_UNARY = {"!": "", "~": "", "-": ""}
_TYPES = {"char", "int", "void", "unsigned", "long", "short", "bool", "const", "struct"}
_KEYWORDS = _TYPES | {"return", "case", "if", "else", "while", "for", "do", "switch", "break", "continue", "goto",
                      "default", "sizeof", "static", "enum", "typedef", "union"}


def tokens_of(source):
    found, at = [], 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise ValueError(f"no token at {source[at:at + 20]!r}")
        if match.lastgroup != "skip":
            found.append(Token(match.lastgroup, match.group(), at, match.end()))
        at = match.end()
    return found


def _closing(tokens, at):
    """Index of what closes the parenthesis at this index."""
    depth = 0
    for n in range(at, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[n].text, 0)
        if depth == 0:
            return n
    raise ValueError("unbalanced")


def _hidden(tokens):
    """Indices of tokens that stay as they are."""
    hidden = set()
    for n, token in enumerate(tokens):
        if re.match(r"(LOG_[A-Z]+|oneota_machine_log|sizeof)$", token.text):
            if tokens[n + 1].text == "(":
                hidden.update(range(n, _closing(tokens, n + 1) + 1))
        elif token.text == "typedef" and tokens[n + 1].text not in ("enum", "struct", "union"):
            end = next(i for i in range(n, len(tokens)) if tokens[i].text == ";")
            hidden.update(range(n, end + 1))
        elif token.text == "{" and [t.text for t in tokens[n + 1:n + 3]] == ["0", "}"]:
            hidden.add(n + 1)
    return hidden


def _is_value(token):
    return token.kind in ("number", "char", "string") or token.text in (")", "]") or (
        token.kind == "name" and token.text not in _KEYWORDS and not token.text.endswith("_t"))


def _constants(token, following):
    """What may stand for a constant."""
    if token.kind == "number":
        digits = token.text.rstrip("uUlL")
        suffix = token.text[len(digits):]
        value = int(digits, 0)
        return [f"{value + 1}{suffix}"] + ([f"{value - 1}{suffix}"] if value > 0 else [])
    if token.kind == "char":
        return [f"({token.text} + 1)"]
    if token.text in ("true", "false"):
        return ["false" if token.text == "true" else "true"]
    if re.match(r"[A-Z][A-Z0-9_]+$", token.text) and token.text != "NULL" and following.text != "(":
        return [f"({token.text} + 1)"]
    return []


def _operators(before, token):
    if token.text in _EITHER:
        return [_EITHER[token.text]]
    if _is_value(before):
        return _BINARY.get(token.text, [])
    return [_UNARY[token.text]] if token.text in _UNARY else []


def _statement(tokens, n):
    """End of the statement that begins at this index, where it may be left out; else None."""
    first, before = tokens[n], tokens[n - 1]
    if before.text not in (";", "{", "}", ")", "else", ":"):
        return None
    if before.text == ")" and tokens[n - 1].end == first.start:
        return None # a cast, a call
    cast = [t.text for t in tokens[n:n + 3]] == ["(", "void", ")"]
    if first.text in ("break", "continue"):
        return n + 1
    if not (cast or first.text == "*" or (first.kind == "name" and first.text not in _KEYWORDS and
                                          re.match(r"\(|=$|->|\.|\[|\+\+|--|.=$|<<=|>>=", tokens[n + 1].text))):
        return None
    depth = 0
    for i in range(n, len(tokens)):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(tokens[i].text, 0)
        if depth < 0:
            return None # the last part of a for
        if depth == 0 and tokens[i].text == ";":
            return i
    return None


def mutants_of(file, source):
    """All mutants of a source, in order."""
    tokens, found = tokens_of(source), []
    hidden = _hidden(tokens)
    depth = 0

    def add(start, end, text, change):
        line = source.count("\n", 0, start) + 1
        column = start - (source.rfind("\n", 0, start) + 1)
        found.append(Mutant(file, line, column, (start, end), text, change))

    for n, token in enumerate(tokens[:-1]):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if n in hidden or n == 0:
            continue
        for text in _operators(tokens[n - 1], token) + _constants(token, tokens[n + 1]):
            add(token.start, token.end, text, f"{token.text} -> {text or 'nothing'}")
        if depth > 0 and token.text in ("if", "while"):
            start, end = tokens[n + 1].end, tokens[_closing(tokens, n + 1)].start
            for text in ("1", "0") if token.text == "if" else ("0",):
                add(start, end, text, f"{token.text} ({text})")
        end = _statement(tokens, n) if depth > 0 else None
        if end is not None:
            add(token.start, tokens[end].end, ";", f"without {' '.join(source[token.start:tokens[end].start].split())}")
    return found


def mutated(source, mutant):
    start, end = mutant.end
    return source[:start] + mutant.text + source[end:]
