from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from node.research.picture import draw_picture


def panels(path):
    """How many frames the picture has."""
    image = imread(path)[..., :3]
    # The axes' spines are dark lines from top to bottom; two panels have four.
    dark = (image.mean(axis=2) < 0.25).mean(axis=0) > 0.4
    return np.count_nonzero(np.diff(dark.astype(int)) == 1) // 2


def test_a_png_of_two_panels(report, tmp_path):
    path = tmp_path / "demo.png"
    draw_picture(report, path)
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert imread(path).shape[:2] == (528, 1320)
    assert panels(path) == 2


def test_a_demo_whose_rounds_all_failed_is_drawn_too(report, tmp_path):
    failed = replace(report, rounds=(report.rounds[1],))
    draw_picture(failed, tmp_path / "demo.png")
    assert panels(tmp_path / "demo.png") == 2


def test_where_it_cannot_be_written_it_says_so(report, tmp_path):
    with pytest.raises(OSError, match="missing"):
        draw_picture(report, tmp_path / "missing" / "demo.png")
