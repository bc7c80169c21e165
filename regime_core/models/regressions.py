"""Two penalised regressions on standardised inputs: of a mean, and of a positive size."""

from __future__ import annotations

import numpy as np

from regime_core.bars import Float

STEPS = 50
TOLERANCE = 1e-9
LOG_LIMIT = 300.0
SMALLEST_SIZE = 1e-4
"""Share of the mean size added to every size: a size of 0 has no place in a gamma distribution."""


def ridge(inputs: Float, target: Float, *, penalty: float) -> Float:
    """Weights of inputs (n, n_inputs), and the intercept after them, of the least squares with an L2 penalty on the weights.

    penalty : times the sum of squared weights, added to the sum of squared errors.
    """
    centre, mean = inputs.mean(axis=0), target.mean()
    centred = inputs - centre
    weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(inputs.shape[1]), centred.T @ (target - mean))
    return np.append(weights, mean - centre @ weights)


def gamma(inputs: Float, size: Float, *, penalty: float, start: Float | None = None) -> Float:
    """Weights of inputs (n, n_inputs), and the intercept after them, of the logarithm of the size expected.

    size : (n,), at least 0; shape of the gamma distribution is free. penalty : half of it times the sum of squared weights is
    added to the mean deviance. start : weights to start from, as returned for similar rows.
    Newton's method; the loss is convex, and a step that does not lower it is halved.
    Source: McCullagh and Nelder, Generalized Linear Models (1989), ch. 8.
    """
    unit = size.mean() if size.any() else 1.0
    relative = size / unit + SMALLEST_SIZE
    columns = np.column_stack([inputs, np.ones(len(inputs))])
    shrink = np.append(np.full(inputs.shape[1], penalty), 0.0)
    weights = np.zeros(columns.shape[1]) if start is None else start - np.append(np.zeros(inputs.shape[1]), np.log(unit))

    def measured(at: Float) -> tuple[float, Float]:
        """Loss, and size over what is expected of it."""
        expected = columns @ at
        over = relative * np.exp(np.minimum(-expected, LOG_LIMIT))
        return float(np.mean(over + expected) + 0.5 * (shrink * at) @ at), over

    loss, over = measured(weights)
    for _ in range(STEPS):
        slope = columns.T @ (1.0 - over) / len(over) + shrink * weights
        curve = (columns.T * over) @ columns / len(over) + np.diag(shrink)
        step = np.linalg.solve(curve + 1e-12 * np.eye(len(curve)), slope)
        while True:
            tried = weights - step
            lower, over_there = measured(tried)
            if lower <= loss or np.abs(step).max() < TOLERANCE:
                break
            step = 0.5 * step
        gained, loss, weights, over = loss - lower, lower, tried, over_there
        if gained < TOLERANCE:
            break
    weights[-1] += np.log(unit)
    return weights


def predicted(weights: Float, inputs: Float) -> Float:
    """Sum of weighted inputs and the intercept, (n,); a row's does not depend on the rows beside it."""
    out = np.full(len(inputs), weights[-1])
    for column, weight in zip(inputs.T, weights[:-1], strict=True):  # a matrix product rounds by the number of rows
        out += column * weight
    return out
