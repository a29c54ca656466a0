"""What was computed of late: what repeats is not computed again, and memory stays bounded."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from threading import Lock
from typing import Generic, TypeVar

__all__ = ["Recent"]

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values of the keys seen last; threads may share it.

    Args:
        max_entries: how many; 0 keeps none.
    """

    def __init__(self, max_entries: int) -> None:
        self.max_entries = max_entries
        self._lock = Lock()
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """The values of those keys that are here."""
        if not self.max_entries:
            return {}
        found: dict[Key, Value] = {}
        with self._lock:
            for key in keys:
                if key in self._values:
                    self._values.move_to_end(key)
                    found[key] = self._values[key]
        return found

    def put(self, values: Mapping[Key, Value]) -> None:
        """Keep values, the last ones where there are too many; what they refer to lives as long as they do."""
        if not self.max_entries:
            return
        with self._lock:
            for key, value in values.items():
                self._values[key] = value
                self._values.move_to_end(key)
                if len(self._values) > self.max_entries:
                    self._values.popitem(last=False)
