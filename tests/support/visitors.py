"""Files that visitors brought, without a browser."""

from __future__ import annotations

from regime_core import mapped
from regime_core.bars import OHLCV
from regime_core.datasets import Library
from regime_core.readers import Inspection
from regime_core.studies import Report, Shelf
from regime_core.studies.work import series_table
from regime_core.uploads import Uploads


def received(uploads: Uploads, visitor: str, name: str, data: bytes) -> str:
    """Id of a file that came in as it is, and was not read yet."""
    with uploads.receive(visitor) as arrival:
        arrival.file.write(data)
        arrival.name = name
    return arrival.id


def uploaded(
    library: Library, visitor: str, name: str, *series: OHLCV, problems: tuple[str, ...] = (), rows_read: int = 0
) -> str:
    """Id of a file that was read into these bars; a file of several has the symbols S0, S1, and so on."""
    upload = library.uploads.get(received(library.uploads, visitor, name, b""), visitor)
    shelf = Shelf(upload.folder / "as-found")
    shelf.folder.mkdir()
    symbols = [f"S{i}" if len(series) > 1 else "" for i in range(len(series))]
    mapped.write_bars(shelf.bars_path, series)
    mapped.write_table(shelf.series_path, series_table(symbols, series))
    Report(Inspection(name, problems=problems, rows=rows_read), n_series=len(series)).write(shelf.report_path)
    library.uploads.show(upload, "as-found", 0, symbols[0])
    return upload.id
