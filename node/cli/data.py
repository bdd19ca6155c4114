"""`fednode data`: the group of commands about an organisation's own data; each is a file of its own."""

from node.cli.lazy import LazyGroup, Place

__all__ = ["data"]

data = LazyGroup(
    "data",
    {
        "build": Place("node.cli.data_build:build", "Turn git repositories into task data."),
        "check": Place("node.cli.data_check:check", "Hold private code against the guideline's data protocol."),
        "benchmark": Place("node.cli.data_benchmark:benchmark", "Make a benchmark of held-out code."),
        "prove": Place("node.cli.data_prove:prove", "Prove that a text trained an update, or which texts did."),
        "verify": Place("node.cli.data_prove:verify", "Check such a proof against a text and an update."),
    },
    help="""Prepare this organisation's own code as training data.

    Nothing is sent anywhere.
    """,
)
