"""Where a run's base encoder comes from, told without loading anything."""

from pathlib import Path

from training.config_inputs import BaseConfig

__all__ = ["is_hub_id", "missing_base"]

OFFLINE_BASE = Path("models/base")


def is_hub_id(model: str) -> bool:
    """Whether `model` reads as `owner/name` of a hub rather than as a folder."""
    return model.count("/") == 1 and not model.startswith((".", "/", "~", "models/")) and not Path(model).exists()


def missing_base(config: BaseConfig) -> list[str]:
    """What the base needs and is not there, with the command that supplies it."""
    if config.model is None or (Path(config.model) / "config.json").is_file():
        return []
    if Path(config.model) == OFFLINE_BASE:
        return [f"base.model: {config.model}: not built; python -m training.base_encoder"]
    if is_hub_id(config.model):
        return [
            f"base.model: {config.model}: no such folder here, so it is a hub id, fetched from the model hub (or taken from "
            f"its cache) when the run starts; beforehand: hf download {config.model}"
        ]
    return [f"base.model: {config.model}: no model folder there (no config.json); name a folder or a hub id"]
