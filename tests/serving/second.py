"""A second release: the first one under another version, with another temperature, so that its answers differ."""

import json
import shutil
from pathlib import Path

from tasrih.release import digest, find_release

VERSION = "9.9.9"


def second_release(folder: Path) -> Path:
    target = folder / "second"
    shutil.copytree(find_release(), target, ignore=shutil.ignore_patterns("*.safetensors"))
    path = target / "release.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["version"] = VERSION
    facts["calibration"]["temperatures"]["stance"] *= 2
    facts["digest"] = digest(facts)
    path.write_text(json.dumps(facts), encoding="utf-8")
    return target
