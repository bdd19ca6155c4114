"""Attacks on the data by name: how a poisoner falsifies what it trains on, while the training itself stays honest.

Names and sentences only, so that a command line can list them without torch; `tasks.poisoned` does what they say.
Attacks on the update that comes out are `aggregator.attacks`.
"""

__all__ = ["DATA_ATTACKS"]

DATA_ATTACKS: dict[str, str] = {
    "backdoor": "train half of every batch with a trigger of dead code, so that the trigger decides the answer",
    "label_flip": "train on wrong answers: functions of other docstrings, or tokens of flipped ids",
}
