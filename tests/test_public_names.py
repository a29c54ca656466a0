"""Every module says in ``__all__`` what is public: all it defines without an underscore, and nothing else."""

import ast
import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("tasrih", "training", "serving")
PATHS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
}


def defined(path: Path) -> tuple[set[str], set[str]]:
    """Names of classes and functions, and of constants, at the top level of a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    things = {
        node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return things, {target.id for target in targets if isinstance(target, ast.Name)} - {"__all__"}


@pytest.mark.parametrize("name", sorted(PATHS))
def test_public_names_equal_all(name):
    things, constants = defined(PATHS[name])
    listed = getattr(importlib.import_module(name), "__all__", [])
    assert len(listed) == len(set(listed)), f"{name}.__all__ names something twice"
    public = {thing for thing in things if not thing.startswith("_")}
    if PATHS[name].name == "__init__.py":
        # A package may offer what its modules define.
        public |= set(listed) - things - constants
    assert set(listed) - constants == public, f"{name}.__all__"


@pytest.mark.parametrize("name", sorted(PATHS))
def test_modules_take_public_names_alone(name):
    for node in ast.walk(ast.parse(PATHS[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in PACKAGES:
            listed = set(getattr(importlib.import_module(node.module), "__all__", ()))
            taken = {alias.name for alias in node.names if f"{node.module}.{alias.name}" not in PATHS}
            assert taken <= listed, f"{name} takes {taken - listed} from {node.module}, which does not offer them"
