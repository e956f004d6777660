"""Training calculates in bfloat16 only where the hardware has it."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.inference.devices import has_bfloat16
from AbdominalCalcificationLib.training import small

pytestmark = pytest.mark.nnunet


@pytest.mark.parametrize("has_it", [True, False])
@pytest.mark.parametrize("kind", ["cpu", "cuda", "mps"])
def test_training_calculates_in_bfloat16_only_where_the_hardware_has_it(monkeypatch, kind, has_it):
    # PyTorch answers yes for older GPUs too, which only imitate it, unless it is asked for the hardware alone.
    import torch
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    hardware = {"cpu": not has_it, "cuda": not has_it, kind: has_it}
    monkeypatch.setattr(small, "has_bfloat16", lambda: hardware["cpu"])
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or hardware["cuda"]
    )
    monkeypatch.setattr(nnUNetTrainer, "initialize", lambda self: None)
    trainer = a_trainer(kind)
    trainer.initialize()
    assert trainer.is_quick_with_bfloat16 == (has_it and kind != "mps")


@pytest.mark.parametrize("quick", [True, False])
def test_a_training_step_runs_the_network_in_bfloat16_only_where_that_is_quick(quick):
    import torch

    trainer = a_trainer("cpu")
    trainer.is_quick_with_bfloat16 = quick
    voxels = torch.ones(2, 1, 4, 4, 4)
    loss = trainer.train_step({"data": voxels, "target": voxels})["loss"]
    assert trainer.network.calculated_in == [torch.bfloat16 if quick else torch.float32]
    assert trainer.loss.given == [torch.float32]
    assert loss.dtype == np.float32


@pytest.mark.parametrize(
    ("supported", "expected"), [((), False), (("amx_tile",), True), (("avx512_bf16",), True), (None, False)], ids=str
)
def test_a_cpu_has_bfloat16_with_either_of_two_instruction_sets(monkeypatch, supported, expected):
    import torch

    for name in ("amx_tile", "avx512_bf16"):
        if supported is None:  # a PyTorch that cannot be asked
            monkeypatch.delattr(torch.cpu, f"_is_{name}_supported", raising=False)
        else:
            monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", lambda name=name: name in supported, raising=False)
    assert has_bfloat16() is expected


def a_trainer(kind):
    """Return the small models' trainer around stand-ins of one layer, on a device of a kind that need not be there."""

    import torch

    class Network(torch.nn.Conv3d):
        calculated_in = ()

        def forward(self, data):
            output = super().forward(data)
            self.calculated_in = [*self.calculated_in, output.dtype]
            return [output]

    class Loss:
        given = ()

        def __call__(self, outputs, target):
            self.given = [each.dtype for each in outputs]
            return ((outputs[0] - target) ** 2).mean()

    made = small.small_trainer("arteries", small.SmallConfiguration())
    trainer = made.__new__(made)  # nnU-Net's own constructor needs plans and a dataset
    trainer.device = torch.device(kind)
    trainer.network, trainer.loss = Network(1, 1, 3, padding=1), Loss()
    trainer.optimizer = torch.optim.SGD(trainer.network.parameters(), 0.1)
    return trainer
