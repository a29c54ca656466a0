"""The splits of the real half: which documents print one story, and which split each document stands in.

Two outlets print one agency's story, and an outlet prints its own again. Documents with sentences that are nearly one
(`training/overlap.py`) are tied, tied documents make a cluster, and a cluster stands in one split, which a hash of its
smallest document's name decides, whatever split its documents stood in. Documents of no cluster keep theirs.
"""

import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.config_inputs import CorpusConfig
from training.corpus import read_corpus, read_jsonl
from training.overlap import near_duplicates
from training.row_schema import SPLITS

__all__ = ["Resplit", "clusters", "hash_split", "split_real"]


@dataclass(frozen=True, slots=True)
class Resplit:
    """What new splits came to.

    Attributes:
        clusters: of two documents or more; each the sorted keys of its documents.
        before: split -> sentences, as it was.
        after: split -> sentences, as it is.
        moved: (old split, new split) -> sentences that changed it.
    """

    clusters: tuple[tuple[str, ...], ...]
    before: Mapping[str, int]
    after: Mapping[str, int]
    moved: Mapping[tuple[str, str], int]


def split_real(labels: Path, texts: Path) -> Resplit:
    """Write the field `split` of the labels anew, for documents that stand in a cluster of two or more.

    Args:
        labels: the rows that point to their texts; replaced as a whole where a split changes, else left alone.
        texts: their texts, as `tasrih corpus build-real` wrote them; all of them, or clusters would be missed.

    Raises:
        CorpusError: a file or a text is missing, or a row breaks the schema.
    """
    rows = read_corpus(CorpusConfig(real_labels=labels, real_texts=texts)).rows
    items = [item for _, item in read_jsonl(labels)]
    document = {item["id"]: f"{item['repo']}\n{item['path']}" for item in items}
    found = clusters((document[a.id], document[b.id]) for a, b in near_duplicates(rows))
    split = {key: hash_split(cluster[0]) for cluster in found for key in cluster}
    old = [item["split"] for item in items]
    for item in items:
        item["split"] = split.get(document[item["id"]], item["split"])
    new = [item["split"] for item in items]
    if new != old:
        partial = labels.with_name(f".{labels.name}.{os.getpid()}")
        partial.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items), encoding="utf-8")
        partial.replace(labels)
    moved = Counter((a, b) for a, b in zip(old, new, strict=True) if a != b)
    before, after = Counter(old), Counter(new)
    return Resplit(found, {n: before[n] for n in SPLITS}, {n: after[n] for n in SPLITS}, dict(moved))


def hash_split(key: str) -> str:
    """The split of a document, or of a cluster by the smallest key in it: a tenth test, a tenth validation.

    Args:
        key: repository, line feed, path.
    """
    tenth = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 10
    return {0: "test", 1: "validation"}.get(tenth, "train")


def clusters(ties: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """What hangs together, over however many ties (union-find): sorted clusters of sorted keys, two at least."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        parent.setdefault(key, key)
        while parent[key] != key:
            key = parent[key]
        return key

    for one, other in ties:
        parent[root(one)] = root(other)
    members: dict[str, list[str]] = defaultdict(list)
    for key in sorted(parent):
        members[root(key)].append(key)
    return tuple(sorted(tuple(keys) for keys in members.values() if len(keys) > 1))
