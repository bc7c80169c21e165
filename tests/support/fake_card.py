"""gunicorn.conf.py where there is a card, which PyTorch's CPU stands in for; it goes when the file FAKE_CARD_GONE comes."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from regime_core.errors import ModelError
from regime_core.models import lstm_torch
from regime_core.models.cards import Read

PASS_SECONDS = 0.05
"""As a card, it takes about as long for one series as for many: requests meet while it does."""
GONE = Path(os.environ["FAKE_CARD_GONE"])
read = lstm_torch.OnDevice._read


def resolved(device: str) -> str:
    """The stand-in, whose name is another than that of the CPU."""
    if device != "cpu" and GONE.exists():
        raise ModelError("model.device", "CUDA was asked for, and PyTorch sees no card: use auto or cpu.")
    return "cpu" if device == "cpu" else "cpu:0"


def read_or_fail(self: lstm_torch.OnDevice, sequences: Sequence[NDArray[np.float32]]) -> list[Read]:
    """One forward pass."""
    import torch

    if GONE.exists():
        raise torch.AcceleratorError("CUDA error: unspecified launch failure")
    time.sleep(PASS_SECONDS)
    return read(self, sequences)


lstm_torch.resolved = resolved
lstm_torch.OnDevice._read = read_or_fail
exec(compile((Path(__file__).resolve().parents[2] / "gunicorn.conf.py").read_text(), "gunicorn.conf.py", "exec"))
