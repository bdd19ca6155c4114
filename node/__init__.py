"""fednode: federated learning of AI code models without a central server."""

__all__ = ["__version__"]

__version__ = "0.1.0"
