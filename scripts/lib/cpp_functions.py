"""Finds the functions of C++ (and CUDA) sources and counts their lines.

Not a parser: it blanks comments, literals and preprocessor lines, follows the brackets, and tells a
function's braces from those of a class, a namespace or a list by the words before them. A lambda
counts as lines of the function around it.
"""
import re
from typing import NamedTuple

BLANKED = re.compile(
    r"""//[^\n]*(?:\\\n[^\n]*)*            # comments
      | /\*.*?\*/
      | R"(?P<mark>[^()\s\\"]*)\(.*?\)(?P=mark)"   # literals
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
      | ^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*     # preprocessor lines with their continuations""",
    re.DOTALL | re.MULTILINE | re.VERBOSE)
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum|extern)\b")
OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|[^\s\w(]+)")


class Function(NamedTuple):
    name: str
    line: int  # of its first word, from 1
    lines: int  # to its closing brace


def blank(text):
    """The text with all that is no code turned into spaces; lines and columns stay."""
    def spaces(match):
        if match.group().startswith(("\"", "R\"", "'")):
            return re.sub(r"[^\n]", "0", match.group())
        return re.sub(r"[^\n]", " ", match.group())
    return BLANKED.sub(spaces, text)


def functions(text):
    """The functions that the text defines, in the order in which they begin."""
    code = blank(text)
    found = []
    _read_scope(code, 0, found, text)
    return found


def _read_scope(code, start, found, text):
    """Reads declarations from start to the closing brace of their scope; returns its position."""
    at, head = start, start
    while at < len(code):
        character = code[at]
        if character in "([":
            at = _closing(code, at)
        elif character == ";":
            head = at + 1
        elif character == "}":
            return at
        elif character == "{":
            words = OPERATOR.sub("operator", _without_brackets(code[head:at]))
            if _is_scope(words):
                at = _read_scope(code, at + 1, found, text)
                head = at + 1
            else:
                at = _closing(code, at)
                if "(" in words and _is_body(code, at):
                    first = head + len(code[head:at]) - len(code[head:at].lstrip())
                    if "=" not in words or "[" in words:
                        found.append(_function(code, first, at, words))
                    head = at + 1
        at += 1
    if start > 0:
        raise ValueError("the braces do not match")
    return at


def _is_scope(words):
    """A class or namespace, whose braces hold declarations: nothing in round brackets before them."""
    return "(" not in words and "=" not in words and SCOPE.search(words) is not None


def _is_body(code, closing):
    """Behind the braces of a member's initial value there follows more of the same function."""
    rest = re.compile(r"\s*").match(code, closing + 1).end()
    return code[rest:rest + 1] not in (",", "{")


def _function(code, first, last, words):
    name = re.search(r"([\w:~]+)\s*\(", words)
    line = code.count("\n", 0, first) + 1
    return Function(name.group(1) if name else "lambda", line, code.count("\n", first, last) + 1)


def _without_brackets(head):
    """The head with "()" and "[]" in the place of what brackets hold, without template parameters."""
    kept, at = [], 0
    while at < len(head):
        if head[at] in "([{":
            closing = _closing(head, at)
            kept.append(head[at] + head[closing])
            at = closing
        else:
            kept.append(head[at])
        at += 1
    return re.sub(r"\btemplate\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>", "", "".join(kept))


def _closing(code, at):
    """The position of the bracket that closes the one at a position."""
    depth = 0
    for position in range(at, len(code)):
        if code[position] in "([{":
            depth += 1
        elif code[position] in ")]}":
            depth -= 1
            if depth == 0:
                return position
    raise ValueError(f"line {code.count(chr(10), 0, at) + 1}: '{code[at]}' is not closed")
