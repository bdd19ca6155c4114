"""Faces: what a person types. Commands only; every behaviour lives a floor below."""
