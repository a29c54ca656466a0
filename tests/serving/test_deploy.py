"""What lies in docs/deploy: it parses, names metrics that are, and keeps what the docs promise."""

import json
import re
import tomllib

import yaml

from serving.metrics import Metrics
from serving.routes import OPEN, ROUTES
from serving.settings import Settings
from tests.serving.server import ROOT

DEPLOY = ROOT / "docs" / "deploy"


def known_metrics():
    metrics = Metrics()
    names = set()
    for family in metrics.registry.collect():
        suffixes = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",)}.get(family.type, ("",))
        names |= {family.name + suffix for suffix in suffixes}
    return names


def named_metrics(text):
    return set(re.findall(r"\b(?:tasrih|process)_[a-z_]+\b(?=[{\[ )]|$)", text))


def test_alerts_and_dashboard_name_metrics_that_are():
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))["panels"]
    expressions = [rule["expr"] for rule in rules]
    expressions += [target["expr"] for panel in panels for target in panel["targets"]]
    named = set().union(*map(named_metrics, expressions))
    assert len(named) > 15 and named <= known_metrics(), named - known_metrics()
    assert all(expression.count("(") == expression.count(")") for expression in expressions)


def test_the_manifest_probes_what_is_open_and_waits_for_the_drain():
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")))
    pod = next(one for one in documents if one["kind"] == "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    probes = [container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")]
    assert set(probes) <= OPEN and probes == ["/readyz", "/readyz", "/livez"]
    assert pod["terminationGracePeriodSeconds"] > 5 + Settings().drain_timeout_s
    # Else Kubernetes sets TASRIH_PORT to an address.
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]


def test_the_image_has_no_torch_and_no_root():
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert "USER 10001" in lines and 'CMD ["tasrih", "serve"]' in lines
    assert lines.index("USER 10001") > max(place for place, line in enumerate(lines) if line.startswith("RUN"))
    for line in lines:
        if line.startswith("COPY"):
            assert all((ROOT / name).exists() for name in line.split()[1:-1] if name != "./"), line
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert not [one for one in needed if one.startswith(("torch", "transformers"))]
    assert "[train]" not in "\n".join(lines)


def test_the_unit_gives_the_drain_its_time():
    unit = (DEPLOY / "tasrih.service").read_text(encoding="utf-8")
    stop = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert stop and int(stop[1]) > Settings().drain_timeout_s
    assert "DynamicUser=yes" in unit and "IPAddressDeny=any" in unit


def test_the_proxy_has_the_services_limits():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert f"client_max_body_size {Settings().max_body_bytes};" in text
    read = re.search(r"proxy_read_timeout (\d+)s;", text)
    assert read and int(read[1]) > Settings().timeout_s + Settings().body_timeout_s
    for answer in re.findall(r"return \d+ '(\{.*\})';", text):
        assert set(json.loads(answer)["error"]) == {"code", "message", "details", "request_id"}


def test_the_guide_tells_every_path_and_code():
    text = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
    from serving.examples import MESSAGES

    assert all(f"`{code}`" in text for code in MESSAGES), [code for code in MESSAGES if f"`{code}`" not in text]
    assert all(path in text for path in ROUTES if path != "/healthz")
