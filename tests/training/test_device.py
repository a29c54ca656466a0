"""Which device a run takes, and that it refuses to share its work before it can."""

import pytest
import torch

from tasrih.errors import ConfigError
from training.config import TrainingConfig
from training.device import Device, choose_device


@pytest.mark.parametrize("name", ["WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
def test_several_processes_are_refused(monkeypatch, name):
    config = TrainingConfig(device="cpu", precision="fp32")
    monkeypatch.setenv(name, "1")
    assert choose_device(config) == Device("cpu", "fp32")
    monkeypatch.setenv(name, "2")
    with pytest.raises(ConfigError, match=f"{name}: 2 given by the launcher"):
        choose_device(config)


def test_several_gpus_are_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ConfigError, match="CUDA_VISIBLE_DEVICES=0"):
        choose_device(TrainingConfig(device="auto", precision="fp32"))
    assert choose_device(TrainingConfig(device="cpu", precision="fp32")).name == "cpu"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device(TrainingConfig(device="auto", precision="fp32")) == Device("cuda", "fp32")
