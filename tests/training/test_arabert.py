"""A whole run from `configs/arabert.yaml`, its base fetched from a stand-in for the hub; then again without it.

The config is unchanged but for `--set` of sizes, epochs and corpus. The stand-in's model is a tiny one laid out as AraBERT's,
under the commit that the config pins.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tasrih.pipeline import Labeller
from tests.training.hub import Hub, Repository
from tests.training.tiny_bases import ROOT, SMOKE_CORPUS, arabert, write
from training.config import load_config
from training.run import run_training

CONFIG = ROOT / "configs" / "arabert.yaml"
NAME = "aubmindlab/bert-base-arabertv02"
# The one that the config pins: the stand-in's repository has it for its commit, too.
COMMIT = "016fb9d6768f522a59c6e0d2d5d5d43a4e1bff60"
TINY = (
    f"corpus.composed=[{SMOKE_CORPUS}]",
    "corpus.real_labels=null",
    "training.epochs=2",
    "training.batch_size=8",
    "training.precision=fp32",
    "training.device=cpu",
    "training.threads=1",
    "model.max_length=32",
    "tracking.bootstrap_draws=100",
)


def places(folder: Path) -> list[str]:
    return [f"output.folder={folder}/models", f"tracking.runs={folder}/runs"]


def train(folder: Path, cache: Path, *overrides: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`tasrih train configs/arabert.yaml` in a process of its own: the hub's address is read when its client is imported."""
    words = [word for override in (*TINY, *places(folder), *overrides) for word in ("--set", override)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
    return subprocess.run(
        [sys.executable, "-m", "tasrih.cli", "train", str(CONFIG), *words],
        cwd=ROOT,
        env={**kept, "HF_HOME": str(cache), "NO_PROXY": "127.0.0.1,localhost", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Runs:
    online: Path
    offline: Path
    asked: list[str]
    cache: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> Iterator[Runs]:
    """Two runs of one config: with the hub, then from the cache with the hub gone."""
    folder = tmp_path_factory.mktemp("arabert")
    cache = folder / "cache"
    with Hub({NAME: Repository(arabert(), COMMIT)}) as hub:
        first = train(folder / "online", cache, HF_ENDPOINT=hub.endpoint)
        asked = list(hub.asked)
    assert first.returncode == 0, first.stderr
    second = train(folder / "offline", cache, HF_ENDPOINT=hub.endpoint, HF_HUB_OFFLINE="1")
    assert second.returncode == 0, second.stderr
    release = "models/tasrih-arabert-0.1.0"
    yield Runs(folder / "online" / release, folder / "offline" / release, asked, cache)


def facts_of(release: Path) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads((release / "release.json").read_text(encoding="utf-8"))
    return facts


def test_the_release_says_which_commit_it_came_from_and_how_text_is_normalised(runs):
    facts = facts_of(runs.online)
    assert facts["base_model"] == {"name": NAME, "revision": COMMIT, "architecture": "bert"}
    assert facts["normalisation"] == "arabertv02"
    assert facts["pad_id"] == 0
    assert facts["training_config"]["base"]["revision"] == COMMIT
    assert "not AraBERT" not in (runs.online / "README.md").read_text(encoding="utf-8")


def test_each_file_was_fetched_once_by_the_pinned_commit_and_nothing_else_was_asked(runs):
    resolved = [line for line in runs.asked if "/resolve/" in line]
    assert all(f"{NAME}/resolve/{COMMIT}/" in line for line in resolved)
    fetched = [line for line in resolved if line.startswith("GET")]
    assert len(set(fetched)) == len(fetched) == 5
    assert sum(line.startswith("GET /storage/") for line in runs.asked) == 1
    # Neither a conversion of the pickle nor discussions about it: transformers would ask for both. (What the hub's client
    # asks on its own behalf, whoever it thinks it works for, does not name the model.)
    about = [line for line in runs.asked if NAME in line and "/resolve/" not in line]
    assert about == [f"GET /api/models/{NAME}/revision/{COMMIT}"]
    assert not any("/spaces/" in line or "safetensors" in line for line in runs.asked)


def test_the_pickle_became_safetensors_and_openvino(runs):
    names = {path.name for path in runs.online.iterdir()}
    assert {"model.safetensors", "openvino_model.xml", "tokenizer.json"} <= names
    assert not any(name.endswith(".bin") and name != "openvino_model.bin" for name in names)


def test_offline_from_the_cache_makes_the_same_weights(runs):
    for name in ("model.safetensors", "tokenizer.json"):
        assert (runs.offline / name).read_bytes() == (runs.online / name).read_bytes()
    assert facts_of(runs.offline)["base_model"] == facts_of(runs.online)["base_model"]


def test_arabert_s_normalisation_is_applied_to_what_is_labelled(runs):
    labeller = Labeller.open(runs.online, precision="f32")
    plain, vowelled, linked = labeller.label_texts(
        ["قال المتحدث في بيان .", "قَالَ المتحـــدث في بيان.", "قال المتحدث في بيان https://example.org/a?b=1 ."]
    )
    assert plain.stance_probabilities == vowelled.stance_probabilities
    assert plain.n_tokens == vowelled.n_tokens
    assert plain.n_tokens is not None and linked.n_tokens == plain.n_tokens + 1  # the link is [رابط], one token


def test_a_copy_in_a_folder_makes_the_same_weights(runs, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    folder = write(arabert(), tmp_path / "bert-base-arabertv02")
    config = load_config(CONFIG, [*TINY, *places(tmp_path), f"base.model={folder}", "base.revision=null"])
    release = run_training(config)
    assert (release / "model.safetensors").read_bytes() == (runs.online / "model.safetensors").read_bytes()
    assert facts_of(release)["base_model"] == {"name": str(folder), "revision": None, "architecture": "bert"}


def test_another_commit_is_not_taken_from_the_cache(runs, tmp_path):
    done = train(tmp_path, runs.cache, f"base.revision={'b' * 40}", HF_HUB_OFFLINE="1")
    assert done.returncode != 0
    assert f"base.model: {NAME}: " in done.stderr and f"hf download {NAME} --revision {'b' * 40}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()
