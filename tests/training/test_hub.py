"""Fetching a base from the model hub, held against a stand-in that speaks its protocol."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download, snapshot_download

from tasrih.errors import ConfigError
from tests.training.hub import Hub, Repository, Trouble
from tests.training.tiny_bases import arabert
from training import hub as hub_module
from training.base_source import missing_base
from training.config_inputs import BaseConfig
from training.hub import cached_base, fetch_base

NAME = "aubmindlab/bert-base-arabertv02"
COMMIT, LATER = "1" * 40, "2" * 40


@pytest.fixture(scope="module")
def pickle_only() -> dict[str, bytes]:
    return arabert()


def point_to(hub_endpoint: str, cache: Path, patch: pytest.MonkeyPatch) -> None:
    """What HF_ENDPOINT and HF_HUB_CACHE do, which are read when the client is imported."""
    template = hub_endpoint + "/{repo_id}/resolve/{revision}/{filename}"
    patch.setattr(constants, "ENDPOINT", hub_endpoint)
    patch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    patch.setattr(constants, "HF_HUB_CACHE", str(cache))
    patch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def hub(pickle_only, tmp_path, monkeypatch) -> Iterator[Hub]:
    with Hub({NAME: Repository(pickle_only, COMMIT)}) as running:
        point_to(running.endpoint, tmp_path / "cache", monkeypatch)
        # Waiting between retries is the client's business; that there are some, is not ours to test.
        monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)
        yield running


def told(model: str = NAME, revision: str | None = COMMIT) -> str:
    with pytest.raises(ConfigError) as caught:
        fetch_base(model, revision)
    return str(caught.value)


def test_what_is_read_is_fetched_and_nothing_else(hub, pickle_only):
    folder = fetch_base(NAME, COMMIT)
    names = {"config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}
    assert {path.name for path in folder.iterdir()} == names | {"pytorch_model.bin"}
    assert all((folder / name).read_bytes() == pickle_only[name] for name in names)
    assert folder.name == COMMIT
    assert len(hub.downloaded()) == 6


def test_safetensors_are_taken_where_there_are_both(hub):
    hub.repositories[NAME] = Repository(arabert(safetensors=True), COMMIT)
    names = {path.name for path in fetch_base(NAME, COMMIT).iterdir()}
    assert "model.safetensors" in names and "pytorch_model.bin" not in names


def test_a_pinned_commit_is_asked_for_once(hub):
    first = fetch_base(NAME, COMMIT)
    hub.asked.clear()
    assert fetch_base(NAME, COMMIT) == first
    assert hub.asked == []


def test_a_branch_is_looked_up_each_time_and_may_move(hub, pickle_only):
    first = fetch_base(NAME, None)
    hub.repositories[NAME] = Repository({**pickle_only, "config.json": pickle_only["config.json"] + b" "}, LATER)
    second = fetch_base(NAME, "main")
    assert (first.name, second.name) == (COMMIT, LATER)
    hub.trouble = Trouble(status=503)
    assert fetch_base(NAME, None) == second


def test_a_pinned_commit_is_not_what_the_branch_came_to_be(hub, pickle_only):
    pinned = fetch_base(NAME, COMMIT)
    hub.repositories[NAME] = Repository(pickle_only, LATER)
    assert fetch_base(NAME, COMMIT) == pinned
    assert "base.revision: " + "3" * 40 in told(revision="3" * 40)


def test_what_the_hubs_own_command_fetched_is_found(hub, tmp_path, monkeypatch):
    assert missing_base(BaseConfig(model=NAME, revision=COMMIT)) == [
        f"base.model: {NAME}: no such folder here, so it is a hub id, fetched from the model hub when the run starts; "
        f"beforehand: hf download {NAME} --revision {COMMIT}"
    ]
    whole = Path(snapshot_download(NAME, revision=COMMIT, cache_dir=tmp_path / "cache"))
    assert fetch_base(NAME, COMMIT) == whole
    assert missing_base(BaseConfig(model=NAME, revision=COMMIT)) == []


def test_what_another_program_left_half_is_made_whole(hub, tmp_path):
    for name in ("config.json", "pytorch_model.bin"):
        hf_hub_download(NAME, name, revision=COMMIT, cache_dir=tmp_path / "cache")
    assert cached_base(NAME, COMMIT) is None
    assert (fetch_base(NAME, COMMIT) / "tokenizer.json").is_file()


def test_a_model_or_revision_that_is_not_there(hub):
    assert f"base.model: aubmindlab/arabert9: the hub at {hub.endpoint} has no such model" in told(
        "aubmindlab/arabert9"
    )
    assert "base.model: aub mind/x: " in told("aub mind/x")
    fault = told(revision="v9")
    assert fault.startswith(f"base.revision: v9: {NAME} has no such commit, tag or branch; copy one from its page")


def test_a_repository_without_weights_for_torch(hub, pickle_only):
    files = {name: content for name, content in pickle_only.items() if not name.endswith(".bin")}
    hub.repositories[NAME] = Repository(files, COMMIT)
    fault = told()
    assert f"base.model: {NAME}: has no config.json with model.safetensors or pytorch_model.bin, found " in fault
    assert "tf_model.h5" in fault


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (Trouble(status=500), "HTTP 500"),
        (Trouble(status=429), "HTTP 429"),
        (Trouble(hang_s=2.0), "ReadTimeout"),
        (Trouble(no_hub=True), "JSONDecodeError"),
        (Trouble(cut=True), "Error"),
    ],
    ids=["500", "429", "hangs", "no hub", "breaks off"],
)
def test_a_hub_in_trouble_is_told_with_the_ways_out_and_leaves_no_half_model(hub, monkeypatch, trouble, said):
    hub.trouble = trouble
    with monkeypatch.context() as patch:
        patch.setattr(hub_module, "TIMEOUT_S", 0.3 if trouble.hang_s else 10.0)
        fault = told()
    assert fault.startswith(f"base.model: {NAME}: the hub at {hub.endpoint} cannot be reached or did not answer")
    assert said in fault
    assert f"hf download {NAME} --revision {COMMIT}" in fault and "name a folder with a copy" in fault
    assert cached_base(NAME, COMMIT) is None
    hub.trouble = Trouble()
    assert fetch_base(NAME, COMMIT).name == COMMIT


def test_nobody_listens_there(hub, monkeypatch, tmp_path):
    point_to("http://127.0.0.1:9", tmp_path / "cache", monkeypatch)
    assert "the hub at http://127.0.0.1:9 cannot be reached" in told()


def test_offline_by_order(hub, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    fault = told()
    assert "OfflineModeIsEnabled" in fault and "the cache has no whole copy" in fault
    assert hub.asked == []
