"""Probe groups: how they are read, and the figures of how alike and how right the answers are."""

import json
from pathlib import Path

import pytest

from tasrih.errors import CorpusError
from tasrih.labels import LabelSet
from training.probes import Answer, Group, main, measure, read_probes

ROOT = Path(__file__).resolve().parents[2]
LABELS = LabelSet.from_json({"stances": ["for", "against"], "claims": ["claim"]})
FOR: Answer = ("for", frozenset())
CLAIM: Answer = ("for", frozenset({"claim"}))
AGAINST: Answer = ("against", frozenset())


def group(name: str, n: int, gold: Answer) -> Group:
    return Group(name, tuple(f"نص {place}" for place in range(n)), gold)


def test_shares_of_groups_pairs_and_versions():
    groups = [group("a", 3, FOR), group("b", 2, CLAIM)]
    figures = measure(groups, [[FOR, FOR, AGAINST], [FOR, FOR]], draws=0)
    values = {part: {name: interval.value for name, interval in found.items()} for part, found in figures.items()}
    assert values == {
        # Group b is alike, and wrong in its claim types alone.
        "stance and claims": {"groups alike": 0.5, "pairs alike": 0.5, "versions right": 0.4},
        "stance": {"groups alike": 0.5, "pairs alike": 0.5, "versions right": 0.8},
        "claims": {"groups alike": 1.0, "pairs alike": 1.0, "versions right": 0.6},
    }
    assert all(found.low == found.value == found.high for part in figures.values() for found in part.values())


def test_intervals_hold_the_value_and_do_not_change():
    groups = [group(str(n), 2, FOR) for n in range(30)]
    answers: list[list[Answer]] = [[FOR, FOR if n % 3 else AGAINST] for n in range(30)]
    figures = measure(groups, answers)
    alike = figures["stance"]["groups alike"]
    assert alike.low < alike.value < alike.high
    assert measure(groups, answers) == figures


def test_an_answer_too_few_is_refused():
    with pytest.raises(ValueError, match="expected an answer to each version"):
        measure([group("a", 2, FOR)], [[FOR]])


def written(tmp_path: Path, *items: object) -> Path:
    path = tmp_path / "probes.jsonl"
    path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
    return path


def test_groups_are_read(tmp_path):
    item = {"id": "a", "stance": "for", "claim_types": ["claim"], "texts": ["وصل أحمد", "وصل سعيد"]}
    assert read_probes(written(tmp_path, item), LABELS) == [Group("a", ("وصل أحمد", "وصل سعيد"), CLAIM)]


def test_every_fault_is_told(tmp_path):
    sound = {"id": "a", "stance": "for", "claim_types": [], "texts": ["وصل أحمد", "وصل سعيد"]}
    bad = [
        {**sound, "stance": "neither"},
        {**sound, "claim_types": ["x"]},
        {**sound, "texts": ["وصل"]},
        {"id": "b"},
        [],
    ]
    with pytest.raises(CorpusError) as caught:
        read_probes(written(tmp_path, sound, *bad), LABELS)
    lines = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["2", "3", "4", "5", "6"]
    assert "stance 'neither' found; stances are for, against" in lines[0]


@pytest.mark.parametrize("text", ["", "\n"])
def test_a_file_without_groups(tmp_path, text):
    path = tmp_path / "empty.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match="no group"):
        read_probes(path, LABELS)


def test_the_command_prints_the_figures_and_tells_what_is_missing(tmp_path, capsys):
    labels = json.loads((ROOT / "models" / "current.json").read_text(encoding="utf-8"))
    release = ROOT / "models" / labels["release"]
    texts = ["وصل الوفد الإيراني إلى مسقط.", "وصل الوفد الروسي إلى مسقط."]
    item = {"id": "a", "stance": "neutral_report", "claim_types": [], "texts": texts}
    assert main([str(release), "--probes", str(written(tmp_path, item))]) == 0
    told = capsys.readouterr().out
    assert "1 groups, 2 versions" in told
    assert "stance and claims  versions right  1.000 [1.000, 1.000]" in told
    assert main([str(release), "--probes", str(tmp_path / "no.jsonl")]) == 1
    assert "no.jsonl: cannot be read" in capsys.readouterr().err
