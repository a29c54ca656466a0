"""What the comparison makes of its rows, and that the profile leaves no stage out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.contestants import contestants
from benchmarks.profile import STAGES
from benchmarks.results import summarise
from benchmarks.tables import everything

ROOT = Path(__file__).resolve().parents[1]
HEADER = {"settings": {"release": "tasrih-base 9.9", "sentences": 4, "command": "x"}, "machine": {"cores": "2"}}


def row(number: int, name: str, per_second: float, **more):
    ms = {"p50": 1000 / per_second, "p99": 2000 / per_second}
    return {
        "round": number, "name": name, "per_second": per_second, "peak_mib": 100.0, "precision": "f32",
        "versions": {"numpy": "2"}, "single_ms": ms, "article_ms": ms, **more,
    }  # fmt: skip


def measured():
    rows = []
    for number, factor in ((1, 1.0), (2, 0.5), (3, 1.0)):
        rows += [
            {
                "round": number,
                "name": "ceiling-f32",
                "gflops": 200.0 * factor,
                "precision": "f32",
                "all": {"torch": 1.0},
            },
            {"round": number, "name": "ours-openvino-bf16", "error": "no such arithmetic here"},
            row(number, "ours-openvino-f32", 60 * factor),
            row(number, "ours-torch-f32", 70 * factor),
            row(number, "small", 120 * factor),
            row(number, "transformers-pipeline-32", 10 * factor),
            row(number, "torch-sorted-32-f32", 40 * factor),
        ]
    # Failed at first, and measured when the run was resumed.
    return [*rows, {"round": 1, "name": "onnxruntime-f32", "error": "lost"}, row(1, "onnxruntime-f32", 30)]


def test_ratios_are_taken_within_rounds_of_what_auto_comes_to():
    found = summarise([HEADER, *measured()], contestants(4, (), 4), flops_per_sentence=2e9)
    by_name = {one["name"]: one for one in found["contestants"]}
    # torch was faster here, but OpenVINO is what a user gets.
    assert found["ours"] == "ours-openvino-f32" and found["best_peer"] == "torch-sorted-32-f32"
    ours = by_name["ours-openvino-f32"]
    assert ours["per_second"] == {"median": 60, "low": 30, "high": 60}
    assert ours["to_pipeline"] == pytest.approx({"median": 6, "low": 6, "high": 6})
    assert ours["to_best_peer"]["median"] == pytest.approx(1.5)
    assert ours["of_ceiling"] == pytest.approx({"median": 0.6, "low": 0.6, "high": 0.6})
    assert by_name["small"]["of_ceiling"] is None and by_name["small"]["to_pipeline"]["median"] == pytest.approx(12)
    assert found["single_to_pipeline"]["median"] == pytest.approx(1 / 6)
    assert by_name["onnxruntime-f32"]["rounds"] == 1
    assert [one["name"] for one in found["failed"]] == ["ours-openvino-bf16"]


def test_the_tables_show_all_that_ran_and_what_did_not():
    shown = everything(summarise([HEADER, *measured()], contestants(4, (), 4), flops_per_sentence=2e9))
    assert "60 [30, 60] sentences/s" in shown and "6.00 times transformers" in shown
    assert "smaller sibling" in shown and "no such arithmetic here" in shown


def test_a_profile_leaves_no_stage_out(tmp_path):
    texts = [f"قال الوزير إن الوفد رقم {number} وصل إلى مسقط صباح الخميس." for number in range(40)]
    path = tmp_path / "texts.json"
    path.write_text(json.dumps({"sentences": texts}), encoding="utf-8")
    # A process of its own: it puts clocks around the functions that others use.
    command = [sys.executable, "-m", "benchmarks.profile", str(path), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert all(found["stages_ms"][stage] > 0 for stage in STAGES)
