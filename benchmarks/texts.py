"""Distinct sentences as long as those of real news, composed from our corpus: `python -m benchmarks.texts [--sentences N]`.

Clauses of ``data/composed/`` are joined in the order they stand there, from a clause drawn at random on, and cut at a word where
the wanted length is reached. They make no sense as news; their words, and so their tokens, are those of news. They are written as
the release's normalisation leaves them, so that every contestant is given the same tokens. The same corpus and release give the
same sentences on every machine.
"""

import argparse
import json
import random
import re
from collections.abc import Sequence
from functools import cache
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from tasrih.normalise import normalise
from tasrih.release import Release, find_release

ROOT = Path(__file__).resolve().parent.parent
# Share of sentences, and tokens (specials included) that so many have at most; between them, straight in the logarithm.
LENGTHS = (
    (0.0, 6), (0.05, 19), (0.25, 30), (0.5, 41), (0.75, 57), (0.95, 90), (0.99, 150), (0.995, 256), (1.0, 512),
)  # fmt: skip
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.995, 1.0)
ARTICLE_SENTENCES = 30
_CLAUSE_END = re.compile(r"(?<=[،؛.:؟])\s+")


class Composer:
    """Composes from the corpus, in tokens of the current release."""

    def __init__(self) -> None:
        release = Release.load(find_release())
        self.max_length = release.max_length
        self._tokenizer = Tokenizer.from_file(str(release.layout.tokenizer))
        rows = (
            json.loads(line)
            for path in sorted((ROOT / "data" / "composed").glob("*.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        )
        texts = dict.fromkeys(normalise(row["text"], scheme=release.normalisation) for row in rows)
        self._clauses = [clause.split() for text in texts for clause in _CLAUSE_END.split(text) if clause]

    def compose(self, n_sentences: int, *, seed: int = 0) -> list[str]:
        """So many distinct sentences; the same for the same number and seed."""
        draw = random.Random(seed)
        lengths = wanted_lengths(n_sentences)
        draw.shuffle(lengths)
        sentences: dict[str, None] = {}
        for length in lengths:
            while (text := self._fill(draw.randrange(len(self._clauses)), length)) in sentences:
                pass
            sentences[text] = None
        return list(sentences)

    def n_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each, specials included, before any cut."""
        return [len(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]

    def _fill(self, clause: int, length: int) -> str:
        # The tokenizer splits at spaces first, so a sentence has the tokens of its words, and two specials.
        words: list[str] = []
        n_tokens = 2
        following = islice(cycle(self._clauses), clause, None)
        for word in (word for words_of_clause in following for word in words_of_clause):
            more = self._word_tokens(word)
            # To the nearer side of the wanted length, but never above the maximum.
            if words and (n_tokens + more / 2 > length or n_tokens + more > self.max_length):
                break
            words.append(word)
            n_tokens += more
        return " ".join(words)

    @cache  # noqa: B019  one composer a process
    def _word_tokens(self, word: str) -> int:
        return len(self._tokenizer.encode(word, add_special_tokens=False).ids)


def wanted_lengths(n_sentences: int) -> list[int]:
    """Lengths in tokens, ascending, that follow `LENGTHS`."""
    shares, tokens = zip(*LENGTHS, strict=True)
    places = (np.arange(n_sentences) + 0.5) / n_sentences
    return [round(float(length)) for length in np.exp(np.interp(places, shares, np.log(tokens)))]


def write_texts(path: Path, n_sentences: int) -> None:
    """Write a JSON file: ``sentences``, their ``n_tokens``, and an ``article`` of `ARTICLE_SENTENCES` others."""
    composer = Composer()
    sentences = composer.compose(n_sentences)
    article = composer.compose(ARTICLE_SENTENCES, seed=1)
    n_tokens = composer.n_tokens(sentences)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = {"sentences": sentences, "n_tokens": n_tokens, "article": article}
    path.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
    quantiles = ", ".join(f"{share:g}: {np.quantile(n_tokens, share):.0f}" for share in QUANTILES)
    above = np.mean(np.array(n_tokens) > 256)
    print(f"{len(set(sentences))} distinct sentences; tokens at quantiles {quantiles}; above 256: {above:.2%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=4000)
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "bench" / "texts.json")
    arguments = parser.parse_args()
    write_texts(arguments.output, arguments.sentences)
