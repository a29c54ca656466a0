"""Where a run's base encoder comes from, told without loading anything."""

import importlib.util
from pathlib import Path

from training.config_inputs import BaseConfig
from training.hub import cached_base

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
        # A plan is made without the extra [train], too; then the cache cannot be looked into.
        if importlib.util.find_spec("huggingface_hub") and cached_base(config.model, config.revision):
            return []
        pinned = f" --revision {config.revision}" if config.revision else ""
        return [
            f"base.model: {config.model}: no such folder here, so it is a hub id, fetched from the model hub when the run "
            f"starts; beforehand: hf download {config.model}{pinned}"
        ]
    return [f"base.model: {config.model}: no model folder there (no config.json); name a folder or a hub id"]
