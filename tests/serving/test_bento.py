"""The built bento: it holds all it needs, and serves from where it is unpacked."""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.serving.server import ROOT, Server, environment
from tests.test_imports import imported

SENTENCE = "قالت سيول إن بيونغ يانغ أرسلت إلى موسكو ثلاثة آلاف حاوية من القذائف."


def test_it_asks_for_the_packages_that_tasrih_needs():
    bento = yaml.safe_load((ROOT / "bentofile.yaml").read_text(encoding="utf-8"))
    packages = bento["python"]["packages"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    assert set(packages) <= set(needed)
    # What the bento does without is imported nowhere in it.
    paths = [*(ROOT / "serving").rglob("*.py"), *(ROOT / "tasrih").rglob("*.py")]
    used = {name.split(".")[0] for path in paths for name in imported(path)}
    left_out = {re.split(r"[<>=!\[]", one)[0].replace("-", "_") for one in set(needed) - set(packages)}
    assert not left_out & used
    # What it imports, it has; but for extras, whose absence is told where they are asked for.
    held = {re.split(r"[<>=!\[]", one)[0].replace("-", "_") for one in packages}
    extras = {"huggingface_hub", "opentelemetry", "ray", "torch", "transformers", "safetensors"}
    others = {name for name in used if name not in sys.stdlib_module_names} - held - extras
    brought = {
        "circus",
        "htmldate",
        "justext",
        "markupsafe",
        "pydantic_core",
        "uvicorn",
        "yaml",
    }  # by those, under these names
    assert others <= {"serving", "tasrih", *brought}, others
    assert not [one for one in needed if one.startswith(("torch", "transformers"))]
    current = json.loads((ROOT / "models" / "current.json").read_text(encoding="utf-8"))["release"]
    assert [one for one in bento["include"] if one.startswith("/models/")] == [
        "/models/current.json",
        f"/models/{current}/",
    ]


@pytest.mark.system
def test_a_bento_unpacked_elsewhere_labels_an_article(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    extra = {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}

    def bentoml(*words):
        command = [sys.executable, "-m", "bentoml", *words]
        done = subprocess.run(
            command, cwd=ROOT, env={**environment(), **extra}, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    bentoml("build", "--output", "tag")
    archive = tmp_path / "tasrih.tar.gz"
    bentoml("export", "tasrih:latest", str(archive))
    assert archive.stat().st_size < 100_000_000
    elsewhere = tmp_path / "elsewhere"
    with tarfile.open(archive) as stream:
        names = stream.getnames()
        stream.extractall(elsewhere, filter="data")
    assert not [name for name in names if name.endswith((".safetensors", ".pyc"))]
    assert not [name for name in names if "/training/" in name or "/data/" in name or "/tests/" in name]

    with Server(str(elsewhere), cwd=tmp_path, extra=extra) as server:
        server.wait_ready()
        found = server.post("/v1/articles", {"articles": [{"text": SENTENCE}]}).json()["articles"]
        assert found[0]["sentences"][0]["stance"] == "western_accusation"
        # Its reviews' tables are made, and an archive's job runs, with no tasrih installed but the unpacked one.
        review = {"text": SENTENCE, "stance": "neutral_report", "claim_types": [], "reviewer": "سلمى"}
        assert server.post("/v1/reviews", review).status_code == 201
        row = json.dumps({"text": SENTENCE}).encode()
        id = server.client.post("/v1/archives?name=a.jsonl", content=row).json()["archive"]["id"]
        end = time.monotonic() + 120
        while (archive := server.client.get(f"/v1/archives/{id}").json()["archive"])["status"] in (
            "waiting",
            "running",
        ):
            assert time.monotonic() < end, archive
            time.sleep(0.2)
        assert (archive["status"], archive["sentences"]) == ("complete", 1), archive
        assert "ملخص" in server.client.get(f"/v1/archives/{id}/summary.html").text
        assert server.client.get("/").status_code == 200
        # It is the unpacked copy that labels: code finds the weights beside itself.
        mapped = Path(f"/proc/{server.worker().pid}/maps").read_text(encoding="utf-8")
        assert os.path.realpath(elsewhere) in mapped and str(ROOT / "models") not in mapped
        assert server.stop() == 0
