"""Reading a corpus with models that never saw what they read."""

import json
from pathlib import Path

import pytest

from tasrih.cli import main
from training import cross_read as module
from training.config import load_config
from training.corpus import read_corpus
from training.cross_read import Reading, contradictions, cross_read

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    return load_config(ROOT / "configs/smoke.yaml", ["training.epochs=1"])


def test_every_row_is_read_once_by_a_model_that_saw_nothing_of_its_document(config, monkeypatch):
    corpus = read_corpus(config.corpus)
    key = {row.id: row.group or row.document or row.id for row in corpus.rows}
    seen: list[tuple[set[str], set[str]]] = []
    fold = module._read_fold

    def spy(config, labels, device, train, validation, unseen):
        seen.append(({key[row.id] for row in (*train, *validation)}, {key[row.id] for row in unseen}))
        return fold(config, labels, device, train, validation, unseen)

    monkeypatch.setattr(module, "_read_fold", spy)
    readings = list(cross_read(config, corpus, folds=2))
    assert sorted(reading.row.id for reading in readings) == sorted(row.id for row in corpus.rows)
    assert len(seen) == 2 and all(not trained & read for trained, read in seen)


def test_confidence_is_that_of_the_surest_difference(config):
    for reading in cross_read(config, read_corpus(config.corpus), folds=2):
        differs = (reading.stance, set(reading.claim_types)) != (reading.row.stance, set(reading.row.claim_types))
        assert (reading.confidence > 0) is differs and reading.confidence <= 1


def test_the_surest_come_first(config):
    rows = read_corpus(config.corpus).rows[:3]
    readings = [
        Reading(row=row, stance=row.stance, claim_types=(), confidence=confidence)
        for row, confidence in zip(rows, (0.5, 0.99, 0.9), strict=True)
    ]
    assert [one.confidence for one in contradictions(readings, confidence=0.9)] == [0.99, 0.9]


def test_the_command_writes_labels_and_no_text(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    output = tmp_path / "read.jsonl"
    words = ["corpus", "cross-read", "configs/smoke.yaml", "--set", "training.epochs=1", "--folds", "2"]
    assert main([*words, "--confidence", "0", "--output", str(output)]) == 0
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert "sentences are contradicted" in capsys.readouterr().out
    assert rows and set(rows[0]) == {
        "id", "stance", "claim_types", "model_stance", "model_claim_types", "confidence"
    }  # fmt: skip
