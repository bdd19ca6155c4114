"""The federation's contracts as an executable specification: pure functions from one `World` to the next.

One file for each concern of the contracts, in the same order of checks, effects and events; `state` has the values they
act on, `interface` the table of what can be called. Equal to the contracts by a differential test. Accounts, blocks and
gas money are `node.chain.in_memory`'s.
"""
