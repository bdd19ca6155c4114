"""One source file parsed by tree-sitter: its functions, its tokens, and which comment stands before what.

No sample is made here. Parsing runs nothing and never fails; functions that hold a syntax error are left out. Trees are
walked without recursion, since whoever wrote the file chose their depth.
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Tree

from node.learning.data.repositories.languages import Language

__all__ = ["Function", "Source", "Token", "clean", "parse"]

DEPTH_LIMIT = 200  # levels of a tree that functions are looked for in: a node far down is slow to find the way up from
_SPACES = re.compile(rb"[ \t]*")


@dataclass(frozen=True)
class Function:
    """A function, not one inside another; `name` begins with the classes around it: `Basket.count`."""

    name: str
    node: Node

    @property
    def own_name(self) -> str:
        """The name without the classes."""
        return self.name.rpartition(".")[2]


@dataclass(frozen=True)
class Token:
    """A token: a leaf of the tree, or a string and the like as a whole. `row` is the line it begins on, from 0."""

    text: str
    kind: str
    row: int
    node: Node


@dataclass(frozen=True)
class Source:
    """A file and its tree; `data` is UTF-8 with \\n at the ends of lines."""

    language: Language
    data: bytes
    tree: Tree

    @property
    def is_whole(self) -> bool:
        """Whether all of it could be parsed."""
        return not self.tree.root_node.has_error

    def functions(self) -> list[Function]:
        """Functions with a name and no syntax error, in order; none deeper in the tree than `DEPTH_LIMIT`."""
        found = [node for node in self._outline if node.type in self.language.functions and not node.has_error]
        return [Function(name, node) for node in found if self._has_body(node) and (name := self._name(node))]

    def tokens(self, node: Node | None = None) -> Iterator[Token]:
        """Tokens of a part, by default of the file, without comments, in order."""
        whole = self.language.strings | self.language.comments | self.language.wholes

        def is_whole(one: Node) -> bool:
            return one.type in whole and one.is_named

        for leaf in _walk(node or self.tree.root_node, lambda one: not is_whole(one)):
            if (leaf.child_count and not is_whole(leaf)) or leaf.type in self.language.comments:
                continue
            if (text := _text(leaf)).strip():
                yield Token(text, leaf.type, _row(leaf), leaf)

    def code(self, start: int, end: int) -> str:
        """The text from byte `start` to `end`, without the indentation of the line that `start` is on."""
        line = self.data.rfind(b"\n", 0, start) + 1
        spaces = _SPACES.match(self.data, line, start)
        indent = self.data[line : spaces.end()] if spaces else b""
        first, *others = self.data[start:end].split(b"\n")
        return b"\n".join([first, *(other.removeprefix(indent) for other in others)]).decode(errors="replace")

    def comments_before(self, node: Node) -> list[str]:
        """The comments in the lines right before the one that a node begins, from top to bottom."""
        parent = node.parent
        while parent is not None and parent.type in self.language.around and _row(parent) == _row(node):
            node, parent = parent, parent.parent
        found: list[str] = []
        row = _row(node)
        while self._is_alone(node) and (before := self._comments.get(row - 1)):
            text = _text(before).rstrip("\n")
            found.append(text)
            row = _row(before)
        return found[::-1]

    def docstring(self, node: Node) -> Node | None:
        """The statement of a function that says what it does, in languages where its first statement may."""
        body = node.child_by_field_name("body")
        first = body.named_child(0) if body and self.language.docstring_inside else None
        if first is None or first.type != "expression_statement" or first.named_child_count != 1:
            return None
        said = first.named_child(0)
        return first if said is not None and said.type in self.language.strings else None

    def _name(self, node: Node) -> str:
        """The full name, empty for a function that has none."""
        name = self._own_name(node)
        scope = node.parent
        while name and scope is not None:
            if scope.type in self.language.scopes and (one := scope.child_by_field_name("name")):
                name = f"{_name_in(one)}.{name}"
            scope = scope.parent
        return name

    def _own_name(self, node: Node) -> str:
        if one := node.child_by_field_name("name"):
            return _name_in(one)
        if one := node.child_by_field_name("declarator"):
            while below := one.child_by_field_name("declarator"):
                one = below
            return _name_in(one) if one.type == "identifier" else ""
        around = node.parent
        if around is None or around.type not in self.language.named_by:
            return ""
        named = around.child_by_field_name(self.language.named_by[around.type])
        return _name_in(named).rpartition(".")[2] if named else ""

    @cached_property
    def _outline(self) -> list[Node]:
        """Nodes down to functions, of which nothing inside is looked at."""

        def enters(node: Node) -> bool:
            return node.type not in self.language.functions or not self._has_body(node) or not self._own_name(node)

        return list(_walk(self.tree.root_node, enters, DEPTH_LIMIT))

    @cached_property
    def _comments(self) -> dict[int, Node]:
        """Comments that have their lines to themselves, by their last line."""
        return {
            _row(node) + _text(node).rstrip("\n").count("\n"): node
            for node in self._outline
            if node.type in self.language.comments and self._is_alone(node) and not self._rest_of_line(node).strip()
        }

    def _has_body(self, node: Node) -> bool:
        return node.child_by_field_name("body") is not None

    def _is_alone(self, node: Node) -> bool:
        """Whether a node begins its line."""
        line = self.data.rfind(b"\n", 0, node.start_byte) + 1
        return not self.data[line : node.start_byte].strip()

    def _rest_of_line(self, node: Node) -> bytes:
        if (node.text or b"").endswith(b"\n"):
            return b""
        end = self.data.find(b"\n", node.end_byte)
        return self.data[node.end_byte : end if end >= 0 else None]


def clean(content: bytes) -> bytes | None:
    """A file as UTF-8 with \\n at the ends of lines, undecodable bytes replaced; None for what is no text."""
    if b"\0" in content:
        return None
    text = content.decode("utf-8", errors="replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").encode()


def parse(data: bytes, language: Language) -> Source:
    """Parse what `clean` made of a file."""
    return Source(language, data, Parser(_grammar(language)).parse(data))


@cache
def _grammar(language: Language) -> Grammar:
    return Grammar(getattr(importlib.import_module(language.grammar), language.entry)())


def _walk(root: Node, enters: Callable[[Node], bool], depth: int = sys.maxsize) -> Iterator[Node]:
    """A node and those below it, each before its children; `enters` says of which the children are looked at.

    Not by tree-sitter's own queries: they take time in proportion to the square of a node's children.
    """
    cursor = root.walk()
    while (node := cursor.node) is not None:
        yield node
        if enters(node) and cursor.depth < depth and cursor.goto_first_child():
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return


def _row(node: Node) -> int:
    return node.start_point.row


def _text(node: Node) -> str:
    return (node.text or b"").decode(errors="replace")


def _name_in(node: Node) -> str:
    return _text(node).strip("\"'")
