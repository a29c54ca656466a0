"""What `pip install` gives: the wheel holds the default release, and labels with no checkout near."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, timeout=300)
    (found,) = folder.glob("tasrih-*.whl")
    return Path(found)


def test_the_wheel_holds_the_current_release_without_torch_weights(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    release = json.loads((ROOT / "models" / "current.json").read_text(encoding="utf-8"))["release"]
    assert f"tasrih/models/{release}/openvino_model.bin" in names and "tasrih/models/current.json" in names
    assert {f"training/schemas/{kind}.schema.json" for kind in ("composed", "real", "built")} <= set(names)
    # The page, whole.
    assert {f"serving/page/static/{path.name}" for path in (ROOT / "serving" / "page" / "static").iterdir()} <= set(
        names
    )
    assert not [name for name in names if name.endswith(".safetensors")]
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"tasrih", "training", "serving"}


def test_an_installed_wheel_labels(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import tasrih, json; from tasrih import Labeller; one, = Labeller.open().label_texts(['وصل الوفد إلى مسقط.']); "
        "print(json.dumps([tasrih.__file__, one.stance]))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "TASRIH_MODEL"}
    # Not from the checkout, and before it: the unpacked wheel comes first.
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path)},
        timeout=120,
    )
    where, stance = json.loads(done.stdout)
    assert Path(where).is_relative_to(tmp_path) and stance == "neutral_report", done.stderr
