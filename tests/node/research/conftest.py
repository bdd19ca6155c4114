"""A demo's findings made up, for what tells them."""

import pytest

from node.research.report import Measured, PenaltyRow, Report, RoundReport, UpdateRow

MEMBERS = {f"0x{number:02x}": f"package{number}" for number in range(9)}
POISONERS = ("0x07", "0x08")


def update_row(account, selected):
    reason = "kept: close to the others" if selected else "dropped: [too] far away"
    return UpdateRow(account, MEMBERS[account], True, True, selected, reason, 100.0 * selected, "bafy")


def round_report(number, accuracy):
    return RoundReport(
        round=number,
        status="failed" if accuracy is None else "finalised",
        state="bafystate",
        record="" if accuracy is None else "bafyrecord",
        accuracy=accuracy,
        perplexity=None if accuracy is None else 90.0,
        gas={"total": 1_234_567, "by_function": {"RoundManager.commit": 9}, "calls": {"RoundManager.commit": 1}},
        bytes={} if accuracy is None else {"0x00": 5000},
        seconds={"commit": 1.5},
        updates=() if accuracy is None else tuple(update_row(one, one not in POISONERS) for one in MEMBERS),
        penalties=(PenaltyRow("0x07", "package7", "hard penalty", 50.0, 0), PenaltyRow("0x08", "p8", "silent", 0.0, 1)),
        absent=("package2",) if number == 2 else (),
    )


@pytest.fixture
def report():
    return Report(
        seconds=12.5,
        peak_rss_mb=900.0,
        base=Measured(0.2, 100.0),
        release=Measured(0.25, 80.0),
        poisoners=POISONERS,
        rounds=(round_report(1, 0.21), round_report(2, None), round_report(3, 0.25)),
        members=MEMBERS,
        tokens=dict.fromkeys(MEMBERS, 10.0),
        release_id=1,
        audit=("round 1 confirmed", "round 3 confirmed"),
    )
