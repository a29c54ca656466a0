"""Labels and the heads that give them.

A release names its labels; nothing else in the code does. So a newsroom that trains with labels of its own
gets them in every answer without a line changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Label", "LabelSet"]


@dataclass(frozen=True, slots=True)
class Label:
    """A label's key in data, and the names people see.

    Attributes:
        name: the key in JSON, CSV and corpus files, such as ``denial``.
        arabic: what an Arabic reader is shown; the key itself where none was given.
        english: what an English reader is shown; the key itself where none was given.
    """

    name: str
    arabic: str
    english: str

    @classmethod
    def from_json(cls, item: Mapping[str, str] | str) -> "Label":
        """Read ``{"name", "arabic"?, "english"?}`` or a bare name."""
        if isinstance(item, str):
            return cls(item, item, item)
        return cls(item["name"], item.get("arabic", item["name"]), item.get("english", item["name"]))

    def to_json(self) -> dict[str, str]:
        return {"name": self.name, "arabic": self.arabic, "english": self.english}


@dataclass(frozen=True, slots=True)
class LabelSet:
    """The labels of the two heads, in the order of the logits.

    Attributes:
        stances: S labels of which a sentence gets exactly one (softmax).
        claims: C labels of which a sentence gets any number (independent sigmoids); may be empty.
    """

    stances: tuple[Label, ...]
    claims: tuple[Label, ...]

    def __post_init__(self) -> None:
        if len(self.stances) < 2:
            raise ValueError(f"stances: {len(self.stances)} given, at least 2 are needed")
        for field in ("stances", "claims"):
            names = [label.name for label in getattr(self, field)]
            if len(set(names)) != len(names):
                raise ValueError(f"{field}: a name stands twice in {names}")
        shared = set(self.stance_names) & set(self.claim_names)
        if shared:
            raise ValueError(f"stances and claims: {sorted(shared)} in both; a name must tell its head")

    @classmethod
    def from_json(cls, data: Mapping[str, Sequence[Any]]) -> "LabelSet":
        """Read ``{"stances": [...], "claims": [...]}``; raises `ValueError` where a name repeats."""
        return cls(
            tuple(Label.from_json(item) for item in data["stances"]),
            tuple(Label.from_json(item) for item in data.get("claims", ())),
        )

    def to_json(self) -> dict[str, list[dict[str, str]]]:
        return {
            "stances": [label.to_json() for label in self.stances],
            "claims": [label.to_json() for label in self.claims],
        }

    @property
    def stance_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.stances)

    @property
    def claim_names(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.claims)
