"""Both engines on the current release: which is chosen, that they agree, what they keep for the next start."""

import json
import shutil
from pathlib import Path

import numpy as np
import openvino
import pytest
from openvino import opset16 as opset

from tasrih import Labeller, engines
from tasrih.encoding import Encoder, batches
from tasrih.engines import open_engine
from tasrih.engines import torch as torch_engine
from tasrih.engines.openvino import COMPILED_KEPT, OpenVinoEngine
from tasrih.errors import EngineError
from tasrih.types import EncodedBatch
from tests.test_pipeline import TEXTS

COMPOSED = Path(__file__).resolve().parents[1] / "data" / "composed"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tasrih" / "openvino"


def test_torch_and_openvino_agree(labeller):
    folder = labeller.release.layout.folder
    encoder = Encoder(labeller.release.layout.tokenizer, max_length=labeller.release.max_length)
    placed = list(batches(encoder.encode(TEXTS), pad_id=labeller.release.pad_id, max_length=512))
    by_torch = open_engine(folder, engine="torch", precision="f32")
    by_openvino = open_engine(folder, engine="openvino", precision="f32")
    assert by_torch.name.startswith("torch") and by_openvino.name.startswith("openvino")
    for ours, theirs in zip(
        by_torch.run(p.batch for p in placed), by_openvino.run(p.batch for p in placed), strict=True
    ):
        np.testing.assert_allclose(ours.stance_BS, theirs.stance_BS, atol=1e-3)
        np.testing.assert_allclose(ours.claims_BC, theirs.claims_BC, atol=1e-3)


def test_bf16_gives_the_labels_of_f32_or_is_refused():
    """At least 99.5 % of the labels of the composed test split; a processor that does not multiply bf16 is told so."""
    if "BF16" not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        with pytest.raises(EngineError, match="bf16 asked for, but this processor does not multiply it"):
            Labeller.open(engine="openvino", precision="bf16")
        return
    rows = [json.loads(line) for path in sorted(COMPOSED.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    texts = [row["text"] for row in rows if row["split"] == "test"]
    assert len(texts) > 500
    given = [
        [(sentence.stance, sentence.claim_types) for sentence in Labeller.open(precision=precision).label_texts(texts)]
        for precision in ("bf16", "f32")
    ]
    equal = sum(ours == theirs for ours, theirs in zip(*given, strict=True))
    assert equal >= 0.995 * len(texts)


def test_torch_labels_as_the_default_does(labeller):
    clear = TEXTS[:4]
    ours = Labeller.open(engine="torch").label_texts(clear)
    assert [s.stance for s in ours] == [s.stance for s in labeller.label_texts(clear)]


def test_auto_takes_openvino_without_a_gpu(labeller, monkeypatch, tmp_path):
    monkeypatch.setattr(engines, "_NVIDIA", tmp_path / "none")
    assert open_engine(labeller.release.layout.folder).name.startswith("openvino")


def test_auto_takes_torch_where_it_can_use_a_gpu(labeller, monkeypatch, tmp_path):
    folder = labeller.release.layout.folder
    monkeypatch.setattr(engines, "_NVIDIA", tmp_path)
    monkeypatch.setattr(torch_engine, "sees_gpu", lambda: False)
    # Such a driver, but a torch for CPUs alone.
    assert open_engine(folder).name.startswith("openvino")
    monkeypatch.setattr(torch_engine, "sees_gpu", lambda: True)
    assert engines._torch_is_faster(folder)
    # What a wheel holds has no weights for torch.
    shutil.copytree(folder, tmp_path / "of-a-wheel", ignore=shutil.ignore_patterns("model.safetensors"))
    assert open_engine(tmp_path / "of-a-wheel").name.startswith("openvino")


@pytest.mark.parametrize("n_rows", [1, 3, 10, 11])
def test_a_batch_that_is_filled_up_gives_its_own_rows_alone(labeller, n_rows):
    engine = OpenVinoEngine(labeller.release.layout.folder, precision="f32")
    ids = np.arange(8 * n_rows, dtype=np.int64).reshape(n_rows, 8) + 5
    batch = EncodedBatch(ids, np.ones_like(ids))
    engine._least_tokens = 0
    (plain,) = engine.run([batch])
    engine._least_tokens = 81
    (filled,) = engine.run([batch])
    assert filled.stance_BS.shape == (n_rows, len(labeller.release.labels.stances))
    np.testing.assert_allclose(filled.stance_BS, plain.stance_BS, atol=1e-4)
    np.testing.assert_allclose(filled.claims_BC, plain.claims_BC, atol=1e-4)


def test_every_failing_batch_is_told_in_our_words(tmp_path):
    """A graph that no batch fits: the fault of the first is told, and those in flight with it are not lost in another."""
    ids, mask = (opset.parameter([-1, -1], np.int64, name=name) for name in ("ids", "mask"))
    # Wants rows of a length that none has.
    pair = [opset.reshape(one, np.array([-1, 7919], np.int64), special_zero=False) for one in (ids, mask)]
    openvino.save_model(openvino.Model(pair, [ids, mask], "failing"), tmp_path / "openvino_model.xml")
    engine = open_engine(tmp_path, engine="openvino", precision="f32")
    rows = np.ones((2, 8), dtype=np.int64)
    for n_batches in (1, 4):
        with pytest.raises(EngineError, match="OpenVINO could not run a batch"):
            list(engine.run([EncodedBatch(rows, rows)] * n_batches))


def test_torch_that_is_not_installed_is_named_with_its_extra(labeller, monkeypatch):
    monkeypatch.setattr(engines, "_torch_is_there", lambda: False)
    with pytest.raises(EngineError, match=r"pip install 'tasrih\[gpu\]'"):
        open_engine(labeller.release.layout.folder, engine="torch")


@pytest.mark.parametrize(("name", "given"), [("engine", "tpu"), ("precision", "int3")])
def test_unknown_choices_are_refused(labeller, name, given):
    with pytest.raises(EngineError, match=f"{name}: '{given}' given; choose one of auto"):
        open_engine(labeller.release.layout.folder, **{name: given})


def test_a_folder_without_weights_cannot_run_on_torch(tmp_path):
    with pytest.raises(EngineError, match=r"model\.safetensors: missing.*--engine openvino"):
        open_engine(tmp_path, engine="torch")


def test_what_is_compiled_is_kept_under_the_release_s_hash(cache):
    first = Labeller.open(engine="openvino")
    kept = cache / first.release.digest[:32]
    files = {path.name: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert files
    again = Labeller.open(engine="openvino")
    assert {path.name: path.stat().st_mtime_ns for path in kept.iterdir()} == files
    assert again.label_texts(TEXTS) == first.label_texts(TEXTS)


def test_old_compiled_releases_go(cache):
    for number in range(COMPILED_KEPT + 2):
        (cache / str(number)).mkdir(parents=True)
    Labeller.open(engine="openvino")
    assert len(list(cache.iterdir())) == COMPILED_KEPT


def test_a_cache_that_cannot_be_written_stops_nobody(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert Labeller.open(engine="openvino").label_texts(TEXTS[:1])


def test_a_caller_that_stops_early_leaves_a_working_engine(labeller):
    encoder = Encoder(labeller.release.layout.tokenizer, max_length=labeller.release.max_length)
    encoded = encoder.encode(TEXTS * 3)
    placed = list(batches(encoded, pad_id=labeller.release.pad_id, max_length=512, max_batch_tokens=64))
    answers = labeller.engine.run(p.batch for p in placed)
    next(iter(answers))
    answers.close()
    assert len(list(labeller.engine.run(p.batch for p in placed))) == len(placed)
