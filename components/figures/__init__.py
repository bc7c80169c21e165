"""Figures: a result goes in, a plotly figure comes out; no ids, no callbacks, no engine."""
