"""The running service against its own OpenAPI document, by schemathesis: every check, no finding."""

import os
import re
import subprocess
import sys

import pytest


@pytest.mark.system
def test_schemathesis_finds_nothing(server, tmp_path):
    words = ["run", f"{server.url}/docs.json", "--checks", "all", "--max-examples", "60", "--seed", "1", "--no-color"]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())",
            *words,
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tested = re.search(r"Test cases:\s+(\d+) generated, (\d+) passed", done.stdout)
    assert tested and tested[1] == tested[2] and int(tested[1]) >= 300, done.stdout
    assert "No issues found" in done.stdout
    assert not [line for line in server.lines() if line.get("status", 0) >= 500]
    server.wait_idle()
