"""The guideline's data protocol held against an organisation's own code: one concept a file, `checker` runs them all.

Everything happens in this process. Nothing is sent anywhere, and no finding holds what was found.
"""
