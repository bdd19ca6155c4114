"""How the bundled search encoder is made: random signs for every token, drawn from a seed; nothing is trained.

A developers' tool; nothing here runs on a node. The encoder is a bag of words: the mean of its tokens' vectors. Random
vectors are nearly orthogonal, so that before any training the cosine of two texts says how many tokens they share;
training learns which tokens count and which mean the same. `node/learning/search_base/README.md` says why so.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from torch import Tensor
from transformers import GPT2Config

from node.learning.models import SEARCH_BASE_DIRECTORY

__all__ = ["BagRecipe", "main", "write_random_base"]


@dataclass(frozen=True)
class BagRecipe:
    """Everything that decides the encoder: sizes in tokens and units, and the seed of the signs."""

    vocabulary: int = 2048  # of the bundled tokenizer
    width: int = 256
    context: int = 256
    seed: int = 0
    epsilon: float = 1e4  # beside any variance here, so that the last layer norm divides all tokens by the same number


def write_random_base(recipe: BagRecipe, directory: Path) -> None:
    """Write config.json and model.safetensors, a GPT-2 without layers, the same bytes for the same recipe."""
    config = GPT2Config(
        vocab_size=recipe.vocabulary,
        n_positions=recipe.context,
        n_embd=recipe.width,
        n_layer=0,
        n_head=1,
        layer_norm_epsilon=recipe.epsilon,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=0,
        eos_token_id=0,
        architectures=["GPT2Model"],
    )
    directory.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(directory)
    (directory / "model.safetensors").write_bytes(safetensors.torch.save(_weights(recipe), {"format": "pt"}))


def _weights(recipe: BagRecipe) -> dict[str, Tensor]:
    """Signs for tokens, nothing for positions, and a layer norm that only takes the mean of a vector away.

    In float8, which holds −1, 0 and 1 exactly. Integer draws are the same on every machine.
    """
    signs = np.random.default_rng(recipe.seed).integers(0, 2, (recipe.vocabulary, recipe.width)) * 2 - 1
    weights = {
        "wte.weight": torch.from_numpy(signs),
        "wpe.weight": torch.zeros(recipe.context, recipe.width),
        "ln_f.weight": torch.ones(recipe.width),
        "ln_f.bias": torch.zeros(recipe.width),
    }
    return {name: tensor.to(torch.float32).to(torch.float8_e4m3fn) for name, tensor in weights.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the bundled search encoder again."""
    parser = argparse.ArgumentParser(description="Draw the bundled search encoder.")
    parser.add_argument("--seed", type=int, default=BagRecipe.seed, help="of the signs (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=SEARCH_BASE_DIRECTORY, help="folder to write")
    chosen = parser.parse_args(arguments)
    write_random_base(BagRecipe(seed=chosen.seed), chosen.out)


if __name__ == "__main__":
    main()
