"""The architecture protocol of the guideline: base model, what of it trains, and the grid that updates live on.

What each key means is `docs/models.md`'s; what a base of such a model needs is only known once it is loaded, by
`node.learning.models`.
"""

from typing import Literal

from pydantic import Field, model_validator

from node.document import Cid, Digest, Strict

__all__ = ["Architecture"]


class Architecture(Strict):
    """The base model, the adapter and the grid that updates live on.

    `model` is `fednode-base` (shipped with the package) or a hub id, whose folder may also lie in the node's own
    `models.directory`; `adapter` is LoRA, of a `rank`, an `alpha` and `targets`, or all of the model; `precision` is
    that of the arithmetic in training, while what trains stays float32; `base_bits` of a weight of the frozen base, if
    it is held quantised; `genesis` and `frozen` are content ids that `fednode deploy` fills in.
    """

    model: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?$", max_length=200)
    revision: str = Field(default="", max_length=100)
    weights_sha256: Digest
    adapter: Literal["lora", "full"] = "lora"
    rank: int | None = Field(default=None, ge=1, le=256)
    alpha: int | None = Field(default=None, ge=1, le=1024)
    targets: tuple[str, ...] = Field(default=(), max_length=32)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    step_exponent: int = Field(default=-16, ge=-30, le=-4)
    precision: Literal["float32", "bfloat16"] = "float32"
    gradient_checkpointing: bool = False
    base_bits: Literal[4] | None = None
    genesis: Cid | None = None
    frozen: Cid | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Architecture":
        """An adapter has all that it needs, and nothing that it does not."""
        lora = {"rank": self.rank, "alpha": self.alpha, "targets": self.targets}
        given = [key for key, value in lora.items() if value]
        if self.adapter == "lora" and len(given) < len(lora):
            missing = next(key for key in lora if key not in given)
            raise ValueError(f"{missing} is missing; adapter 'lora' needs rank, alpha and targets")
        if self.adapter == "full" and given:
            raise ValueError(f"{given[0]} is set; adapter 'full' trains every parameter: leave it out")
        if self.adapter == "full" and self.base_bits:
            raise ValueError(
                f"base_bits is {self.base_bits}; adapter 'full' trains the base, and a quantised one "
                "cannot: leave it out, or take adapter 'lora'"
            )
        return self
