"""What sentences share: near-duplicates, held against comparing all pairs, and runs of words that stand in training."""

from itertools import combinations
from typing import Any

import numpy as np

from training.corpus import Row
from training.overlap import near_duplicates, shared_with_training


def row(number: int, split: str, text: str, **more: Any) -> Row:
    return Row(
        id=f"r{number}", text=text, stance="for", claim_types=(), split=split, source="composed", place="f", **more
    )


def jaccard(one: str, other: str) -> float:
    sets = [set(zip(words, words[1:], words[2:], strict=False)) for words in (one.split(), other.split())]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_near_duplicates_are_those_that_comparing_all_pairs_finds():
    random = np.random.default_rng(0)
    stories = [random.choice(list("ابتثجحخدذر"), size=14).tolist() for _ in range(8)]
    rows = []
    for number in range(120):
        words = list(stories[number % 8])
        for place in random.integers(14, size=number % 4):
            words[place] = "زائد"
        rows.append(row(number, ("train", "validation", "test")[number % 3], " ".join(words)))
    expected = {(a.id, b.id) for a, b in combinations(rows, 2) if jaccard(a.text, b.text) >= 0.5}
    found = [(a.id, b.id) for a, b in near_duplicates(rows)]
    assert set(found) == expected and len(found) == len(expected)
    assert 100 < len(expected) < 1000


def test_near_duplicates_read_past_marks_and_punctuation():
    text = "قالَ المتحدث إن الوفد وصل إلى العاصمة صباحا"
    rows = [
        row(1, "train", text),
        row(2, "train", text + " أمس"),
        row(3, "test", "«قال المتحدث، إنّ الوفد وصل إلى العاصمة»"),
        row(4, "test", "وصل الوفد"),
        row(5, "train", "وصل الوفد"),
    ]
    assert [(a.id, b.id) for a, b in near_duplicates(rows)] == [("r1", "r2"), ("r1", "r3"), ("r2", "r3")]


def test_runs_of_words_shared_with_training():
    words = [f"كلمة{letter}" for letter in "ابتثجحخدذر"]
    rows = [
        row(1, "train", " ".join(words)),
        row(2, "test", "«" + "، ".join(words[1:9]) + "» أمس"),
        row(3, "test", " ".join([*words[1:8], "غيرها", words[9]])),
        row(4, "validation", "قبل " + " ".join(words[2:])),
        row(5, "validation", "جملة لا تشبه ما سبق ولا تشاركه في شيء من الكلام"),
        row(6, "test", "جملة لا تشبه ما سبق ولا تشاركه في شيء من الكلام"),
    ]
    assert [r.id for r in shared_with_training(rows)] == ["r2", "r4"]
    assert [r.id for r in shared_with_training(rows, n_words=7)] == ["r2", "r3", "r4"]
    assert shared_with_training(rows, n_words=11) == []
