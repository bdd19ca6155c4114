"""What a builder has to know of each programming language, in one table; nothing else here asks which language it is.

The words are node types of the language's tree-sitter grammar, which `source` looks up. A new language is one entry,
its grammar's package in pyproject.toml, and its file endings in `data.files`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from node.learning.data.files import SUFFIXES

__all__ = ["LANGUAGES", "Language", "language_of"]


@dataclass(frozen=True, eq=False)  # one object a language, looked up by itself
class Language:
    """One language in the words of its grammar.

    `functions` are nodes with a body; one without a name of its own takes that of the node around it which `named_by`
    lists, with the field that holds the name. `scopes` are classes and the like: what stands before a function's name
    in its full name. `around` may stand between a function and the comment before it. Strings (whatever holds text and
    not code), numbers and `wholes` are single tokens. `docstring_inside`: what a function does is said by its first
    statement and not by the comment before it.
    """

    name: str
    grammar: str
    functions: frozenset[str]
    scopes: frozenset[str]
    comments: frozenset[str]
    strings: frozenset[str]
    numbers: frozenset[str]
    entry: str = "language"
    named_by: Mapping[str, str] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    wholes: frozenset[str] = frozenset()
    docstring_inside: bool = False

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of the files."""
        return SUFFIXES[self.name]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LANGUAGES: dict[str, Language] = {
    language.name: language
    for language in (
        Language(
            name="c",
            grammar="tree_sitter_c",
            functions=_words("function_definition"),
            scopes=frozenset(),
            comments=_words("comment"),
            strings=_words("string_literal char_literal system_lib_string"),
            numbers=_words("number_literal"),
        ),
        Language(
            name="go",
            grammar="tree_sitter_go",
            functions=_words("function_declaration method_declaration"),
            scopes=frozenset(),
            comments=_words("comment"),
            strings=_words("interpreted_string_literal raw_string_literal rune_literal"),
            numbers=_words("int_literal float_literal imaginary_literal"),
        ),
        Language(
            name="java",
            grammar="tree_sitter_java",
            functions=_words("method_declaration"),
            scopes=_words("class_declaration interface_declaration enum_declaration record_declaration"),
            comments=_words("block_comment line_comment"),
            strings=_words("string_literal character_literal"),
            numbers=_words(
                "decimal_integer_literal hex_integer_literal octal_integer_literal binary_integer_literal "
                "decimal_floating_point_literal hex_floating_point_literal"
            ),
        ),
        Language(
            name="javascript",
            grammar="tree_sitter_javascript",
            functions=_words(
                "function_declaration generator_function_declaration method_definition function_expression "
                "generator_function arrow_function"
            ),
            scopes=_words("class_declaration class"),
            comments=_words("comment"),
            strings=_words("string template_string regex jsx_text"),
            numbers=_words("number"),
            named_by={"variable_declarator": "name", "pair": "key", "assignment_expression": "left"},
            around=_words(
                "export_statement lexical_declaration variable_declaration variable_declarator pair "
                "assignment_expression expression_statement"
            ),
        ),
        Language(
            name="php",
            grammar="tree_sitter_php",
            entry="language_php",
            functions=_words("function_definition method_declaration"),
            scopes=_words("class_declaration interface_declaration trait_declaration enum_declaration"),
            comments=_words("comment"),
            strings=_words("string encapsed_string heredoc nowdoc shell_command_expression text"),
            numbers=_words("integer float"),
            wholes=_words("variable_name"),
        ),
        Language(
            name="python",
            grammar="tree_sitter_python",
            functions=_words("function_definition"),
            scopes=_words("class_definition"),
            comments=_words("comment"),
            strings=_words("string"),
            numbers=_words("integer float"),
            docstring_inside=True,
        ),
        Language(
            name="ruby",
            grammar="tree_sitter_ruby",
            functions=_words("method singleton_method"),
            scopes=_words("class module"),
            comments=_words("comment"),
            strings=_words(
                "string heredoc_body regex subshell string_array symbol_array character delimited_symbol uninterpreted"
            ),
            numbers=_words("integer float"),
            around=_words("body_statement argument_list call"),
        ),
    )
}


def language_of(path: str, languages: Mapping[str, Language] = LANGUAGES) -> Language | None:
    """The language of a file by its ending, None for any other file."""
    for language in languages.values():
        if path.endswith(language.suffixes):
            return language
    return None
