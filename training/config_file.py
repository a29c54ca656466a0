"""Reads a config file: YAML to a validated model, or one error that lists every fault with its line.

It knows nothing of what the keys mean; `training/config.py` does.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tasrih.errors import ConfigError

__all__ = ["KeyFaultsError", "Keys", "expected_of", "known_keys", "nearest_key", "read_config"]

Model = TypeVar("Model", bound=BaseModel)
Keys = tuple[str | int, ...]


class KeyFaultsError(ValueError):
    """Raised in a validator that sees the whole config: what is wrong, each with its key, so that its line can be told."""

    def __init__(self, faults: Sequence[tuple[Keys, str]]) -> None:
        super().__init__("; ".join(f"{_dotted(keys)}: {fault}" for keys, fault in faults))
        self.faults = faults


def read_config(path: Path, overrides: Sequence[str], schema: type[Model]) -> Model:
    """Read `path`, apply `overrides` (`a.b=c`), validate against `schema`.

    Raises:
        ConfigError: one that names all faults.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); name a YAML file such as configs/default.yaml") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise ConfigError(
            f"{path}{line}: not valid YAML ({getattr(error, 'problem', error)}); mend that line"
        ) from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: holds {type(data).__name__}, expected sections ({', '.join(schema.model_fields)})")
    turning = _recursive(node, ())
    if turning is not None:
        raise ConfigError(f"{path}:{turning}: an alias stands inside of what it names; write the value out")
    lines = dict(_lines(node, ()))
    faults = [f"{path}:{line}: {_dotted(keys)}: stands twice; keep one" for keys, line in _repeated(node, ())]
    places = {keys: f"{path}:{line}" for keys, line in lines.items()}
    for override in overrides:
        faults += _apply(override, data, places)
    try:
        config = schema.model_validate(data)
    except ValidationError as error:
        faults += _descriptions(error.errors(), places, path, schema)
    if faults:
        raise ConfigError("\n".join(dict.fromkeys(faults)))
    return config


def _recursive(node: yaml.Node | None, above: tuple[yaml.Node, ...]) -> int | None:
    """The line, from 1, of a list or mapping that holds itself by an alias, as in `&a [*a]`; None where none does."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return None
    if any(node is one for one in above):
        return int(node.start_mark.line) + 1
    children = [value for _, value in node.value] if isinstance(node, yaml.MappingNode) else node.value
    found = (_recursive(child, (*above, node)) for child in children)
    return next((line for line in found if line is not None), None)


def _lines(node: yaml.Node | None, keys: Keys) -> Iterator[tuple[Keys, int]]:
    """The line, from 1, of every key and list item."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*keys, str(key.value))
            yield here, key.start_mark.line + 1
            yield from _lines(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield (*keys, place), value.start_mark.line + 1
            yield from _lines(value, (*keys, place))


def _repeated(node: yaml.Node | None, keys: Keys) -> Iterator[tuple[Keys, int]]:
    # YAML keeps the last of two equal keys in silence: the reader of the first one would be misled.
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = (*keys, str(key.value))
            if key.value in seen:
                yield here, key.start_mark.line + 1
            seen.add(key.value)
            yield from _repeated(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            yield from _repeated(value, (*keys, place))


def _apply(override: str, data: dict[str, Any], places: dict[Keys, str]) -> list[str]:
    """Write one `a.b=c` into `data`; the faults of its form."""
    dotted, equals, value = override.partition("=")
    keys = tuple(dotted.strip().split("."))
    shown = f"--set {override}"
    if not equals or not all(keys):
        return [f"{shown}: expected SECTION.KEY=VALUE, such as --set training.epochs=2"]
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as error:
        return [f"{shown}: the value is not YAML ({getattr(error, 'problem', error)}); quote it"]
    target: Any = data
    for depth, key in enumerate(keys[:-1]):
        if target.get(key) is None:
            target[key] = {}
        target = target[key]
        if not isinstance(target, dict):
            return [f"{shown}: {_dotted(keys[: depth + 1])} holds no keys; set the whole of it instead"]
        places.setdefault(keys[: depth + 1], shown)
    target[keys[-1]] = parsed
    for known in [known for known in places if known[: len(keys)] == keys]:
        del places[known]
    places[keys] = shown
    return []


def _descriptions(
    details: Sequence[ErrorDetails], places: Mapping[Keys, str], path: Path, schema: type[BaseModel]
) -> Iterator[str]:
    """A line for each fault; what the branches of a union expected of one value stands in one line."""
    messages: dict[Keys, list[str]] = {}
    for detail in details:
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, KeyFaultsError):
            for own, fault in cause.faults:
                yield f"{_place(own, places, path)}: {_dotted(own)}: {fault}"
            continue
        keys = _without_tags(detail["loc"])
        in_union = len(keys) < len(detail["loc"])
        if in_union and isinstance(detail["input"], dict) and detail["type"] == "literal_error":
            continue  # names were not meant: the branch that takes factors says what is wrong with them
        if in_union and keys in messages:
            messages[keys].append(expected_of(detail))
        elif in_union:
            messages[keys] = [_describe(detail, keys, places, path, schema)]
        else:
            yield _describe(detail, keys, places, path, schema)
    for lines in messages.values():
        yield ", or ".join(lines)


def _without_tags(loc: Keys) -> Keys:
    # pydantic puts the branch of a union into the place: ('stance_weights', "literal['none','balanced']").
    return tuple(key for key in loc if not (isinstance(key, str) and "[" in key))


def _describe(detail: ErrorDetails, keys: Keys, places: Mapping[Keys, str], path: Path, schema: type[BaseModel]) -> str:
    place = _place(keys, places, path)
    if detail["type"] == "extra_forbidden":
        return f"{place}: {_dotted(keys)}: unknown key; {nearest_key(keys, schema)}"
    if detail["type"] == "missing":
        return f"{place}: {_dotted(keys)}: missing; add it"
    given = "" if isinstance(detail["input"], (dict, BaseModel)) else f"{detail['input']!r} given, "
    return f"{place}: {_dotted(keys) + ': ' if keys else ''}{given}{expected_of(detail)}"


def _place(keys: Keys, places: Mapping[Keys, str], path: Path) -> str:
    return next((places[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in places), str(path))


def expected_of(detail: ErrorDetails) -> str:
    """What a value should have been, in pydantic's words."""
    message = detail["msg"].removeprefix("Value error, ")
    return message[0].lower() + message[1:]


def _dotted(keys: Keys) -> str:
    return ".".join(str(key) for key in keys)


def nearest_key(keys: Keys, schema: type[BaseModel]) -> str:
    """Which known key was probably meant: of the same section first, then of any."""
    known = dict(_known(schema, ()))
    siblings = [name for name in known if known[name][:-1] == tuple(k for k in keys[:-1] if isinstance(k, str))]
    wrong = str(keys[-1])
    here = {str(known[name][-1]): name for name in siblings}
    close = difflib.get_close_matches(wrong, here, n=1, cutoff=0.6)
    if close:
        return f"nearest known key: {here[close[0]]}"
    anywhere = {str(known[name][-1]): name for name in known}
    close = difflib.get_close_matches(wrong, anywhere, n=1, cutoff=0.75)
    if close:
        return f"nearest known key: {anywhere[close[0]]}"
    section = _dotted(keys[:-1]) or "a config"
    # Nothing is like it, so all of the section is shown; the first of them in spelling is as near as it gets.
    return f"known keys of {section}: {', '.join(sorted(here))}"


def known_keys(schema: type[BaseModel]) -> set[str]:
    """Every key of a config, dotted; sections, too."""
    return {name for name, _ in _known(schema, ())}


def _known(schema: type[BaseModel], keys: Keys) -> Iterator[tuple[str, Keys]]:
    for name, field in schema.model_fields.items():
        here = (*keys, field.alias or name)
        yield _dotted(here), here
        for inner in _models(field.annotation):
            yield from _known(inner, here)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
