"""Writes what peers can load, from the current release: `python -m benchmarks.model FOLDER`.

A plain folder of transformers: its stock classifier of the same architecture around the same encoder weights, float32, with as
many labels as our two heads have together. The labels mean nothing, because its head is drawn at random and pools as stock
classifiers do; the arithmetic is that of the release.
"""

import argparse
import sys
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from tasrih.engines.classifier import CONFIG_KEY, load_classifier
from tasrih.release import Release, find_release


def write_model(folder: Path) -> None:
    """Write ``config.json``, ``model.safetensors``, ``tokenizer.json`` and their like into `folder`."""
    release = Release.load(find_release())
    encoder = load_classifier(release.layout.folder).encoder
    config = AutoConfig.from_pretrained(release.layout.folder)
    delattr(config, CONFIG_KEY)
    config.num_labels = len(release.labels.stances) + len(release.labels.claims)
    torch.manual_seed(0)
    model = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    body = getattr(model, model.base_model_prefix)
    # The pooler of BERT is no part of the release.
    missing, unexpected = body.load_state_dict(encoder.state_dict(), strict=False)
    assert not unexpected and all(name.startswith("pooler.") for name in missing), (missing, unexpected)
    model.save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(release.layout.tokenizer),
        model_max_length=release.max_length,
        model_input_names=["input_ids", "attention_mask"],
        **_specials(release),
    )
    tokenizer.save_pretrained(folder)


def _specials(release: Release) -> dict[str, str]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(release.layout.tokenizer))
    return {"pad_token": str(tokenizer.id_to_token(release.pad_id))}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    write_model(parser.parse_args().folder)
    sys.stdout.write("written\n")
