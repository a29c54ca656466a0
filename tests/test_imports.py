"""Imports point one way: ``training -> tasrih <- serving``, and inside the core as design says."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# What each stage of the core may import of the core. Stages do not import each other; `pipeline` composes them.
GROUND = {"errors", "labels", "types"}
STAGES = {"article", "calibration", "encoding", "engines", "inputs", "normalise", "report", "scores", "sentences"}
# What one stage alone is built from.
PARTS = {"article": {"pages"}, "sentences": {"quotations"}}


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules a file imports."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; name the package"
            assert node.module
            # `from tasrih import sentences` imports a module, too.
            parts = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [
                node.module,
                *(part for part in parts if (ROOT / Path(*part.split("."))).with_suffix(".py").is_file()),
            ]
        else:
            continue
        yield from names


def modules(package: str) -> list[Path]:
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, package
    return found


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("tasrih", {"training", "serving", "tests", "benchmarks"}),
        ("training", {"serving", "tests", "benchmarks"}),
        ("serving", {"training", "tests", "benchmarks", "torch", "transformers"}),
    ],
)
def test_packages_point_one_way(package, forbidden):
    for path in modules(package):
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & forbidden, f"{path.relative_to(ROOT)} imports {tops & forbidden}"


def core_name(path: Path) -> str:
    return path.relative_to(ROOT / "tasrih").with_suffix("").parts[0]


def test_stages_do_not_import_each_other():
    for path in modules("tasrih"):
        stage = core_name(path)
        if stage in STAGES:
            allowed = GROUND | {stage} | PARTS.get(stage, set())
        elif stage in set().union(*PARTS.values()):
            allowed = GROUND | {stage}
        else:
            continue
        used = {name.split(".")[1] for name in imported(path) if name.startswith("tasrih.")}
        assert used <= allowed, f"{path.relative_to(ROOT)} imports {used - allowed}"


def test_the_ground_imports_nothing_above_it():
    order = ["errors", "labels", "types"]
    for place, name in enumerate(order):
        used = {n.split(".")[1] for n in imported(ROOT / "tasrih" / f"{name}.py") if n.startswith("tasrih.")}
        assert used <= set(order[:place]), f"{name} imports {used}"


def test_the_core_loads_no_training_framework_but_in_the_torch_engine():
    for path in modules("tasrih"):
        if path.relative_to(ROOT).as_posix() in ("tasrih/engines/torch.py", "tasrih/engines/classifier.py"):
            continue
        tops = {name.split(".")[0] for name in imported(path)}
        assert not tops & {"torch", "transformers", "datasets", "sklearn"}, path


def test_labelling_on_a_cpu_loads_no_torch():
    code = (
        "import sys; from tasrih import Labeller; Labeller.open(engine='openvino').label_texts(['خبر']); "
        "sys.exit(bool({'torch', 'transformers', 'openvino_telemetry'} & {n for n, m in sys.modules.items() if m}))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
