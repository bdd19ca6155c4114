"""Simulated federations: the node's own code on a chain and a store in one process, with poisoners among the peers.

A run is described by `settings`, put together by `federation`, played and kept by `run`. Nothing here decides anything
that a node decides.
"""
