from dataclasses import replace

import pytest
from matplotlib.image import imread

from node.research.simulation.picture import draw_simulation


def has_colour(path, colour):
    image = (imread(path)[..., :3] * 255).round().astype(int)
    return bool((image == colour).all(axis=2).any())


def test_a_png_that_shows_poisoned_updates_that_were_kept(results, tmp_path):
    path = tmp_path / "simulation.png"
    draw_simulation(results, path)
    assert imread(path).shape[:2] == (528, 1320)
    assert has_colour(path, (0xC1, 0x12, 0x1F))
    clean = replace(
        results,
        config=replace(results.config, byzantine=0),
        rounds=tuple(replace(one, selected_poisoners=0) for one in results.rounds if one.status == "finalised"),
    )
    draw_simulation(clean, path)
    assert not has_colour(path, (0xC1, 0x12, 0x1F))


def test_where_it_cannot_be_written_it_says_so(results, tmp_path):
    with pytest.raises(OSError, match="missing"):
        draw_simulation(results, tmp_path / "missing" / "simulation.png")
