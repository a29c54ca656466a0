"""The folder that `infinity-emb` loads: `python -m benchmarks.load.infinity_model MODEL FOLDER`.

The peers' folder (`benchmarks.model`) with the tokenizer's class named as transformers 4 knows it; infinity takes none newer.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path


def write_model(model: Path, folder: Path) -> None:
    """Copy `model` to `folder`, the class renamed."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    config = folder / "tokenizer_config.json"
    data = json.loads(config.read_text(encoding="utf-8"))
    data["tokenizer_class"] = "PreTrainedTokenizerFast"
    config.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write_model(arguments.model, arguments.folder)
    sys.stdout.write("written\n")
