"""Put the default release into the wheel, so that an installed tasrih labels with no checkout and no network.

The torch weights stay out: the CPU engine does not need them, and they double the wheel.
"""

import json
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReleaseHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``models/current.json`` and the release it names under ``tasrih/models``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        pointer = Path(self.root) / "models" / "current.json"
        if version == "editable" or not pointer.is_file():
            return
        folder = pointer.parent / json.loads(pointer.read_text(encoding="utf-8"))["release"]
        inside = build_data["force_include"]
        inside[str(pointer)] = "tasrih/models/current.json"
        for path in sorted(folder.iterdir()):
            if path.suffix != ".safetensors":
                inside[str(path)] = f"tasrih/models/{folder.name}/{path.name}"
