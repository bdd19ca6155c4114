import pytest

from node.errors import ModelError
from node.learning import gguf
from node.learning.gguf import convert_gguf
from node.learning.models import weights_sha256


def write(source, directory):
    (directory / "model.safetensors").write_bytes(source.read_bytes())


def test_a_model_is_converted_once(tmp_path, monkeypatch):
    monkeypatch.setattr(gguf, "_write", write)
    source = tmp_path / "model.gguf"
    source.write_bytes(b"numbers")
    digest = convert_gguf(source, tmp_path / "models" / "coder")
    assert digest == weights_sha256(tmp_path / "models" / "coder")
    source.unlink()
    assert convert_gguf(source, tmp_path / "models" / "coder") == digest


def test_what_is_no_gguf_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "model.gguf").write_bytes(b"GIF89a")
    with pytest.raises(ModelError, match="no GGUF model that can be read here"):
        convert_gguf(tmp_path / "model.gguf", tmp_path / "models" / "coder")
    assert list((tmp_path / "models").iterdir()) == []
