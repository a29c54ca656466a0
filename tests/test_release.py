import json
import re
from pathlib import Path

import pytest

from tasrih.errors import ReleaseDamagedError, ReleaseError, ReleaseNotFoundError
from tasrih.release import Layout, Release, digest, find_release, sha256_of


@pytest.fixture
def folder(tmp_path):
    """A whole release by its hashes; its files hold nothing an engine could run."""
    layout = Layout(tmp_path / "toy-1.0.0")
    layout.folder.mkdir()
    for path in layout.contents():
        path.write_bytes(f"contents of {path.name}".encode())
    facts = {
        "format": 1,
        "name": "toy",
        "version": "1.0.0",
        "labels": {"stances": ["for", "against"], "claims": ["denied"]},
        "normalisation": "none",
        "max_length": 16,
        "pad_id": 0,
        "calibration": {
            "temperatures": {"stance": 1.5, "claims": {"denied": 1.0}},
            "thresholds": {"denied": 0.4},
            "review_below": 0.5,
        },
        "files": {path.name: {"sha256": sha256_of(path)} for path in layout.contents()},
    }
    layout.manifest.write_text(json.dumps({**facts, "digest": digest(facts)}), encoding="utf-8")
    return layout.folder


def change(folder, **fields):
    manifest = Layout(folder).manifest
    facts = json.loads(manifest.read_text(encoding="utf-8"))
    facts.update(fields)
    facts["digest"] = digest(facts)
    manifest.write_text(json.dumps(facts), encoding="utf-8")


def test_a_whole_release_loads(folder):
    release = Release.load(folder)
    assert (release.name, release.version, release.max_length) == ("toy", "1.0.0", 16)
    assert release.labels.claim_names == ("denied",)
    assert release.calibration.claim_thresholds == (0.4,)


@pytest.mark.parametrize("name", [path.name for path in Layout(Path()).contents()])
def test_a_changed_byte_is_named(folder, name):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)
    with pytest.raises(ReleaseDamagedError, match=re.escape(f"{name}: sha256 is")):
        Release.load(folder)


def test_a_missing_file_is_named(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ReleaseDamagedError, match=r"tokenizer\.json: missing"):
        Release.load(folder)


def test_the_torch_weights_may_be_left_out(folder):
    Layout(folder).weights.unlink()
    assert Release.load(folder).name == "toy"


def test_a_file_without_a_hash_is_not_trusted(folder):
    change(folder, files={})
    with pytest.raises(ReleaseDamagedError, match=r"names no sha256 for config\.json"):
        Release.load(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "null"])
def test_a_broken_manifest_is_told(folder, text):
    Layout(folder).manifest.write_text(text, encoding="utf-8")
    with pytest.raises(ReleaseDamagedError, match=r"not a valid release\.json"):
        Release.load(folder)


def test_a_changed_threshold_is_noticed(folder):
    manifest = Layout(folder).manifest
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("0.4", "0.9"), encoding="utf-8")
    with pytest.raises(ReleaseDamagedError, match="its digest does not match"):
        Release.load(folder)


def test_another_format_is_refused(folder):
    change(folder, format=2)
    with pytest.raises(ReleaseError, match="format 2, this tasrih reads 1"):
        Release.load(folder)


def test_no_folder_names_the_way_out(tmp_path):
    with pytest.raises(ReleaseNotFoundError, match=r"nowhere: no release there .* TASRIH_MODEL"):
        Release.load(tmp_path / "nowhere")


def test_the_callers_choice_comes_first_then_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TASRIH_MODEL", str(tmp_path / "b"))
    assert find_release(tmp_path / "a") == tmp_path / "a"
    assert find_release() == tmp_path / "b"


def test_then_the_checkout_then_the_wheel(monkeypatch, tmp_path):
    monkeypatch.delenv("TASRIH_MODEL", raising=False)
    checkout, wheel = tmp_path / "checkout", tmp_path / "wheel"
    monkeypatch.setattr("tasrih.release.CHECKOUT_MODELS", checkout)
    monkeypatch.setattr("tasrih.release.WHEEL_MODELS", wheel)
    with pytest.raises(ReleaseNotFoundError, match="no default release"):
        find_release()
    for models, name in ((wheel, "old-1"), (checkout, "new-2")):
        models.mkdir()
        (models / "current.json").write_text(json.dumps({"release": name}), encoding="utf-8")
        assert find_release() == models / name
    (checkout / "current.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ReleaseNotFoundError, match=r"current\.json: expected"):
        find_release()
