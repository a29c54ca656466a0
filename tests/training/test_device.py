"""Which device a run takes, and how many processes it becomes."""

import sys

import pytest
import torch

from tasrih.errors import ConfigError
from training import launch
from training.config import TrainingConfig
from training.device import Device, choose_device
from training.processes import Processes, n_launched

SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")


@pytest.fixture
def gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.parametrize("name", SIZES)
def test_what_a_launcher_started_is_counted(monkeypatch, name):
    assert n_launched() == 1
    monkeypatch.setenv(name, "1")
    assert n_launched() == 1
    monkeypatch.setenv(name, "2")
    assert n_launched() == 2
    monkeypatch.setenv(name, "two")
    with pytest.raises(ConfigError, match=f"{name}: 'two' found in the environment"):
        n_launched()


def test_one_process_for_several_gpus_is_refused_with_the_way_out(monkeypatch, gpus):
    with pytest.raises(ConfigError, match=r"1 process for the 2 GPUs .* CUDA_VISIBLE_DEVICES=0"):
        choose_device(TrainingConfig(device="auto", precision="fp32"))
    assert choose_device(TrainingConfig(device="cpu", precision="fp32")).name == "cpu"
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert choose_device(TrainingConfig(device="auto", precision="fp32")) == Device("cuda", "fp32")


def test_a_process_for_each_gpu_unless_told_or_launched(monkeypatch, gpus):
    assert launch.n_wanted(TrainingConfig()) == 2
    assert launch.n_wanted(TrainingConfig(device="cpu")) == 1
    assert launch.n_wanted(TrainingConfig(device="cpu", processes=3)) == 3
    monkeypatch.setenv("LOCAL_RANK", "0")
    assert launch.n_wanted(TrainingConfig(processes=3)) == 1


def test_a_launch_becomes_torchrun(monkeypatch):
    became = []
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr("os.execv", lambda path, words: became.append((path, words)))
    launch.launch(2, ["train", "a.yaml", "--resume"])
    path, words = became[0]
    assert path == sys.executable
    assert words[1:] == [
        *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "tasrih.cli", "train", "a.yaml", "--resume"),
    ]


def test_one_process_needs_no_others():
    alone = Processes()
    assert alone.is_first
    assert alone.from_first(lambda: "made") == "made"
    assert alone.mean(0.25, "cpu") == 0.25
    alone.leave()
