"""What a simulation came to, as values and as JSON. Nothing here plays or measures anything."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from node.errors import ConfigError
from node.files import write_atomically
from node.research.simulation.settings import Settings

__all__ = ["PeerEffect", "PeerResult", "Results", "RoundResult", "read_results", "read_rounds", "write_results"]


@dataclass(frozen=True)
class PeerEffect:
    """By how much the headline metric after a round is higher with a peer's update than without; 95 % interval."""

    place: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RoundResult:
    """One round: `metrics` of the state after it, the headline one also as `metric`.

    `selected` are the places of the peers whose updates the rule kept, and how many of them were poisoners is
    `selected_poisoners`; of a failed round nobody's. `state` and `record` are content ids; `seconds` of work.
    `effects` of updates are there when the run was to leave one out.
    """

    round: int
    status: str
    metric: float
    metrics: Mapping[str, float]
    faults: int
    updates: int
    selected: tuple[int, ...]
    selected_poisoners: int
    state: str
    record: str
    seconds: float
    effects: tuple[PeerEffect, ...] = ()


@dataclass(frozen=True)
class PeerResult:
    """One peer: what it says it trained on, and the contribution tokens that all rounds have earned it."""

    place: int
    account: str
    byzantine: bool
    validates: bool
    examples: int
    earned: float


@dataclass(frozen=True)
class Results:
    """A finished simulation. `initial` are the metrics of the genesis state; the first is the one to judge by."""

    config: Settings
    initial: Mapping[str, float]
    rounds: tuple[RoundResult, ...]
    peers: tuple[PeerResult, ...]

    @property
    def headline(self) -> str:
        """The name of the metric to judge by."""
        return next(iter(self.initial))

    @property
    def seconds(self) -> float:
        """Of work in all rounds."""
        return sum(one.seconds for one in self.rounds)

    def to_json(self) -> dict[str, Any]:
        """The fields that scripts may rely on."""
        final = self.rounds[-1]
        sent = sum(self.config.byzantine for one in self.rounds if one.status == "finalised")
        kept = sum(one.selected_poisoners for one in self.rounds)
        return {
            "config": {**asdict(self.config), "key": self.config.key},
            "headline": self.headline,
            "initial": dict(self.initial),
            "final": {"metric": final.metric, "metrics": dict(final.metrics), "state": final.state},
            "poisoners_selected_fraction": kept / sent if sent else 0.0,
            "seconds": self.seconds,
            "rounds": [asdict(one) for one in self.rounds],
            "peers": [asdict(one) for one in self.peers],
        }


def write_results(results: Results, path: Path) -> None:
    """Write the JSON file. Raises `OSError`."""
    write_atomically(path, json.dumps(results.to_json(), indent=2).encode() + b"\n")


def read_results(settings: Settings, path: Path) -> Results:
    """Read what `write_results` wrote for these settings. Raises `ConfigError` for anything else."""
    try:
        kept = json.loads(path.read_bytes())
        _require(kept["config"]["key"] == settings.key, "other settings")
        return Results(
            config=settings,
            initial=kept["initial"],
            rounds=tuple(map(_round, kept["rounds"])),
            peers=tuple(PeerResult(**one) for one in kept["peers"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: does not hold the results of this simulation ({error}); remove it") from error


def read_rounds(path: Path) -> list[RoundResult]:
    """The rounds that a run has kept, one a line; a line that was not finished does not count.

    Raises `ConfigError` for a file that is none.
    """
    try:
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        return [_round(json.loads(line)) for line in lines if line.endswith(b"\n")]
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{path}: does not hold rounds of a simulation ({error}); remove the folder") from error


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise ValueError(problem)


def _round(kept: Mapping[str, Any]) -> RoundResult:
    _require(set(kept) == {field.name for field in fields(RoundResult)}, "not a round")
    effects = tuple(PeerEffect(**one) for one in kept["effects"])
    return RoundResult(**{**kept, "selected": tuple(kept["selected"]), "effects": effects})
