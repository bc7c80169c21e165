"""Errors of the core: each names what was wrong, where, and what to do."""

from __future__ import annotations


class RegimeError(Exception):
    """Base of every error the core raises on purpose.

    code : stable dotted identifier for programs, for example ``bars.non_finite``.
    message : one sentence or two for people: what was wrong, where (row, column or index), what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BarsError(RegimeError):
    """Bars that cannot be used: a price that is not positive, high below low, times that do not parse."""


class ReaderError(RegimeError):
    """A file that cannot be read as bars; the message names row and column."""


class SourceError(RegimeError):
    """A download that failed, was cut short, or holds nothing usable; the data on disk is unchanged."""


class ArtifactError(RegimeError):
    """A file of ``final_model/`` is missing, altered or of another format; the message names it."""


class ModelError(RegimeError):
    """A model that is unknown, not fitted, or was given input it cannot use."""
