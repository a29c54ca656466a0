"""What callers send: single sentences and whole articles, mixed; `python -m benchmarks.load.mix FILE` writes them.

Three requests hold a sentence each, the fourth an article of about thirty; all sentences are distinct (`benchmarks.texts`). An
article is sent to us as text. Peers that do not split are given the sentences that we find in it, already split, in one request:
they are spared that work.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from benchmarks.texts import ARTICLE_SENTENCES, Composer
from tasrih.article import read_article
from tasrih.sentences import split_article
from tasrih.types import Document

ARTICLES = 120
SINGLES_AN_ARTICLE = 3
PARAGRAPH_SENTENCES = 5
_INNER_END = re.compile(r"[.؟!]+(?=\s)")


def write_mix(path: Path, n_articles: int = ARTICLES) -> None:
    """Write a JSON list of ``{"kind": "single" or "article", "text", "sentences"}``."""
    sentences = iter(Composer().compose(n_articles * (ARTICLE_SENTENCES + SINGLES_AN_ARTICLE), seed=2))
    mix: list[dict[str, Any]] = []
    for _ in range(n_articles):
        for _ in range(SINGLES_AN_ARTICLE):
            text = next(sentences)
            mix.append({"kind": "single", "text": text, "sentences": [text]})
        mix.append(_article([next(sentences) for _ in range(ARTICLE_SENTENCES)]))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(mix, ensure_ascii=False) + "\n", encoding="utf-8")


def _article(sentences: list[str]) -> dict[str, Any]:
    # Clauses of several sentences stand in one of ours: what ends inside it is made a comma, else an article had twice as many.
    ended = [f"{_INNER_END.sub('،', text).rstrip(' ،؛:.؟!')}." for text in sentences]
    starts = range(0, len(ended), PARAGRAPH_SENTENCES)
    text = "\n\n".join(" ".join(ended[start : start + PARAGRAPH_SENTENCES]) for start in starts)
    found = split_article(read_article(Document(text=text)))
    return {"kind": "article", "text": text, "sentences": [sentence.text for sentence in found]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    write_mix(parser.parse_args().path)
    sys.stdout.write("written\n")
