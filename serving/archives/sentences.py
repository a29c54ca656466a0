"""The sentences that an archive's job has written so far: filtered, and read back by their numbers.

A sentence's number is its place over all parts. Filters work on columns of one part at a time; what is kept of them are numbers
alone, so that an archive of a million sentences takes some megabytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from serving.archives.archive import LABELLED
from serving.archives.queries import Filters
from serving.batch.dates import day_of
from serving.batch.manifest import Manifest
from serving.batch.repeats import folded
from tasrih.types import BoolArray, FloatArray64, IntArray

__all__ = ["Sentences"]


class Sentences:
    """The sentences of one archive, as its manifest tells at one time.

    Attributes:
        total: how many there are.
        columns: of the parts.
        stances: names of the release's stances.
        claims: names of its claim types.
    """

    def __init__(self, folder: Path, manifest: Manifest | None) -> None:
        shards = manifest.shards if manifest is not None else ()
        self._paths = [folder / LABELLED / shard.files["sentences"]["name"] for shard in shards]
        self._ends: IntArray = np.cumsum([0, *(shard.sentences for shard in shards)], dtype=np.int64)
        thresholds = manifest.job["thresholds"]["thresholds"] if manifest is not None else {}
        self.columns: list[str] = pq.read_schema(self._paths[0]).names if self._paths else []
        self.claims = tuple(thresholds)
        given = {f"p_{name}" for name in thresholds}
        self.stances = tuple(
            name.removeprefix("p_") for name in self.columns if name.startswith("p_") and name not in given
        )
        self._thresholds: FloatArray64 = np.array([thresholds[name] for name in self.claims], dtype=np.float64)

    @property
    def total(self) -> int:
        return int(self._ends[-1])

    def matching(self, filters: Filters) -> IntArray:
        """Numbers of the sentences that pass the filters, rising."""
        if filters.model_dump(exclude_none=True, include=set(Filters.model_fields)) == {}:
            return np.arange(self.total, dtype=np.int64)
        found = [np.zeros(0, dtype=np.int64)]
        for start, path in zip(self._ends, self._paths, strict=False):
            table = pq.read_table(path, columns=self._needed(filters))
            found.append(np.flatnonzero(self._mask(table, filters)).astype(np.int64) + start)
        return np.concatenate(found)

    def _needed(self, filters: Filters) -> list[str]:
        probabilities = [f"p_{name}" for name in (*self.stances, *self.claims)]
        used = {
            "stance": True,
            "claim_types": filters.claim_type is not None,
            "source": filters.source is not None,
            "published": filters.from_ is not None or filters.to is not None,
            "needs_review": filters.needs_review is not None,
            "text": filters.q is not None,
        }
        names = [name for name, is_used in used.items() if is_used]
        return names + (probabilities if filters.max_confidence is not None else [])

    def _mask(self, table: pa.Table, filters: Filters) -> BoolArray:
        mask: BoolArray = np.ones(table.num_rows, dtype=np.bool_)
        for name, wanted in (
            ("stance", filters.stance),
            ("source", filters.source),
            ("needs_review", filters.needs_review),
        ):
            if wanted is not None:
                equal = pc.fill_null(pc.equal(table[name], pa.scalar(wanted)), False)
                mask &= equal.to_numpy(zero_copy_only=False)
        if filters.claim_type is not None:
            mask &= np.array(
                [filters.claim_type in (one or ()) for one in table["claim_types"].to_pylist()], dtype=np.bool_
            )
        if filters.from_ is not None or filters.to is not None:
            mask &= _mapped(table["published"], lambda text: _is_between(text, filters))
        if filters.max_confidence is not None:
            mask &= self._confidence(table) <= filters.max_confidence
        if filters.q is not None:
            wanted_words = folded(filters.q).split()
            mask &= _mapped(table["text"], lambda text: all(word in folded(text or "") for word in wanted_words))
        return mask

    def confidence(self) -> FloatArray64:
        """Of every sentence, the probability that stance and claim types are right, all together."""
        columns = [f"p_{name}" for name in (*self.stances, *self.claims)]
        parts = [self._confidence(pq.read_table(path, columns=columns)) for path in self._paths]
        return np.concatenate([np.zeros(0), *parts])

    def _confidence(self, table: pa.Table) -> FloatArray64:
        """As `tasrih.calibration.Calibration.confidence` reckons it."""
        stances_BS = _matrix(table, self.stances)
        claims_BC = _matrix(table, self.claims)
        chosen_BC = np.where(claims_BC >= self._thresholds, claims_BC, 1.0 - claims_BC)
        confidence_B: FloatArray64 = stances_BS.max(axis=1, initial=0.0) * chosen_BC.prod(axis=1)
        return confidence_B

    def texts(self) -> Iterator[str]:
        """Of every sentence, in order."""
        for path in self._paths:
            yield from pq.read_table(path, columns=["text"])["text"].to_pylist()

    def rows(self, numbers: Sequence[int] | IntArray, columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
        """The sentences of these numbers, in their order."""
        wanted = np.asarray(numbers, dtype=np.int64)
        parts = np.searchsorted(self._ends, wanted, side="right") - 1
        found: dict[int, dict[str, Any]] = {}
        for part in np.unique(parts):
            inside = wanted[parts == part]
            table = pq.read_table(self._paths[part], columns=None if columns is None else list(columns))
            rows = table.take(pa.array(inside - self._ends[part])).to_pylist()
            found.update(zip(inside.tolist(), rows, strict=True))
        return [found[number] for number in wanted.tolist()]

    def batches(self, numbers: IntArray, *, size: int = 1000) -> Iterator[dict[str, Any]]:
        """As `rows`, a few in memory at a time, for numbers that rise."""
        for start, end in zip(self._ends, self._ends[1:], strict=False):
            inside = numbers[(numbers >= start) & (numbers < end)]
            for place in range(0, len(inside), size):
                yield from self.rows(inside[place : place + size])

    def to_json(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A sentence as every answer gives it, and where it is from."""
        return {
            **{name: row[name] for name in ("text", "start", "end", "kind", "stance")},
            "stance_probabilities": {name: row[f"p_{name}"] for name in self.stances},
            "claim_types": row["claim_types"],
            "claim_probabilities": {name: row[f"p_{name}"] for name in self.claims},
            **{name: row[name] for name in ("needs_review", "n_tokens", "truncated")},
            **{name: row[name] for name in ("article_id", "source", "published", "place")},
        }


def _matrix(table: pa.Table, names: Sequence[str]) -> FloatArray64:
    if not names:
        return np.ones((table.num_rows, 0))
    return np.stack([table[f"p_{name}"].to_numpy() for name in names], axis=1)


def _is_between(published: str | None, filters: Filters) -> bool:
    day = day_of(published)
    if day is None:
        return False
    return (filters.from_ is None or day >= filters.from_) and (filters.to is None or day <= filters.to)


def _mapped(column: pa.ChunkedArray, holds: Any) -> npt.NDArray[np.bool_]:
    """Whether it holds of each value; asked once of equal ones."""
    values = column.to_pylist()
    answers = {value: holds(value) for value in set(values)}
    return np.array([answers[value] for value in values], dtype=np.bool_)
