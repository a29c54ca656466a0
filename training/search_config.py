"""The section `search` of a config: which knobs to try, how often, and when to give a trial up."""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from training.config_file import Keys, expected_of, known_keys, nearest_key
from training.config_inputs import Count, Section

__all__ = ["BEST_CONFIG", "SearchConfig", "Space", "set_key", "share_faults", "space_faults"]

# In the folder of a search: the config that its best trial makes.
BEST_CONFIG = "best.yaml"

Scalar = bool | int | float | str | None
# The sections that a trial's score depends on: it is that of an epoch on validation, before calibration and release.
TUNABLE = ("base", "corpus", "model", "training", "distillation")
# Settled before the first trial: the processes that make all trials meet once.
FIXED = ("training.processes", "training.device")


class Space(Section):
    """The values of one knob: `float: [low, high]`, `int: [low, high]` or `choice: [a, b, …]`.

    Attributes:
        floats: from where to where, both ends included.
        ints: likewise.
        choice: these alone, in no order.
        log: whether a float's or an int's orders of magnitude are tried equally often. For learning rates: true.
        step: of an int.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, populate_by_name=True)

    floats: Annotated[tuple[float, float] | None, Field(alias="float")] = None
    ints: Annotated[tuple[int, int] | None, Field(alias="int")] = None
    choice: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    log: bool = False
    step: Count | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Space":
        if sum(given is not None for given in (self.floats, self.ints, self.choice)) != 1:
            raise ValueError("expected exactly one of float: [low, high], int: [low, high] and choice: [a, b]")
        ends = self.floats or self.ints
        if ends is not None and not ends[0] < ends[1]:
            raise ValueError(f"{list(ends)} given, expected [low, high] with low below high")
        if self.log and (ends is None or ends[0] <= 0 or self.step is not None):
            raise ValueError("log: true is for a float or int whose low is above 0, without step")
        if self.step is not None and self.ints is None:
            raise ValueError("step is for int: [low, high] alone")
        return self

    @property
    def ends(self) -> tuple[Scalar, ...]:
        """Values to try out before any trial: both ends, or every choice."""
        return self.floats or self.ints or self.choice or ()

    def holds_only_multiples(self, n: int) -> bool:
        """Whether every value, of a space of whole numbers, is a multiple of `n`."""
        if self.ints is not None and self.log:
            return n == 1
        steps = (self.step or 1,) if self.ints is not None else ()
        values = self.ints[:1] if self.ints is not None else self.choice or ()
        return not any(isinstance(value, int) and value % n for value in (*values, *steps))

    def __str__(self) -> str:
        if self.choice is not None:
            return "one of " + ", ".join(map(str, self.choice))
        low, high = self.floats or self.ints or (0, 0)
        kind = "float" if self.floats else "int" if self.step is None else f"int by {self.step}"
        return f"{kind} from {low:g} to {high:g}" + (", by order of magnitude" if self.log else "")


class SearchConfig(Section):
    """A search for the knobs that score best on validation (optuna's TPE sampler and median pruner; extra [search]).

    Attributes:
        space: values of each knob, by its key, such as `training.learning_rate`.
        trials: how many runs, those given up included. More: better found, longer. May be raised and gone on with by --resume.
        startup_trials: the first so many are drawn at random and trained to their end; those after learn from them.
        warmup_epochs: no trial is given up before so many epochs. More: fewer mistakes about slow starters, longer.
        prune: whether a trial is given up whose epoch scores below the median of the trials before it. False trains all.
        seed: of the draws. The seed of training is `training.seed`, the same for all trials.
    """

    space: Annotated[dict[str, Space], Field(min_length=1)]
    trials: Count = 20
    startup_trials: Count = 5
    warmup_epochs: Count = 2
    prune: bool = True
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, data: Any) -> Any:
        """Nested keys of the space, as `--set search.space.training.epochs=…` writes them, joined by dots."""
        if isinstance(data, dict) and isinstance(data.get("space"), dict):
            return {**data, "space": dict(_joined(data["space"], ""))}
        return data


def _joined(space: Mapping[Any, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, value in space.items():
        nested = isinstance(value, dict) and value and all(isinstance(inner, dict) for inner in value.values())
        if nested:
            yield from _joined(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def space_faults(search: SearchConfig, sections: Mapping[str, Any], schema: type[BaseModel]) -> list[tuple[Keys, str]]:
    """What is wrong with a space, by its place: keys that are not there, values that the knob does not take.

    Args:
        search: the section.
        sections: the whole config as JSON types.
        schema: of the whole config.
    """
    faults: list[tuple[Keys, str]] = []
    known = known_keys(schema)
    for key, space in search.space.items():
        place = ("search", "space", key)
        keys = tuple(key.split("."))
        if keys[0] in known and keys[0] not in TUNABLE:
            faults.append((place, f"{keys[0]} does not change a trial's score; expected a key of {', '.join(TUNABLE)}"))
        elif key in FIXED:
            faults.append((place, f"is the same for all trials; set {key} itself, as in --set {key}=…"))
        elif key not in known:
            faults.append((place, f"unknown key; {nearest_key(keys, schema)}"))
        elif (listed := _list_on_the_way(keys, sections)) is not None:
            faults.append(
                (place, f"runs through the list {listed}; expected a key outside of lists: a config for each value")
            )
        else:
            faults += [(place, fault) for value in space.ends for fault in _fault(key, value, sections, schema)]
    return faults


def share_faults(batch_size: int, search: SearchConfig | None, n: int) -> list[tuple[Keys, str]]:
    """Batch sizes, by their place, that so many processes cannot share evenly: that of a run, or those of a search's trials."""
    expected = f"{n} processes, expected a multiple of their number: they share every batch"
    space = search.space.get("training.batch_size") if search is not None else None
    if space is None:
        wrong = batch_size % n
        near = f"; take {batch_size + n - wrong}, or another number of processes"
        return [(("training", "batch_size"), f"{batch_size} sentences given for {expected}{near}")] if wrong else []
    if space.holds_only_multiples(n):
        return []
    near = f"; take {{choice: [{4 * n}, {8 * n}]}}, say, or {{int: [{4 * n}, {8 * n}], step: {n}}}"
    return [(("search", "space", "training.batch_size"), f"{space} given for {expected}{near}")]


def _list_on_the_way(keys: Sequence[str], sections: Mapping[str, Any]) -> str | None:
    """The dotted key of the list that a key runs through; None where there is none."""
    value: Any = sections
    for depth, key in enumerate(keys[:-1], 1):
        value = value.get(key)
        if isinstance(value, list):
            return ".".join(keys[:depth])
        if value is None:
            return None
    return None


def _fault(key: str, value: Scalar, sections: Mapping[str, Any], schema: type[BaseModel]) -> Iterator[str]:
    trial = {**deepcopy(dict(sections)), "search": None}
    # What processes can share, and whether class weights name the labels, is told once, of the config itself.
    set_key(trial, "training.processes", None)
    set_key(trial, "training.stance_weights", "none")
    set_key(trial, "training.claim_positive_weights", "none")
    set_key(trial, key, value)
    try:
        schema.model_validate(trial)
    except ValidationError as error:
        yield f"{value!r} given, {expected_of(error.errors()[0])}"


def set_key(sections: dict[str, Any], key: str, value: Any) -> None:
    """Write the value of a dotted key into a config's sections."""
    *sections_of, last = key.split(".")
    target = sections
    for name in sections_of:
        if target.get(name) is None:
            target[name] = {}
        target = target[name]
    target[last] = value
