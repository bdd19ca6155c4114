"""The contracts seen from Python: transactions, events, typed errors. No protocol decisions."""
