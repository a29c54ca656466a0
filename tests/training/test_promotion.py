"""Which release is current: changed by one at a time, whole or not at all, whoever is killed when."""

import hashlib
import json
import signal
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import pytest

from tasrih.errors import ReleaseDamagedError, ReleaseError, ReleaseNotFoundError
from tasrih.labels import Label, LabelSet
from tasrih.release import FORMAT, Layout, Release, digest
from training.promotion import locked
from training.registry import Registry, current_release

ROOT = Path(__file__).resolve().parents[2]
LABELS = LabelSet((Label("a", "a", "a"), Label("b", "b", "b")), ())


def make_release(folder: Path, *, weights: str = "weights") -> Path:
    """A release as far as hashes go; no engine could run it."""
    folder.mkdir(parents=True)
    name, _, version = folder.name.rpartition("-")
    layout = Layout(folder)
    files = {}
    for path in layout.contents():
        path.write_text(weights, encoding="utf-8")
        files[path.name] = {"sha256": hashlib.sha256(weights.encode()).hexdigest(), "bytes": len(weights)}
    calibration = {"temperatures": {"stance": 1.0, "claims": {}}, "thresholds": {}, "review_below": 0.0}
    facts = {"format": FORMAT, "name": name, "version": version, "labels": LABELS.to_json(), "normalisation": "light"}
    facts |= {"max_length": 8, "pad_id": 0, "calibration": calibration, "files": files, "created": "2026-01-01"}
    layout.manifest.write_text(json.dumps(facts | {"digest": digest(facts)}), encoding="utf-8")
    return folder


@pytest.fixture
def registry(tmp_path) -> Registry:
    for version in ("1", "2", "3"):
        make_release(tmp_path / "models" / f"toy-{version}")
    return Registry(tmp_path / "models")


def switch(registry: Registry, name: str, action: str = "promote", **told: object) -> None:
    with locked(registry) as promotion:
        promotion.switch(action, name, **told)


def rollback(registry: Registry) -> str:
    with locked(registry) as promotion:
        name = promotion.previous()
        promotion.switch("rollback", name)
    return name


def test_the_pointer_is_what_the_core_reads(registry, monkeypatch):
    assert current_release(registry.folder) is None
    switch(registry, "toy-1", reason="because")
    assert json.loads(registry.pointer.read_text(encoding="utf-8")) == {"release": "toy-1"}
    assert current_release(registry.folder) == registry.folder / "toy-1"
    monkeypatch.setattr("tasrih.release.CHECKOUT_MODELS", registry.folder)
    monkeypatch.delenv("TASRIH_MODEL", raising=False)
    from tasrih.release import find_release

    assert Release.load(find_release()).version == "1"
    assert [(one.name, one.is_current) for one in registry.releases()] == [
        ("toy-1", True),
        ("toy-2", False),
        ("toy-3", False),
    ]
    (change,) = registry.history()
    assert (change["action"], change["before"], change["after"], change["reason"]) == (
        "promote",
        None,
        "toy-1",
        "because",
    )
    assert {path.name for path in registry.folder.iterdir()} == {
        "toy-1",
        "toy-2",
        "toy-3",
        "current.json",
        "history.jsonl",
    }


def test_rollbacks_go_back_one_promotion_each(registry):
    for name in ("toy-1", "toy-2", "toy-3", "toy-1"):
        switch(registry, name)
    assert [rollback(registry) for _ in range(3)] == ["toy-3", "toy-2", "toy-1"]
    with pytest.raises(ReleaseNotFoundError, match="no promotion is left to undo"):
        rollback(registry)
    switch(registry, "toy-3")
    assert rollback(registry) == "toy-1"
    assert registry.current() == "toy-1"


def test_a_current_release_set_by_other_means_is_noted_and_gone_back_to(registry):
    registry.pointer.write_text('{"release": "toy-2"}\n', encoding="utf-8")  # as `tasrih train --set-current` does
    switch(registry, "toy-3")
    assert [(one["action"], one["after"]) for one in registry.history()] == [("noted", "toy-2"), ("promote", "toy-3")]
    assert rollback(registry) == "toy-2"


def test_half_a_line_is_cut_off(registry):
    switch(registry, "toy-1")
    with registry.log.open("ab") as stream:
        stream.write(b'{"action": "promo')
    assert [one["after"] for one in registry.history()] == ["toy-1"]
    switch(registry, "toy-2")
    assert [one["after"] for one in registry.history()] == ["toy-1", "toy-2"]


def test_a_strange_line_or_pointer_is_told_with_its_place(registry):
    registry.log.write_text('{"action": "promote", "before": null, "after": "toy-1"}\n[]\n', encoding="utf-8")
    with pytest.raises(ReleaseError, match=r"history\.jsonl:2: no change that we wrote"):
        registry.history()
    registry.pointer.write_text("{}", encoding="utf-8")
    with pytest.raises(ReleaseNotFoundError, match=r"current\.json: expected"):
        registry.current()


KILLED = """
import os, signal, sys
from pathlib import Path
from training.promotion import locked
from training.registry import Registry
calls, last = 0, int(sys.argv[2])
def dying(function, before):
    def call(*arguments, **more):
        global calls
        calls += 1
        if calls == last and before: os.kill(os.getpid(), signal.SIGKILL)
        answer = function(*arguments, **more)
        if calls == last: os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return call
before = sys.argv[3] == "before"
os.fsync = dying(os.fsync, before)
Path.replace = dying(Path.replace, before)
Path.write_text = dying(Path.write_text, before)
with locked(Registry(Path(sys.argv[1]))) as promotion:
    promotion.switch("promote", "toy-2")
print("done")
"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", range(1, 6))
def test_killed_at_any_moment_one_whole_release_is_current(registry, call, when):
    """Calls: sync of the history, writing aside, its sync, the rename, the folder's sync."""
    switch(registry, "toy-1")
    words = [sys.executable, "-c", textwrap.dedent(KILLED), str(registry.folder), str(call), when]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    renamed = call == 5 or (call == 4 and when == "after")
    assert registry.current() == ("toy-2" if renamed else "toy-1")
    # The next change finds its way: history and pointer agree again, and rollback undoes what did happen.
    switch(registry, "toy-3")
    changes = registry.history()
    assert all(one["after"] == other["before"] for one, other in pairwise(changes))
    assert rollback(registry) == ("toy-2" if renamed else "toy-1")


def test_the_killing_script_runs_through_when_not_killed(registry):
    words = [sys.executable, "-c", textwrap.dedent(KILLED), str(registry.folder), "6", "before"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_only_one_at_a_time(registry):
    with locked(registry) as promotion:
        with pytest.raises(ReleaseError, match="another promote or rollback is at work"), locked(registry):
            pass
        promotion.switch("promote", "toy-1")
    switch(registry, "toy-2")
    assert registry.current() == "toy-2"


RACING = """
import sys, time
from pathlib import Path
from tasrih.errors import ReleaseError
from training.promotion import locked
from training.registry import Registry
done = 0
while done < 10:
    try:
        with locked(Registry(Path(sys.argv[1]))) as promotion:
            promotion.switch("promote", sys.argv[2])
            done += 1
    except ReleaseError:
        time.sleep(0.001)
"""


def test_many_at_once_leave_a_history_without_gaps(registry):
    words = [sys.executable, "-c", RACING, str(registry.folder)]
    racers = [subprocess.Popen([*words, f"toy-{number}"], cwd=ROOT) for number in (1, 2, 3)]
    assert [racer.wait(timeout=300) for racer in racers] == [0, 0, 0]
    changes = registry.history()
    assert [one["action"] for one in changes] == ["promote"] * 30
    assert all(one["after"] == other["before"] for one, other in pairwise(changes))
    assert registry.current() == changes[-1]["after"]


def test_a_release_from_elsewhere_is_copied_in_whole(registry, tmp_path):
    elsewhere = make_release(tmp_path / "out" / "toy-4")
    with locked(registry) as promotion:
        assert promotion.take_in(Release.load(elsewhere)) == "toy-4"
        assert promotion.take_in(Release.load(elsewhere)) == "toy-4"  # it is there already
        assert promotion.take_in(Release.load(registry.folder / "toy-1")) == "toy-1"
        other = make_release(tmp_path / "other" / "toy-1", weights="other weights")
        with pytest.raises(ReleaseError, match=r"is another release; raise output\.version"):
            promotion.take_in(Release.load(other))
    assert Release.load(registry.folder / "toy-4").digest == Release.load(elsewhere).digest
    assert not [path for path in registry.folder.iterdir() if path.name.startswith(".")]


def test_a_copy_that_fails_leaves_nothing(registry, tmp_path, monkeypatch):
    elsewhere = Release.load(make_release(tmp_path / "out" / "toy-4"))
    (elsewhere.layout.tokenizer).write_text("changed since", encoding="utf-8")
    with locked(registry) as promotion, pytest.raises(ReleaseDamagedError):
        promotion.take_in(elsewhere)
    assert not (registry.folder / "toy-4").exists()
    assert not [path for path in registry.folder.iterdir() if path.name.startswith(".")]
