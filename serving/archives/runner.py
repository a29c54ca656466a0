"""Runs the archives' jobs: one at a time, oldest first, each as a process of its own at low priority.

The folder is the queue. Of several services that share it one runs jobs: who holds its lock. A service that ends stops its job,
and the next one resumes it; where the service is killed, its job ends with it (`serving.batch.leash`).
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from serving.archives.archive import LABELLED, Archive, manifest_of
from serving.archives.folder import Archives
from serving.batch.leash import LEASH
from serving.batch.store import LocalStore
from serving.logs import describe
from tasrih.errors import ConfigError
from tasrih.release import Layout

__all__ = ["Runner"]

log = logging.getLogger("tasrih.serving")

PACKAGES = Path(__file__).resolve().parents[2]
LOG = "job.log"
# What the service itself does not need comes first.
NICENESS = 10
LOOK_SECONDS = 0.2
IDLE_SECONDS = 3.0
STOP_SECONDS = 10.0
MAX_CRASHES = 3
# Smaller shards than a job's own default: who watches sees it move.
SHARD_ARTICLES = 100
# Of `tasrih batch`: done; done, with more rows failed than tolerated; bad usage or input.
DONE, DONE_WITH_ERRORS, REFUSED = 0, 3, 2


class Runner:
    """See the module.

    Args:
        archives: the folder.
        words: flags of every job that say how the release is executed.
    """

    def __init__(self, archives: Archives, words: Sequence[str]) -> None:
        self._archives = archives
        self._words = words
        self._model: Path | None = None
        self._stopping = threading.Event()
        self._woken = threading.Event()
        self._lock: int | None = None
        self._thread = threading.Thread(target=self._own, name="archive-runner", daemon=True)

    def start(self, model: Path) -> None:
        """Begin to look for work; new jobs are labelled by the release in this folder."""
        self._model = model
        self._woken.set()
        self._thread.start()

    def wake(self) -> None:
        """There is something new."""
        self._woken.set()

    def stop(self) -> None:
        """Stop the job that runs, to be resumed by whoever comes next."""
        self._stopping.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS + 5)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own(self) -> None:
        while not self._stopping.is_set():
            self._woken.wait(IDLE_SECONDS)
            self._woken.clear()
            try:
                while not self._stopping.is_set() and self._is_owner():
                    self._archives.sweep()
                    archive = self._archives.pending()
                    if archive is None:
                        break
                    self._label(archive)
            except Exception as error:
                log.error("archives cannot be worked on", extra={"fields": describe(error)})

    def _is_owner(self) -> bool:
        if self._lock is None and self._archives.root.is_dir():
            handle = os.open(self._archives.root, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
            else:
                self._lock = handle
        return self._lock is not None

    def _label(self, archive: Archive) -> None:
        """Take an archive's job to its end, unless it is deleted or the service stops."""
        model = archive.model
        if model is None or not Layout(Path(model)).manifest.is_file():
            # What the job began with may have been replaced meanwhile; it is then done anew, by what is served now.
            model = str(self._model)
        begun = self._archives.note(archive.id, status="running", model=model)
        if begun is None:
            return
        folder = self._archives.folder(archive.id)
        how = "--resume"
        for _ in range(MAX_CRASHES):
            was_begun = manifest_of(folder) is not None
            code = self._run(begun, how)
            if code is None:
                return
            if code in (DONE, DONE_WITH_ERRORS):
                self._archives.note(archive.id, status="complete", message=None)
                break
            if code == REFUSED and not (was_begun and how == "--resume"):
                self._archives.note(archive.id, status="failed", message=_reason(folder, begun))
                break
            # A job that this tasrih cannot go on with, such as one of a version before, is done anew.
            how = "--overwrite" if code == REFUSED else "--resume"
        else:
            self._archives.note(
                archive.id, status="failed", message=f"the job ended with exit code {code}; its log tells more"
            )
        log.info("an archive's job ended", extra={"fields": {"archive": archive.id, "exit": code}})

    def _run(self, archive: Archive, how: str) -> int | None:
        """The job's exit code; None where it was stopped."""
        folder = self._archives.folder(archive.id)
        output = folder / LABELLED
        while _is_in_use(output):
            if self._is_over(archive):
                return None
        command = [
            *(sys.executable, "-m", "serving.batch", str(folder / archive.file), "--output", str(output), how),
            *("--model", str(archive.model), "--shard-articles", str(SHARD_ARTICLES), "--max-error-rate", "1"),
            *self._words,
        ]
        # In a group of its own, so that Ctrl-C reaches the service first, but in its session, where priorities compare.
        with (folder / LOG).open("wb") as out:
            job = subprocess.Popen(  # noqa: S603  # no shell; of outside words a path in our folder alone
                command,
                cwd=PACKAGES,
                env={**os.environ, LEASH: "1"},
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        os.setpriority(os.PRIO_PROCESS, job.pid, NICENESS)
        assert job.stdin is not None
        with job.stdin:  # open for as long as we live
            while (code := job.poll()) is None:
                if self._is_over(archive):
                    _end(job)
                    return None
        return code

    def _is_over(self, archive: Archive) -> bool:
        """Wait a little; whether nobody wants the job to go on."""
        return self._stopping.wait(LOOK_SECONDS) or self._archives.get(archive.id) is None


def _is_in_use(output: Path) -> bool:
    if not output.is_dir():
        return False
    try:
        with LocalStore(str(output)).locked():
            return False
    except ConfigError:
        return True


def _end(job: "subprocess.Popen[bytes]") -> None:
    # The group: a job has helpers.
    os.killpg(job.pid, signal.SIGTERM)
    try:
        job.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()


def _reason(folder: Path, archive: Archive) -> str:
    """Why a job failed, by its last words, without our paths in them."""
    text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    said = [line.removeprefix("tasrih: ") for line in text.splitlines() if line.startswith("tasrih: ")]
    reason = said[-1] if said else "the job said nothing; its log tells more"
    for path, name in ((folder / archive.file, archive.name), (folder, "…"), (archive.model, "the release's folder")):
        reason = reason.replace(str(path), name)
    return reason[:2000]
