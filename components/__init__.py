"""Figures and widgets: what pages are made of."""
