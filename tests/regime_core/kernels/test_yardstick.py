"""The exact filter against the sum over every possible sequence of regimes."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from regime_core.kernels import yardstick

DRIFT = np.array([0.3, -0.3, 0.0])
VOLATILITY = np.array([0.7, 0.7, 1.1])
RANGING, PULL, HAZARD = 2, 0.4, 0.2


def every_sequence(returns, dof):
    """Probability of the last regime given all returns: likelihood and prior of all 3**n sequences, added up."""
    opens = np.concatenate(([0.0], np.cumsum(returns)))
    total = np.zeros(3)
    for sequence in product(range(3), repeat=len(returns)):
        weight, level = 1 / 3, 0.0
        for t, code in enumerate(sequence):
            if t > 0:
                weight *= 1 - HAZARD if code == sequence[t - 1] else HAZARD / 2
                if code != sequence[t - 1]:
                    level = opens[t]
            mean = DRIFT[code] - (PULL * (opens[t] - level) if code == RANGING else 0.0)
            law = stats.norm() if dof == 0 else stats.t(dof, scale=np.sqrt((dof - 2) / dof))
            weight *= law.pdf((returns[t] - mean) / VOLATILITY[code]) / VOLATILITY[code]
        total[sequence[-1]] += weight
    return total / total.sum()


@pytest.mark.parametrize("dof", [0.0, 5.0])
def test_equals_the_sum_over_all_sequences(dof):
    returns = np.random.default_rng(3).normal(size=6)
    got = yardstick.exact_filter(returns, DRIFT, VOLATILITY, RANGING, PULL, HAZARD, dof)
    for n in range(1, 7):
        np.testing.assert_allclose(got[n - 1], every_sequence(returns[:n], dof), rtol=1e-8)
