"""Configs: what is wrong is said at once, with line and nearest key; the ones we ship load."""

import re
from pathlib import Path

import pytest

from tasrih.errors import ConfigError
from training.config import Config, load_config

ROOT = Path(__file__).resolve().parents[2]
EVERY = sorted((ROOT / "configs").rglob("*.y*ml"))
# What is told to other commands: the service, the batch job, the gates.
OTHERS = ("serving.yaml", "batch.yaml", "gates.yaml")
CONFIGS = [path for path in EVERY if path.name not in OTHERS]
SMOKE = ROOT / "configs" / "smoke.yaml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def faults_of(path: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_shipped_config_loads(path):
    load_config(path)


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.name)
def test_every_shipped_config_opens_with_command_purpose_hardware_and_what_to_expect(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    head = lines[: next(n for n, line in enumerate(lines) if not line.startswith("#"))]
    command = f"# tasrih train {path.relative_to(ROOT)}" if path in CONFIGS else "# tasrih "
    assert head[0].startswith(command)
    assert head[1] == "#" and len(head[2]) > 40, "what it is for"
    assert any(line.startswith("# Hardware: ") for line in head)
    (expect,) = [line for line in head if line.startswith("# Expect: ")]
    assert re.search(r"not measured|\d|second|docs/", expect), expect


def test_all_faults_at_once_each_with_its_line(tmp_path):
    path = written(
        tmp_path,
        "base:\n"
        "  model: models/base\n"
        "corpus:\n"
        "  composed: [a.jsonl]\n"
        "model:\n"
        "  stances: [{name: a}, {name: b}]\n"
        "training:\n"
        "  epoch: 3\n"
        "  learning_rate: -1\n"
        "  pooling: cls\n"
        "ouput:\n"
        "  name: x\n",
    )
    faults = faults_of(path, "training.sed=4")
    assert f"{path}:8: training.epoch: unknown key; nearest known key: training.epochs" in faults
    assert f"{path}:9: training.learning_rate: -1 given, input should be greater than 0" in faults
    assert f"{path}:10: training.pooling: unknown key; nearest known key: model.pooling" in faults
    assert f"{path}:11: ouput: unknown key; nearest known key: output" in faults
    assert "--set training.sed=4: training.sed: unknown key; nearest known key: training.seed" in faults
    assert f"{path}: output: missing; add it" in faults
    assert len(faults) == 6


def test_faults_between_sections_are_told_at_once_each_with_its_line(tmp_path):
    text = SMOKE.read_text(encoding="utf-8").replace(
        "  epochs: 15\n",
        "  epochs: 15\n  stance_weights: {a: 1}\n  claim_positive_weights: {b: 2}\n  processes: 3\n",
    )
    text += "search:\n  space:\n    training.epochs: {choice: [1, 0]}\n"
    faults = faults_of(path := written(tmp_path, text))
    expected = (
        ("  batch_size", "training.batch_size: 8 sentences given for 3 processes"),
        ("  stance_weights", "training.stance_weights: names ['a'], expected one factor for each of ['pro_russia', "),
        ("  claim_positive", "training.claim_positive_weights: names ['b'], expected one factor for each of "),
        ("    training.epochs", "search.space.training.epochs: 0 given, input should be greater than or equal to 1"),
    )
    lines = text.splitlines()
    places = [next(n for n, line in enumerate(lines, 1) if line.startswith(key)) for key, _ in expected]
    assert len(faults) == len(expected), faults
    for fault, line, (_, told) in zip(faults, places, expected, strict=True):
        assert fault.startswith(f"{path}:{line}: {told}"), faults


@pytest.mark.parametrize("text", ["base: &a [*a]\n", "base: &a\n  model: {x: *a}\n", "&a\nbase: *a\n"])
def test_an_alias_inside_of_what_it_names_is_told(tmp_path, text):
    (fault,) = faults_of(written(tmp_path, text))
    assert re.search(r"run\.yaml:[12]: an alias stands inside of what it names; write the value out", fault)
    assert "base" in faults_of(SMOKE, "base=&a [*a]")[0]


def test_what_is_written_down_holds_no_user_of_a_uri(tmp_path):
    config = load_config(SMOKE, ["tracking.mlflow=http://bob:sec@ret@host:5000/x", f"output.run={tmp_path}/run"])
    assert config.tracking.mlflow == "http://bob:sec@ret@host:5000/x"
    assert config.written()["tracking"]["mlflow"] == "http://host:5000/x"
    assert {**config.written(), "tracking": None} == {**config.to_json(), "tracking": None}
    assert Config.model_validate(config.written()).written() == config.written()
    assert (
        load_config(SMOKE, ["tracking.mlflow=sqlite:///a@b.db"]).written()["tracking"]["mlflow"] == "sqlite:///a@b.db"
    )


def test_an_unknown_key_like_no_other_lists_the_known_ones(tmp_path):
    path = written(tmp_path, SMOKE.read_text(encoding="utf-8").replace("output:\n", "output:\n  zzz: 1\n"))
    (fault,) = faults_of(path)
    assert "output.zzz: unknown key; known keys of output: card_notes, card_subject, folder, keep_checkpoints" in fault


def test_a_key_that_stands_twice_is_a_fault(tmp_path):
    text = SMOKE.read_text(encoding="utf-8").replace("  epochs: 15\n", "  epochs: 15\n  epochs: 16\n")
    (fault,) = faults_of(written(tmp_path, text))
    assert fault.endswith("training.epochs: stands twice; keep one")


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("training.epochs", "expected SECTION.KEY=VALUE"),
        ("=3", "expected SECTION.KEY=VALUE"),
        ("training.epochs=[1", "not YAML"),
        ("training.epochs.more=1", "holds no keys"),
        ("training.epochs=many", "training.epochs: 'many' given"),
        ("training.epochs=0", "training.epochs: 0 given, input should be greater than or equal to 1"),
        ("base.normalisation=farasa", "expected auto or one of"),
        ("base.model=x", "exactly one of"),
        ("output.name=../x", "output.name"),
        ("model.stances=[{name: a}]", "at least 2"),
        ("training.stance_weights={pro_russia: 2.0}", "training.stance_weights: names ['pro_russia'], expected one"),
        ("corpus.composed=[]", "no data named"),
    ],
)
def test_a_bad_override_is_told_with_its_own_words(override, told):
    faults = faults_of(SMOKE, override)
    assert any(told in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("override", "told"),
    [
        (
            "training.stance_weights=foo",
            "training.stance_weights: 'foo' given, input should be 'none' or 'balanced', or input should be a valid "
            "dictionary",
        ),
        (
            "training.stance_weights={pro_russia: -1}",
            "training.stance_weights.pro_russia: -1 given, input should be greater than 0",
        ),
    ],
)
def test_a_value_of_one_of_several_kinds_is_told_in_one_line_by_its_own_name(override, told):
    assert faults_of(SMOKE, override) == [f"--set {override}: {told}"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"name": "x"}', "release.json: normalisation: None found, expected one of"),
        ('{"normalisation": 3}', "release.json: normalisation: 3 found"),
        ("[]", "name the scheme in base.normalisation"),
        ("{", "release.json: cannot be read"),
    ],
)
def test_a_release_that_does_not_say_its_normalisation_is_told(tmp_path, content, told):
    (tmp_path / "release.json").write_text(content, encoding="utf-8")
    base = ["base.random=null", f"base.model={tmp_path}"]
    (fault,) = faults_of(SMOKE, *base, "base.normalisation=auto")
    assert told in fault
    assert load_config(SMOKE, [*base, "base.normalisation=light"]).base.scheme == "light"


def test_overrides_win_and_are_yaml():
    config = load_config(
        SMOKE,
        [
            "training.learning_rate=1e-4",
            "output.set_current=true",
            "training.stance_weights=balanced",
            "output.run=/x/y",
        ],
    )
    assert config.training.learning_rate == pytest.approx(1e-4)
    assert config.output.set_current is True
    assert config.training.stance_weights == "balanced"
    assert config.output.run == Path("/x/y")


@pytest.mark.parametrize(("text", "told"), [("a: [1\n", "run.yaml:2: not valid YAML"), ("- a\n", "expected sections")])
def test_a_file_that_is_no_config(tmp_path, text, told):
    assert told in faults_of(written(tmp_path, text))[0]


def test_a_file_that_is_not_there(tmp_path):
    assert "cannot be read" in faults_of(tmp_path / "no.yaml")[0]


def test_an_old_arabert_is_refused_with_the_one_to_use():
    faults = faults_of(SMOKE, "base.random=null", "base.model=aubmindlab/bert-base-arabertv2")
    assert "aubmindlab/bert-base-arabertv02" in faults[0]
    config = load_config(
        SMOKE, ["base.random=null", "base.model=aubmindlab/bert-base-arabertv02", "base.normalisation=auto"]
    )
    assert config.base.scheme == "arabertv02"
