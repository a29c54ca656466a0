"""Settings: their layers, their faults, and what the commands make of them."""

import json
import subprocess
import sys

import pytest
import yaml

from serving.settings import Settings, load_settings
from tasrih.errors import ConfigError
from tests.serving.server import ROOT, environment

KEY = "k" * 16


def test_the_file_tells_every_setting_and_its_default():
    told = yaml.safe_load((ROOT / "configs" / "serving.yaml").read_text(encoding="utf-8"))
    defaults = Settings().model_dump(mode="json")
    # Keys belong in the environment, not in a file that is committed.
    assert defaults.pop("api_keys") == []
    assert told == defaults


def test_flags_win_over_environment_over_file_over_defaults(tmp_path):
    path = tmp_path / "serving.yaml"
    path.write_text("port: 1\ntimeout_s: 1\nmax_body_bytes: 1\n")
    settings = load_settings(
        {"port": 3, "host": None}, config=path, environment={"TASRIH_PORT": "2", "TASRIH_TIMEOUT_S": "2"}
    )
    assert (settings.port, settings.timeout_s, settings.max_body_bytes, settings.host) == (3, 2.0, 1, "127.0.0.1")
    assert load_settings(environment={"TASRIH_CONFIG": str(path)}).max_body_bytes == 1


def test_names_that_are_no_setting_are_left_alone_in_the_environment():
    # What Kubernetes sets beside a service that is named tasrih.
    assert load_settings(environment={"TASRIH_SERVICE_HOST": "10.0.0.1"}) == load_settings(environment={})


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        ("prot: 80", {}, "serving.yaml: prot: unknown setting; known are host, port, "),
        ("port: 99999", {}, "serving.yaml: port: 99999 given; Input should be less than or equal to 65535"),
        ("", {"TASRIH_PORT": "tcp://10.0.0.1:80"}, "TASRIH_PORT: 'tcp://10.0.0.1:80' given; Input should be a valid integer"),
        ("", {"TASRIH_HOST": "example.org"}, "TASRIH_HOST: 'example.org' given; expected an IP address"),
        ("max_held_bytes: 5", {}, "max_held_bytes: 5 is below max_body_bytes (2000000); raise it"),
        ("- a", {}, "holds list, expected settings"),
        ("a: [", {}, "cannot be read as YAML"),
        ("", {"TASRIH_API_KEYS": " , "}, "api_keys: given, but empty; give a key, or leave it unset"),
        ("", {"TASRIH_API_KEYS": "short"}, "api_keys: a key is shorter than 16 characters"),
        ("api_keys_file: /nowhere", {}, "api_keys_file: /nowhere: cannot be read"),
    ],
)  # fmt: skip
def test_faults_name_place_value_and_way_out(tmp_path, text, environment, message):
    path = tmp_path / "serving.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings(config=path, environment=environment)
    assert message in str(caught.value)
    assert "short" not in str(caught.value).replace("shorter", "")


def test_all_faults_are_told_at_once(tmp_path):
    path = tmp_path / "serving.yaml"
    path.write_text("port: 0\nlog_format: xml\n")
    with pytest.raises(ConfigError) as caught:
        load_settings(config=path, environment={})
    assert len(str(caught.value).splitlines()) == 2


def test_a_file_that_is_named_must_be_there(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml: cannot be read"):
        load_settings(config=tmp_path / "none.yaml", environment={})


def test_keys_of_environment_and_file_add_up_and_are_never_shown(tmp_path):
    path = tmp_path / "keys"
    path.write_text(f"# of the desk\n{'a' * 16} # until May\n\n{'b' * 20}\n")
    settings = load_settings(environment={"TASRIH_API_KEYS": f"{KEY},{'c' * 16}", "TASRIH_API_KEYS_FILE": str(path)})
    assert sorted(len(key.get_secret_value()) for key in settings.api_keys) == [16, 16, 16, 20]
    assert settings.shown()["api_keys"] == "4 keys, not shown" and KEY not in repr(settings)
    path.write_text("# none\n")
    with pytest.raises(ConfigError, match="holds no key"):
        load_settings(environment={"TASRIH_API_KEYS_FILE": str(path)})


def test_show_config_shows_all_and_starts_nothing():
    done = subprocess.run(
        [sys.executable, "-m", "tasrih.cli", "serve", "--show-config", "--port", "4000"],
        cwd=ROOT, env=environment(timeout_s=9, api_keys=KEY), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    shown = yaml.safe_load(done.stdout)
    assert list(shown) == list(Settings.model_fields), done.stderr
    assert (shown["port"], shown["timeout_s"], shown["api_keys"]) == (4000, 9.0, "1 keys, not shown")
    assert KEY not in done.stdout


def test_a_wrong_setting_stops_the_command_before_anything_starts():
    done = subprocess.run(
        [sys.executable, "-m", "tasrih.cli", "serve", "--port", "0"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and done.stderr.startswith("tasrih: --port: 0 given; "), done.stderr


def test_serving_loads_no_torch():
    code = (
        "import sys, json; import serving.service; from tasrih.commands import label; "
        "print(json.dumps([m for m in ('torch', 'transformers', 'pandas', 'sklearn') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert json.loads(done.stdout) == [], done.stderr
