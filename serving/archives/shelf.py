"""What was read of archives' sentences a moment ago, so that turning a page does not read them all again."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from serving.archives.archive import manifest_of
from serving.archives.folder import Archives
from serving.archives.queries import Filters
from serving.archives.ranking import Ranking
from serving.archives.sentences import Sentences
from tasrih.types import IntArray

__all__ = ["Shelf"]

# Some megabytes each, of an archive of a million sentences.
KEPT = 8

T = TypeVar("T")


class Shelf:
    """Sentences of archives, and which of them pass which filters. Threads may share one."""

    def __init__(self, archives: Archives) -> None:
        self._archives = archives
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def sentences(self, id: str) -> Sentences:
        """Those of now."""
        folder = self._archives.folder(id)
        return Sentences(folder, manifest_of(folder))

    def matching(self, id: str, sentences: Sentences, filters: Filters) -> IntArray:
        """Numbers of those that pass the filters."""
        wanted = tuple(getattr(filters, name) for name in Filters.model_fields)
        return self._get((id, sentences.total, wanted), lambda: sentences.matching(filters))

    def ranking(self, id: str, sentences: Sentences) -> Ranking:
        """What the order for review takes."""
        return self._get((id, sentences.total, "ranking"), lambda: Ranking(sentences))

    def _get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key])
        # Two who ask at once both make it; that costs less than a lock held for seconds.
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return made
