"""The corpus counted: numbers that a small corpus shows by eye, tables, and plots that are files."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tasrih.errors import ConfigError
from tasrih.labels import LabelSet
from training.corpus import Corpus, Row
from training.corpus_plots import write_stats
from training.corpus_stats import count_corpus, quantiles
from training.corpus_tables import tables

LABELS = LabelSet.from_json({"stances": ["for", "against"], "claims": ["rumour", "denial"]})


def row(number: int, split: str, stance: str, *claims: str, **more: Any) -> Row:
    more = {"text": "كلمة " * number, "source": "composed", "place": "f", **more}
    return Row(id=f"r{number}", split=split, stance=stance, claim_types=claims, **more)


CORPUS = Corpus(
    (
        row(1, "train", "for", "denial", desk="sea", kind="headline", document="d1", phenomena=("typo", "long")),
        row(2, "train", "against", "rumour", "denial", desk="sea", kind="body", document="d1", phenomena=("typo",)),
        row(3, "validation", "for", desk="land", kind="body", group="g1", phenomena=("typo",)),
        row(4, "test", "against", "rumour", desk="land", kind="body", group="g1"),
        row(5, "test", "against", desk="sea", kind="body"),
        row(6, "test", "for", source="real", document="o/r:p", sure=False),
        row(7, "train", "for", source="real", document="o/r:q", sure=True),
    )
)


def test_rows_are_counted_by_all_they_are_told_apart_by():
    stats = count_corpus(CORPUS, LABELS)
    assert stats.rows["half"] == {
        "composed": {"train": 2, "validation": 1, "test": 2, "all": 5},
        "real": {"train": 1, "validation": 0, "test": 1, "all": 2},
    }
    assert list(stats.rows["stance"]) == ["for", "against"]
    assert stats.rows["claim type"] == {
        "rumour": {"train": 1, "validation": 0, "test": 1, "all": 2},
        "denial": {"train": 2, "validation": 0, "test": 0, "all": 2},
    }
    assert {name: counts["all"] for name, counts in stats.rows["desk"].items()} == {"sea": 3, "land": 2}
    assert {name: counts["all"] for name, counts in stats.rows["kind"].items()} == {"body": 4, "headline": 1}
    assert {name: counts["all"] for name, counts in stats.rows["phenomenon"].items()} == {"typo": 3, "long": 1}
    assert stats.labels["real"]["for"] == {"train": 1, "validation": 0, "test": 1, "all": 2}
    assert stats.desks == {"sea": {"for": 1, "against": 2}, "land": {"for": 1, "against": 1}}
    assert stats.together["against"] == {"for": 0, "against": 3, "rumour": 2, "denial": 1}
    assert stats.together["rumour"]["denial"] == stats.together["denial"]["rumour"] == 1
    assert stats.words == {"composed": {n: 1 for n in range(1, 6)}, "real": {6: 1, 7: 1}}
    assert stats.sure == {"real": 0.5}
    assert stats.documents == {
        "composed": {"articles": 1, "sentences": 2},
        "real": {"articles": 2, "sentences": 2},
    }
    assert stats.groups == {"groups": 1, "sentences": 2}


def test_quantiles_are_lengths_that_occur():
    assert quantiles({1: 50, 10: 49, 99: 1}, [0.05, 0.5, 0.51, 0.99, 1.0]) == [1, 1, 10, 10, 99]


def test_tables_show_every_count_and_no_empty_table():
    shown = tables(count_corpus(CORPUS, LABELS))
    assert "half      train  validation  test  all\ncomposed      2           1     2    5\n" in shown
    assert "reader was sure   share\nreal             50.0 %\n" in shown
    assert "3 rumour" in shown and "typo" in shown
    bare = Corpus(tuple(replace(r, desk=None, kind=None, phenomena=(), group=None, sure=None) for r in CORPUS.rows))
    shown = tables(count_corpus(bare, LABELS))
    assert not any(title in shown for title in ("desk", "kind", "phenomenon", "contrasts", "sure"))
    assert "\n\n\n" not in shown


def test_plots_and_numbers_are_written(tmp_path):
    stats = count_corpus(CORPUS, LABELS)
    written = write_stats(stats, tmp_path / "a" / "b")
    assert [path.name for path in written] == ["stats.json", "labels.png", "desks.png", "lengths.png", "phenomena.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written[1:])
    facts = json.loads(written[0].read_text(encoding="utf-8"))
    assert facts["rows"]["half"]["composed"]["all"] == 5 and facts["sha256"] == CORPUS.sha256


def test_a_plot_of_nothing_is_left_out_and_a_folder_in_the_way_is_told(tmp_path):
    bare = Corpus(tuple(replace(r, desk=None, phenomena=()) for r in CORPUS.rows[:3]))
    stats = count_corpus(bare, LABELS)
    assert [path.name for path in write_stats(stats, tmp_path)] == ["stats.json", "labels.png", "lengths.png"]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"--output .*file: cannot be written"):
        write_stats(stats, tmp_path / "file")
