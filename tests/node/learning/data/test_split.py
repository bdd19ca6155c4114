from pathlib import Path

from node.learning.data import is_held_out
from node.learning.data.files import SourceFile
from node.learning.data.split import reading_order


def test_the_split_is_a_function_of_name_and_percentage():
    names = [f"{number}.py" for number in range(2000)]
    few = {name for name in names if is_held_out(name, 10)}
    many = {name for name in names if is_held_out(name, 30)}
    assert few < many
    assert 150 < len(few) < 250


def test_copies_are_read_in_the_same_order_wherever_they_are_listed():
    files = [SourceFile(f"module_{number}.py", Path(str(number))) for number in range(40)]
    order = reading_order(files, 50)
    assert reading_order(reversed(files), 50) == order
    sides = [is_held_out(file.name, 50) for file in order]
    assert sides == sorted(sides)
