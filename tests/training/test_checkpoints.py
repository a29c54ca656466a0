"""Of the checkpoints that a kill leaves, the newest whole one counts."""

import json
from pathlib import Path

import pytest

from tasrih.errors import ConfigError
from training.checkpoints import newest_checkpoint, resume_point


def checkpoint(run: Path, step: int, text: str | None = None) -> Path:
    folder = run / "checkpoints" / f"checkpoint-{step}"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    if text is None:
        counter = {"args": {}, "attributes": {"early_stopping_patience_counter": 2}}
        text = json.dumps(
            {"global_step": step, "epoch": step / 4, "stateful_callbacks": {"EarlyStoppingCallback": counter}}
        )
    if text:
        (folder / "trainer_state.json").write_text(text, encoding="utf-8")
    return folder


def test_the_newest_whole_one_by_step_and_not_by_name(tmp_path):
    checkpoint(tmp_path, 8)
    whole = checkpoint(tmp_path, 12)
    halves = [
        checkpoint(tmp_path, 16, ""),
        checkpoint(tmp_path, 20, '{"global_step": 2'),
        checkpoint(tmp_path, 24, "[]"),
    ]
    found = newest_checkpoint(tmp_path)
    assert found is not None
    assert (found.folder, found.step, found.epoch, found.bad_epochs) == (whole, 12, 3, 2)
    (tmp_path / "log.jsonl").write_text('{"step": 12}\n{"step": 13}\n{"step": 1', encoding="utf-8")
    assert resume_point(tmp_path) == found
    assert not any(half.exists() for half in halves)
    assert (tmp_path / "log.jsonl").read_text(encoding="utf-8") == '{"step": 12}\n'


def test_none_is_told(tmp_path):
    checkpoint(tmp_path, 4, "")
    assert newest_checkpoint(tmp_path) is None
    with pytest.raises(ConfigError, match="holds no whole checkpoint"):
        resume_point(tmp_path)
