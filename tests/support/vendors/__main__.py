"""Print how each format is read: ``PYTHONPATH=.:tests/support python -m vendors``."""

from __future__ import annotations

from vendors.known import FORMATS
from vendors.reading import difference, read


def main() -> None:
    """One line a format: read, asked, refused or WRONG, and why."""
    for name, write in sorted(FORMATS.items()):
        file = write()
        got = read(file)
        if got.status != "ok":
            print(f"{got.status:10} {name:40} {got.message}")
            continue
        wrong = difference(file, got) or ("" if file.status == "ok" else f"it should be {file.status}")
        lacks = file.warnings - got.codes
        print(
            f"{'WRONG' if wrong else 'read':10} {name:40} {wrong or ('no warning ' + ' '.join(sorted(lacks)) if lacks else '')}"
        )


if __name__ == "__main__":
    main()
