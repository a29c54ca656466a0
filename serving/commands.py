"""The subcommand `tasrih serve`. Nothing heavy is imported until it runs, so that `tasrih --help` is quick."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from tasrih.cli import Command, complain
from tasrih.engines import ENGINES

__all__ = ["SERVE"]

# Past this the HTTP server is ended by force: our own drain comes first and ends before it.
GRACE_SECONDS = 5
FLAGS = (
    "host", "port", "model", "compare_model", "engine", "precision", "state_folder", "log_format", "log_level", "timeout_s",
    "api_keys_file",
)  # fmt: skip


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on; default: 127.0.0.1, this machine alone")
    parser.add_argument("--port", type=int, help="default: 3000")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings; default: configs/serving.yaml")
    parser.add_argument("--model", metavar="DIR", help="a release folder; default: TASRIH_MODEL, else the current one")
    parser.add_argument("--compare-model", metavar="DIR", help="a second release, for requests that name it")
    parser.add_argument(
        "--state-folder", metavar="DIR", help="of reviews and archives; default: the user's data folder"
    )
    parser.add_argument("--engine", choices=ENGINES, help="what executes the encoder")
    parser.add_argument("--precision", choices=("auto", "f32", "bf16"), help="of its arithmetic")
    parser.add_argument("--timeout-s", type=float, metavar="SECONDS", help="from a request to its answer; default: 30")
    parser.add_argument("--api-keys-file", metavar="FILE", help="bearer keys, one a line")
    parser.add_argument("--log-format", choices=("json", "console"))
    parser.add_argument("--log-level", choices=("debug", "info", "warning", "error"))
    parser.add_argument("--show-config", action="store_true", help="print every setting as it would be, and stop")


def _run(arguments: argparse.Namespace) -> int:
    from serving.settings import CONFIG, PREFIX, load_settings

    flags = {name: value for name in FLAGS if (value := getattr(arguments, name)) is not None}
    settings = load_settings(flags, config=arguments.config)
    if arguments.show_config:
        return _show(settings.shown())
    # Here, and not in a worker alone, so that what is wrong is said at once, and with exit code 2.
    from tasrih.release import Release, find_release

    Release.load(find_release(settings.model))
    if settings.compare_model is not None:
        Release.load(settings.compare_model)
    if settings.host not in ("127.0.0.1", "::1") and not settings.api_keys:
        complain(
            f"serve: {settings.host} is reachable from outside and no key is set (api_keys_file); anyone can use it"
        )
    # The worker is a process of its own, started elsewhere: it reads flags from its environment, with whole paths.
    for name, value in flags.items():
        os.environ[PREFIX + name.upper()] = str(value)
    for name in ("model", "compare_model", "state_folder", "api_keys_file"):
        path = getattr(settings, name)
        if path is not None:
            os.environ[PREFIX + name.upper()] = str(path.absolute())
    if arguments.config:
        os.environ[CONFIG] = str(arguments.config.absolute())
    words = [
        *(sys.executable, "-m", "bentoml", "serve", "serving.service:TasrihService"),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--working-dir", str(Path(__file__).resolve().parent.parent)),
        *("--timeout-graceful-shutdown", str(int(settings.drain_timeout_s) + GRACE_SECONDS)),
    ]
    os.environ["BENTOML_DO_NOT_TRACK"] = "True"
    sys.stdout.flush()
    # In place of this process, so that signals and the exit code are the server's.
    os.execv(sys.executable, words)  # noqa: S606  # no shell, and no word of it from outside


def _show(settings: dict[str, Any]) -> int:
    import yaml

    sys.stdout.write(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True))
    return 0


SERVE = Command("serve labelling over HTTP", _configure, _run)
