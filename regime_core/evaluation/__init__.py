"""Scores and significance: arrays in, plain values out."""
