"""Fetches a base model from the model hub into its cache, and finds it there again without the hub.

What comes back is a folder, so that a hub model is then opened as any folder is. transformers could fetch by itself, but
then it would ask the hub again at every file, might wait for ever for a server that hangs, and would have a service
convert models that exist only as `.bin`.
"""

import fnmatch
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tasrih.errors import ConfigError

__all__ = ["cached_base", "fetch_base"]

# Until the hub tells which files there are. Each file then has the hub client's own limits (HF_HUB_DOWNLOAD_TIMEOUT).
TIMEOUT_S = 10.0
BRANCH = "main"
# What is read of a model besides its weights; a repository has some of them.
_VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
_SMALL = ("config.json", *_VOCABULARIES, "merges.txt", "tokenizer_config.json", "special_tokens_map.json", "NOTICE")
# The first kind that a repository has is taken. The second is a pickle, which is read with `weights_only`.
_WEIGHTS = (
    ("model*.safetensors", "model.safetensors.index.json"),
    ("pytorch_model*.bin", "pytorch_model.bin.index.json"),
)


def fetch_base(model: str, revision: str | None) -> Path:
    """The folder of a hub model in the cache, fetched where it is not there yet.

    A pinned commit that is in the cache is taken from there without asking the hub; a branch is looked up, and taken from
    the cache where the hub cannot be reached.

    Args:
        model: `owner/name`.
        revision: a commit, tag or branch; None: the branch `main`.

    Raises:
        ConfigError: there is no such model or revision, or it is neither within reach nor in the cache.
    """
    cached = cached_base(model, revision)
    if cached is not None and cached.name == revision:
        return cached
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        siblings = HfApi().model_info(model, revision=revision, timeout=TIMEOUT_S).siblings or ()
        names = _wanted(model, (sibling.rfilename for sibling in siblings))
        # By the revision's own name, so that the cache knows later what it stood for; the others by that very commit.
        folder = Path(hf_hub_download(model, names[0], revision=revision or BRANCH)).parent
        for name in names[1:]:
            hf_hub_download(model, name, revision=folder.name)
    except ConfigError:
        raise
    except RevisionNotFoundError as error:
        raise ConfigError(
            f"base.revision: {revision}: {model} has no such commit, tag or branch; copy one from its page on the hub "
            f"(Files and versions, History), or leave it out to take the branch {BRANCH}"
        ) from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise ConfigError(
            f"base.model: {model}: {_endpoint()} has no such model, or it is private; expected owner/name as on the hub "
            "(aubmindlab/bert-base-arabertv02) or a folder that exists; for a private model: hf auth login"
        ) from error
    except Exception as error:
        # Whatever: what a connection raises depends on the hub client's transport, which changes with its versions.
        if cached is not None:
            return cached
        raise ConfigError(_out_of_reach(model, revision, error)) from error
    return folder


def cached_base(model: str, revision: str | None) -> Path | None:
    """The folder of a hub model in the cache, or None where it is not there with weights and vocabulary."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(model, "config.json", revision=revision or BRANCH)
    except HFValidationError:
        return None
    if not isinstance(config, str):
        return None
    folder = Path(config).parent
    # Weights are fetched last; but other programs use the cache, too, and may have wanted them alone.
    names = {path.name for path in folder.iterdir() if path.exists()}
    whole = names & {*_VOCABULARIES} and any(_matching(names, patterns) for patterns in _WEIGHTS)
    return folder if whole else None


def _wanted(model: str, names: Iterable[str]) -> list[str]:
    """Which files of a repository to fetch, `config.json` first and weights last."""
    there = set(names)
    weights: list[str] = next(filter(None, (_matching(there, patterns) for patterns in _WEIGHTS)), [])
    if "config.json" not in there or not weights:
        raise ConfigError(
            f"base.model: {model}: has no config.json with model.safetensors or pytorch_model.bin, found "
            f"{', '.join(sorted(there)) or 'nothing'}; choose a model that transformers loads with PyTorch"
        )
    return [*(name for name in _SMALL if name in there), *weights]


def _matching(names: Iterable[str], patterns: tuple[str, ...]) -> list[str]:
    # Weights in folders of their own are for other programs.
    return sorted(n for n in names if "/" not in n and any(fnmatch.fnmatchcase(n, pattern) for pattern in patterns))


def _out_of_reach(model: str, revision: str | None, error: Exception) -> str:
    pinned = f" --revision {revision}" if revision else ""
    response: Any = getattr(error, "response", None)
    said = (
        f"HTTP {response.status_code}" if response is not None else f"{type(error).__name__}: {error}".splitlines()[0]
    )
    return (
        f"base.model: {model}: {_endpoint()} cannot be reached or did not answer as a hub does ({said}), and the cache has no "
        f"whole copy; try again later, fetch it where there is a network (hf download {model}{pinned}; HF_HUB_CACHE names "
        "the cache), or name a folder with a copy"
    )


def _endpoint() -> str:
    from huggingface_hub import constants

    return f"the hub at {constants.ENDPOINT}"
