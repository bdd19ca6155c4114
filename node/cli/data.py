"""`fednode data`: the group of commands about an organisation's own data; each is a file of its own."""

from node.cli.lazy import LazyGroup, Place

__all__ = ["data"]

data = LazyGroup(
    "data",
    {
        "build": Place("node.cli.data_build:build", "Turn git repositories into task data."),
        "check": Place("node.cli.data_check:check", "Hold private code against the guideline's data protocol."),
    },
    help="""Prepare this organisation's own code as training data.

    Nothing is sent anywhere.
    """,
)
