"""The families of small bases: a recipe each, the transformers model of it, and what it learns from.

All are a stand-in on two cores for a model that needs a GPU: RoBERTa for CodeBERT, T5 for CodeT5, Llama for CodeLlama.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    RobertaConfig,
    RobertaForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

from node.learning.small_bases.objectives import (
    LeftToRight,
    MaskedTokens,
    MissingSpans,
    Neighbours,
    NextTokens,
    Objective,
    Restoration,
)
from node.learning.small_bases.vocabulary import END_ID, PADDING_ID

__all__ = ["FAMILIES", "SmallRecipe", "new_model", "objectives"]


@dataclass(frozen=True)
class SmallRecipe:
    """Everything that decides a small base. Sizes in tokens and units, `rate` is AdamW's peak learning rate."""

    family: str
    steps: int
    vocabulary: int = 2080
    width: int = 128
    layers: int = 4
    heads: int = 4
    context: int = 256
    batch: int = 1024  # tokens
    warmup: int = 50
    rate: float = 3e-3
    seed: int = 1
    held_out_one_in: int = 20

    def rate_at(self, step: int) -> float:
        """Linear warm-up, then linear decay to a fiftieth."""
        return self.rate * min((step + 1) / self.warmup, max(1 - step / self.steps, 0.02))


def _roberta(recipe: SmallRecipe) -> Any:
    return RobertaForMaskedLM(
        RobertaConfig(
            vocab_size=recipe.vocabulary,
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            intermediate_size=4 * recipe.width,
            max_position_embeddings=recipe.context + PADDING_ID + 1,
            type_vocab_size=1,
            initializer_range=recipe.width**-0.5,  # 0.02 is for a width of 768; here it starts every layer at nothing
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            pad_token_id=PADDING_ID,
            bos_token_id=END_ID,
            eos_token_id=END_ID,
        )
    )


def _t5(recipe: SmallRecipe) -> Any:
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=recipe.vocabulary,
            d_model=recipe.width,
            d_kv=recipe.width // recipe.heads,
            d_ff=4 * recipe.width,
            num_layers=recipe.layers,
            num_heads=recipe.heads,
            n_positions=recipe.context,
            dropout_rate=0.0,
            pad_token_id=PADDING_ID,
            decoder_start_token_id=PADDING_ID,
            bos_token_id=END_ID,
            eos_token_id=END_ID,
        )
    )


def _llama(recipe: SmallRecipe) -> Any:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=recipe.vocabulary,
            hidden_size=recipe.width,
            intermediate_size=recipe.width * 11 // 4,  # three matrices here do the work of two elsewhere
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.heads,
            max_position_embeddings=recipe.context,
            tie_word_embeddings=True,
            pad_token_id=PADDING_ID,
            bos_token_id=END_ID,
            eos_token_id=END_ID,
        )
    )


MODELS: dict[str, Callable[[SmallRecipe], Any]] = {"roberta": _roberta, "t5": _t5, "llama": _llama}
FAMILIES: Mapping[str, SmallRecipe] = {
    "small-roberta": SmallRecipe("roberta", steps=450, warmup=100, rate=1e-3),  # 1,200 learn clones no better
    "small-t5": SmallRecipe("t5", steps=1100, rate=2e-3),
    "small-llama": SmallRecipe("llama", steps=1300),
}


def new_model(recipe: SmallRecipe) -> Any:
    """The family's model with random weights, drawn by torch's global generator."""
    return MODELS[recipe.family](recipe)


def objectives(recipe: SmallRecipe) -> tuple[Objective, ...]:
    """What the family learns from; a family with several takes turns."""
    if recipe.family == "roberta":
        masked = MaskedTokens(recipe.context, vocabulary=recipe.vocabulary)
        return (masked, LeftToRight(recipe.context // 2), Neighbours(recipe.context // 8))
    if recipe.family == "t5":
        restored = Restoration(vocabulary=recipe.vocabulary)
        return (MissingSpans(recipe.context), restored, restored)
    return (NextTokens(recipe.context),)
