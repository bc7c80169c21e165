"""Numba kernels: arrays in, arrays out. Each has an obvious NumPy twin in ``reference``."""
