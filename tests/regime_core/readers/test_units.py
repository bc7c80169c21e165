"""Units beside numbers: those that are known scale them, currencies change nothing, and all others are refused."""

import pytest

from regime_core.errors import ReaderError
from regime_core.readers import inspect, read_csv
from regime_core.readers.units import COUNTED, CURRENCIES, SCALES, scale_of


def volumes(*cells):
    rows = "".join(f"2021-01-{i + 1:02};{100 + i}.25;{cell}\n" for i, cell in enumerate(cells))
    return ("Date;Close;Volume\n" + rows).encode()


@pytest.mark.parametrize(
    ("cell", "volume"),
    [
        ("1.2K", 1.2e3),
        ("1.2 Tsd.", 1.2e3),
        ("1.2 TSD", 1.2e3),
        ("1.2 тыс.", 1.2e3),
        ("1.2 tys.", 1.2e3),
        ("3 Tsd. Stück", 3e3),
        ("1.2 MM", 1.2e6),
        ("1.2mm", 1.2e6),
        ("1.2 MLN", 1.2e6),
        ("1.2 Mio. €", 1.2e6),
        ("1.2M€", 1.2e6),
        ("1.2 млн руб.", 1.2e6),
        ("1.2 milhões", 1.2e6),
        ("1.2 BLN", 1.2e9),
        ("1.2 mld", 1.2e9),
        ("1.2 Mrd. EUR", 1.2e9),
        ("1.2 mdr kr", 1.2e9),
        ("1.2 billion", 1.2e9),
        ("1.2 TRN", 1.2e12),
        ("1.2 LAKH", 1.2e5),
        ("1.2 CR", 1.2e7),
        ("1.2 Cr.", 1.2e7),
        ("1.2万", 1.2e4),
        ("1.2 億", 1.2e8),
        ("1.2 USD", 1.2),
        ("USD 1.2", 1.2),
        ("HK$1.2", 1.2),
        ("1.2 zł", 1.2),
        ("120株", 120),
    ],
)
def test_what_a_unit_makes_of_a_number(cell, volume):
    assert read_csv(volumes(cell, cell)).bars.volume.tolist() == pytest.approx([volume, volume], rel=1e-12)


@pytest.mark.parametrize(
    "cell", ["1.2 MIL", "1.2 Bio.", "1.2 XYZ", "1.2T€", "1.2 ABCD", "XYZ 1.2", "1.2 Jan", "1.2 M M", "MIL 1.2"]
)
def test_other_units_are_refused_with_their_place(cell):
    with pytest.raises(ReaderError) as caught:
        read_csv(volumes("1", cell), name="bars.csv")
    assert f'line 3, column "Volume": "{cell}" has a unit or currency that is not known' in caught.value.message


@pytest.mark.parametrize(("one", "other"), [("950M", "1.2MM"), ("950 mld", "1.2 bln"), ("12 USD", "11 EUR"), ("$12", "€11")])
@pytest.mark.parametrize("turned", [False, True])
def test_units_of_two_conventions_in_a_column_are_refused(one, other, turned):
    cells = (other, one) if turned else (one, other)
    with pytest.raises(ReaderError, match="does not go with the others of its column"):
        read_csv(volumes(*cells, *cells))


def test_a_currency_of_some_rows_and_units_of_different_size_go_together():
    assert read_csv(volumes("950K", "1.5M", "2B", "7")).bars.volume.tolist() == [950e3, 1.5e6, 2e9, 7]
    assert read_csv(volumes("$12", "12")).bars.volume.tolist() == [12, 12]


def test_prices_in_other_letters_are_refused_too():
    data = "Date;Close\n" + "".join(f"2021-01-{day:02};{day + 100} MIL\n" for day in range(1, 9))
    assert inspect(data.encode()).status == "rejected"


@pytest.mark.parametrize("name", ["Total Volume", "Volume (shares)"])
@pytest.mark.parametrize(("unit", "scale"), [("MM", 1e6), ("crore", 1e7), ("Mio.", 1e6)])
def test_a_volume_under_a_longer_name_is_known_with_its_units(name, unit, scale):
    text = volumes(*[f"{i + 1}.5 {unit}" for i in range(20)]).replace(b"Volume", name.encode(), 1)
    assert read_csv(text).bars.volume[0] == 1.5 * scale


def test_no_word_is_both_a_scale_and_a_currency():
    assert not set(SCALES) & (CURRENCIES | COUNTED)
    assert scale_of("") == 1.0
