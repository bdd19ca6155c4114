"""The shell scripts, in a copy of the project in which Python, pip and npm are fakes that write down their calls."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = [
    "bash",
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "dirname",
    "grep",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "rm",
    "sed",
    "sha256sum",
]

FAKE_PYTHON = """#!/bin/bash
case "$*" in
    *version_info*"< (3, 11)"*) exit {too_old} ;;
    *"import ensurepip"*) exit {lacks_venv} ;;
    *'python%d.%d-venv'*) echo python3.12-venv ;;
    --version) echo "Python 3.12.1" ;;
    "-m venv"*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; cp "$0" .venv/bin/fednode ;;
    "-c import pip") ;;
    *) echo "$*" >> calls ;;
esac
"""
FAKE_NPM = """#!/bin/bash
echo "npm $*" >> "$CALLS"
ls > listing
mkdir node_modules
"""

FAKE_PYTHON_OF_REFERENCES = """#!/bin/bash
case "$*" in
    --version) echo "Python 3.12.1" ;;
    "-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    "-c import sysconfig"*) dirname "$0" ;;
    *) echo "$*" >> "$CALLS"; exit {status} ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A bare copy of the project, with a PATH that holds nothing but everyday tools."""
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool))
    copy = tmp_path / "project"
    shutil.copytree(ROOT / "scripts", copy / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "package.json", "package-lock.json"):
        shutil.copy(ROOT / name, copy)
    return copy


def fake(project, name, text):
    file = project.parent / "bin" / name
    file.write_text(text)
    file.chmod(0o755)


def fake_python(project, too_old=0, lacks_venv=0):
    fake(project, "python3", FAKE_PYTHON.replace("{too_old}", str(too_old)).replace("{lacks_venv}", str(lacks_venv)))


def run(project, *command, **environ):
    places = {"PATH": str(project.parent / "bin"), "HOME": str(project.parent), "CALLS": str(project / "calls")}
    return subprocess.run(
        [project / command[0], *command[1:]],
        cwd=project,
        env=places | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def calls(project):
    """What the fakes were asked since the last look."""
    file = project / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        (None, "fednode needs Python: run 'apt-get install python3 python3-venv' and try again.\n"),
        (
            {"too_old": 1},
            "fednode needs Python 3.11 or newer: run 'apt-get install python3.11 python3.11-venv' and try again.\n",
        ),
        (
            {"lacks_venv": 1},
            "Python is there, but its venv module is not: run 'apt-get install python3.12-venv' and try again.\n",
        ),
    ],
)
def test_setup_says_in_one_sentence_what_to_install(project, python, sentence):
    if python is not None:
        fake_python(project, **python)
    done = run(project, "scripts/setup")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)
    assert not (project / ".venv").exists()


def test_setup_installs_torch_first_and_only_once(project):
    fake_python(project)
    first = run(project, "scripts/setup")
    assert first.returncode == 0, first.stderr
    assert [line.partition("]")[0] for line in first.stdout.splitlines()] == [
        "[1/3",
        "[2/3",
        "[3/3",
        "ready: .venv/bin/fednode",
    ]
    assert [line.split("install ")[1] for line in calls(project)] == ["torch==2.13.0", "--editable ."]

    second = run(project, "scripts/setup")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert calls(project) == []


def test_setup_runs_again_when_what_it_depends_on_changed(project):
    fake_python(project)
    run(project, "scripts/setup")
    calls(project)
    (project / "pyproject.toml").write_text("# changed")
    run(project, "scripts/setup")
    assert len(calls(project)) == 2


def test_development_tools_come_on_demand_and_stay(project):
    fake_python(project)
    run(project, "scripts/setup")
    calls(project)
    run(project, "scripts/setup", "--dev")
    assert calls(project)[-1].endswith("--editable .[dev]")
    run(project, "scripts/setup")
    assert calls(project) == []
    (project / "pyproject.toml").write_text("# changed")
    run(project, "scripts/setup")
    assert calls(project)[-1].endswith("--editable .[dev]")


def test_torch_can_come_from_another_index(project):
    fake_python(project)
    run(project, "scripts/setup", FEDNODE_TORCH_INDEX="https://example.org/cpu")
    torch, package = calls(project)
    assert torch.endswith("install --index-url https://example.org/cpu torch==2.13.0")
    assert "example.org" not in package


def test_a_failed_setup_is_not_taken_for_done(project):
    fake_python(project)
    run(project, "scripts/setup")
    calls(project)
    pip = project / ".venv" / "bin" / "python"
    working = pip.read_text()
    pip.write_text(working.replace("    *) echo", "    *--editable*) exit 1 ;;\n    *) echo"))
    assert run(project, "scripts/setup", "--dev").returncode == 1
    pip.write_text(working)
    calls(project)
    assert run(project, "scripts/setup", "--dev").returncode == 0
    assert len(calls(project)) == 2


def test_setup_refuses_other_arguments(project):
    done = run(project, "scripts/setup", "--devel")
    assert (done.returncode, done.stderr) == (2, "usage: scripts/setup [--dev]\n")


def test_npm_tools_are_installed_once_outside_the_checkout(project):
    fake(project, "npm", FAKE_NPM)
    cache = project.parent / "cache"
    for _ in range(2):
        done = run(project, "scripts/node-tools", FEDNODE_CACHE=str(cache))
        assert done.returncode == 0, done.stderr
        linked = (project / "node_modules").readlink()
        assert linked.parent.parent == cache
        assert (linked.parent / "listing").read_text().split() == ["listing", "package-lock.json", "package.json"]
    assert len(calls(project)) == 1
    assert len(list(cache.iterdir())) == 1


def test_a_failed_npm_leaves_nothing_behind(project):
    fake(project, "npm", "#!/bin/bash\nexit 1\n")
    cache = project.parent / "cache"
    assert run(project, "scripts/node-tools", FEDNODE_CACHE=str(cache)).returncode == 1
    assert list(cache.iterdir()) == []
    assert not (project / "node_modules").exists()


def test_reference_libraries_are_installed_once_outside_the_checkout(project):
    fake(project, "python3", FAKE_PYTHON_OF_REFERENCES.format(status=0))
    cache = project.parent / "cache"
    for _ in range(2):
        done = run(
            project, "scripts/references", FEDNODE_CACHE=str(cache), FEDNODE_TORCH_INDEX="https://example.org/cpu"
        )
        assert done.returncode == 0, done.stderr
        python = Path(done.stdout.strip())
        assert python.parents[2] == cache
        assert (python.parent / "torchvision.py").exists()
    torch, listed, byzfl = calls(project)
    assert torch.endswith("install --index-url https://example.org/cpu torch==2.13.0")
    assert listed.endswith("--requirement requirements.txt")
    assert byzfl.endswith("--no-deps byzfl==0.0.11")
    assert len(list(cache.iterdir())) == 1


def test_failed_reference_libraries_leave_nothing_behind(project):
    fake(project, "python3", FAKE_PYTHON_OF_REFERENCES.format(status=1))
    cache = project.parent / "cache"
    assert run(project, "scripts/references", FEDNODE_CACHE=str(cache)).returncode == 1
    assert list(cache.iterdir()) == []


def test_own_node_modules_are_left_alone(project):
    (project / "node_modules").mkdir()
    assert run(project, "scripts/node-tools").returncode == 0
    assert not (project / "node_modules").is_symlink()


def test_tests_without_node_leave_out_what_needs_it(project):
    fake_python(project)
    run(project, "scripts/setup", "--dev")
    calls(project)
    (project / "scripts" / "lint").write_text("#!/bin/bash\n")
    done = run(project, "scripts/test")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:2] for line in calls(project)] == [["-m", "pytest"]]


def test_arguments_of_tests_go_to_pytest_alone(project):
    fake_python(project)
    done = run(project, "scripts/test", "tests/node", "-k", "cid")
    assert done.returncode == 0, done.stderr
    assert calls(project)[-1] == "-m pytest tests/node -k cid"


@pytest.mark.parametrize("name", ["", "nothing", "../setup"])
def test_bench_lists_its_benchmarks(project, name):
    done = run(project, "scripts/bench", name)
    assert done.returncode == 2
    assert "usage: scripts/bench NAME" in done.stderr
    assert "startup      How long `fednode --help` takes" in done.stderr


def test_bench_hands_over_its_options(project):
    fake_python(project)
    run(project, "scripts/bench", "startup", "--runs", "3")
    assert calls(project)[-1] == "-m scripts.benchmarks.startup --runs 3"


@pytest.mark.parametrize("script", sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file()))
def test_every_script_can_be_run(script):
    file = ROOT / "scripts" / script
    assert file.stat().st_mode & 0o111
    assert file.read_text().startswith("#!")
