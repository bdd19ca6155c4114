from node.research.simulation import code_task
from node.research.simulation.settings import Settings
from node.research.simulation.synthetic import SyntheticTask
from node.research.simulation.tasks import open_task


def test_the_task_is_the_one_named(monkeypatch):
    monkeypatch.setattr(code_task, "CodeTask", lambda settings: ("code", settings.task))
    assert isinstance(open_task(Settings(peers=7, dimension=3)), SyntheticTask)
    assert open_task(Settings(peers=7, task="code-search")) == ("code", "code-search")
