"""Stands in for torchvision: ByzFL imports its data sets and transforms with its aggregators, which need neither."""

from unittest.mock import MagicMock

datasets, transforms = MagicMock(), MagicMock()
