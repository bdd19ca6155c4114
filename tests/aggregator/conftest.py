"""Settings of the property tests: no deadline, since a shared machine may pause at any moment."""

from hypothesis import settings

settings.register_profile("aggregator", deadline=None, max_examples=60)
settings.load_profile("aggregator")
