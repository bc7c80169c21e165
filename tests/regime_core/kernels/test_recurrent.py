"""The recurrent forward pass against its slow twin."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from regime_core.kernels import recurrent, reference


@given(
    n_rows=st.integers(0, 30),
    n_inputs=st.integers(1, 9),
    n_hidden=st.integers(1, 9),
    n_classes=st.integers(1, 6),
    size=st.sampled_from([0.1, 1.0, 30.0]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_forward_equals_its_slow_twin(n_rows, n_inputs, n_hidden, n_classes, size, seed):
    rng = np.random.default_rng(seed)
    gates = 4 * n_hidden
    shapes = (n_inputs, gates), (n_hidden, gates), (gates,), (n_inputs, n_classes), (n_hidden, n_classes), (n_classes,)
    weights = [rng.normal(0, 0.5, shape).astype(np.float32) for shape in shapes]
    rows = rng.normal(0, size, (n_rows, n_inputs)).astype(np.float32)
    memory = rng.normal(0, 0.5, (2, n_hidden)).astype(np.float32)
    exact = [array.astype(np.float64) for array in (rows, memory, *weights)]
    with np.errstate(over="ignore"):
        expected = reference.recurrent_margins(*exact).reshape(n_rows, n_classes)
    np.testing.assert_allclose(recurrent.forward(rows, memory, *weights), expected, rtol=1e-3, atol=1e-3 * size)
