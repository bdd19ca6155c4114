"""Training of adapters. The only place that imports torch, transformers and peft; always imported late."""
