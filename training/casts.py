"""The table of casts: who may take whose part in a sentence, and in which words (`training/casts.yaml` says how it is read).

`training/cast_names.py` finds who is named in a text, `training/cast_swap.py` gives their parts to others.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import yaml
from pydantic import Field, ValidationError, model_validator

from tasrih.errors import ConfigError
from training.cast_names import Mention, Names
from training.config_inputs import Section

__all__ = ["DEFAULT_TABLE", "Actor", "Casts", "Swap", "read_casts"]

DEFAULT_TABLE = Path(__file__).with_name("casts.yaml")


class Actor(Section):
    """Someone who gives or takes a part; the fields are explained in `training/casts.yaml`."""

    forms: dict[str, tuple[str, ...]] = Field(min_length=1)
    also: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    stems: tuple[str, ...] = Field(min_length=1)
    ties: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "Actor":
        for slot, words in self.forms.items():
            if not words or not all(word.strip() for word in words):
                raise ValueError(f"forms.{slot}: {list(words)} given, expected one spelling at least")
        unwritten = sorted(set(self.also) - set(self.forms))
        if unwritten:
            raise ValueError(f"also: {unwritten} stand nowhere under forms; give a form that is written, too")
        return self


class Swap(Section):
    """Who takes whose part, and where that is safe; the fields are explained in `training/casts.yaml`."""

    name: str
    moves: dict[str, str] = Field(min_length=1)
    needs: tuple[str, ...] | None = None
    beside: tuple[str, ...] = Field(default=(), alias="with")
    unless: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    stances: tuple[str, ...] | None = None
    claims: tuple[str, ...] = ()

    @property
    def needed(self) -> frozenset[str]:
        """Actors that must be named."""
        return frozenset(self.moves if self.needs is None else self.needs)

    def keeps(self, stance: str, claim_types: Iterable[str]) -> bool:
        """Whether a sentence of these labels has them still once the parts are given to others."""
        return (self.stances is None or stance in self.stances) and set(self.claims) <= set(claim_types)

    def and_also(self, other: "Swap") -> "Swap":
        """Both at once; this one alone where both move one actor, or give two the same part."""
        if set(self.moves) & set(other.moves) or set(self.moves.values()) & set(other.moves.values()):
            return self
        return self.model_copy(
            update={
                "moves": {**self.moves, **other.moves},
                "needs": tuple(self.needed | other.needed),
                "beside": (*self.beside, *other.beside),
                "unless": (*self.unless, *other.unless),
                "words": (*self.words, *other.words),
            }
        )


class Casts(Section):
    """The table, checked."""

    actors: dict[str, Actor]
    given_names: tuple[str, ...] = ()
    swaps: tuple[Swap, ...]
    accusers: tuple[Swap, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> "Casts":
        for swap in (*self.swaps, *self.accusers):
            named = {*swap.moves, *swap.moves.values(), *swap.needed, *swap.beside, *swap.unless}
            if named - set(self.actors):
                raise ValueError(
                    f"{swap.name}: {sorted(named - set(self.actors))} stand not under actors; add them there"
                )
            if len(set(swap.moves.values())) < len(swap.moves):
                raise ValueError(
                    f"{swap.name}: moves give one part twice: {swap.moves}; expected another taker for each"
                )
            if not swap.needed <= set(swap.moves):
                raise ValueError(
                    f"{swap.name}: needs {sorted(swap.needed)}, of whom some have no move; use `with` for them"
                )
        return self

    def mentions(self, text: str) -> list[Mention]:
        """Every known form of every actor in the text, in order, the longest where several fit."""
        return self._names.find(text)

    @cached_property
    def _names(self) -> Names:
        return Names(self.actors)


def read_casts(path: Path | None = None) -> Casts:
    """Read and check a table; None takes the one that comes with this package.

    Raises:
        ConfigError: it cannot be read or breaks the schema; every fault is named.
    """
    path = path or DEFAULT_TABLE
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"corpus.cast_swap.table: {path}: cannot be read ({error}); name a YAML table, or null for the one that "
            "comes with tasrih"
        ) from error
    try:
        return Casts.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_faults(path, error.errors()))) from error


def _faults(path: Path, errors: Iterable[Mapping[str, object]]) -> Iterable[str]:
    for error in errors:
        loc = error["loc"]
        place = ".".join(str(key) for key in loc) if isinstance(loc, tuple) else ""
        yield f"{path}: {place or 'table'}: {str(error['msg']).removeprefix('Value error, ')}"
