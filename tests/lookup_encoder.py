"""An encoder that knows its answers: a stand-in for a model where a test says what the vectors are."""

from types import SimpleNamespace
from typing import Any

from torch import Tensor

__all__ = ["Lookup"]


class Lookup:
    """An encoder that looks texts up: the vector of a text is a row of `table` chosen by its first token."""

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.base_model = self
        self.config = SimpleNamespace(is_encoder_decoder=False)

    def get_base_model(self) -> "Lookup":
        return self

    def eval(self) -> "Lookup":
        return self

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        return SimpleNamespace(last_hidden_state=self.table[input_ids[:, :1]].expand(-1, input_ids.shape[1], -1))
