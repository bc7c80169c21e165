"""Dates as vendors write them: each is read as the day that is known, asked about, or refused; never as another day."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from regime_core.errors import ReaderError
from regime_core.readers import Overrides, read
from regime_core.readers.dates import AmbiguousDates, ImpossibleDates, decide

WEEKDAYS = [day for day in (date(2021, 1, 4) + timedelta(days=i) for i in range(170)) if day.weekday() < 5]
MONTHS = [date(2015 + i // 12, i % 12 + 1, 1) for i in range(60)]
MINUTES = [datetime(2021, 1, 20, 9, 30) + timedelta(days=i // 78, minutes=5 * (i % 78)) for i in range(390)]


def file_of(times, header="Date,Close"):
    return (header + "\n" + "".join(f"{time},{100 + i % 7 + 0.25}\n" for i, time in enumerate(times))).encode()


def reading_of(times, header="Date,Close", **known):
    return read(file_of(times, header), name="bars.csv", overrides=Overrides(**known))


def read_as(truth, times, header="Date,Close", **known):
    reading = reading_of(times, header, **known)
    np.testing.assert_array_equal(reading.series[0].bars.time.view("M8[ns]"), np.array(truth, dtype="M8[ns]"))
    return reading


def codes(reading):
    return {warned.code for warned in reading.warnings}


def refusal(times, header="Date,Close", **known):
    with pytest.raises(ReaderError) as caught:
        reading_of(times, header, **known)
    return caught.value


def stamps(days, zone, hour=0):
    """Days at an hour of a zone, in UTC."""
    return [datetime(d.year, d.month, d.day, hour, tzinfo=ZoneInfo(zone)).astimezone(UTC) for d in days]


WRITTEN_IN_UTC = {
    "epochs": lambda time: int(time.timestamp()),
    "Z": lambda time: f"{time:%Y-%m-%dT%H:%M:%SZ}",
    "offset": lambda time: f"{time:%Y-%m-%d %H:%M:%S}+00:00",
    "named": lambda time: f"{time:%d %b %Y %H:%M} UTC",
}
in_utc = pytest.mark.parametrize("write", WRITTEN_IN_UTC.values(), ids=WRITTEN_IN_UTC)


@in_utc
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Australia/Sydney", "Europe/Berlin", "Europe/London", "Asia/Kolkata"])
def test_a_market_east_of_london_has_its_own_day(write, zone):
    reading = read_as(WEEKDAYS, [write(time) for time in stamps(WEEKDAYS, zone)])
    assert any("evening before" in note for note in reading.notes)
    assert "ambiguous_dates" not in codes(reading)


@in_utc
@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 0), ("America/New_York", 16), ("Asia/Tokyo", 15), ("UTC", 0)])
def test_times_within_the_day_are_left_where_they_are(write, zone, hour):
    reading = read_as(WEEKDAYS, [write(time) for time in stamps(WEEKDAYS, zone, hour)])
    assert "ambiguous_dates" not in codes(reading)
    assert not reading.times.notes


@in_utc
@pytest.mark.parametrize("hour", [0, 8, 16, 23])
def test_a_market_that_never_closes_keeps_the_dates_shown(write, hour):
    days = [date(2021, 1, 1) + timedelta(days=i) for i in range(100)]
    reading = read_as(days, [write(time) for time in stamps(days, "UTC", hour)])
    assert "ambiguous_dates" not in codes(reading)


@in_utc
def test_months_that_begin_in_the_evening_before_are_those_that_follow(write):
    read_as(MONTHS, [write(time) for time in stamps(MONTHS, "Europe/Berlin")])


@pytest.mark.parametrize(
    "days", [[d for d in WEEKDAYS[:60] if d.weekday() != 4], [date(2021, 1, 3) + timedelta(7 * i) for i in range(60)]]
)
def test_a_close_of_the_session_is_no_midnight(days):
    """Of a market whose week begins on Sunday, and of weeks that end with it."""
    shown = [d - timedelta(days=1) for d in days] if len({d.weekday() for d in days}) > 1 else days
    read_as(shown, [f"{day}T14:25:00Z" for day in shown])


def test_few_evenings_are_kept_and_said():
    evenings = [time.replace(tzinfo=None) for time in stamps(WEEKDAYS[:5], "Asia/Tokyo")]
    reading = read_as([time.date() for time in evenings], [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in evenings])
    assert [warned.lines for warned in reading.warnings if warned.code == "ambiguous_dates"] == [(2,)]
    read_as(WEEKDAYS[:5], [f"{time:%Y-%m-%dT%H:%M:%SZ}" for time in evenings], zone="Asia/Tokyo")


@in_utc
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("hour", [0, 9, 16])
def test_a_zone_that_is_named_tells_the_day_of_daily_bars(write, zone, hour):
    read_as(WEEKDAYS[:8], [write(time) for time in stamps(WEEKDAYS[:8], zone, hour)], zone=zone)


@pytest.mark.parametrize(
    "times",
    [
        [f"{day}" for day in WEEKDAYS],
        [f"{day}T00:00:00Z" for day in WEEKDAYS],
        [f"{day} 09:30:00+01:00" for day in WEEKDAYS],
        [1_609_718_400 + 86_400 * i for i in range(60)],
        [1_609_718_400 + 60 * i for i in range(60)],
        [f"{time:%Y-%m-%d %H:%M}" for time in MINUTES],
    ],
)
def test_a_zone_that_is_none_is_refused_whatever_the_file_says(times):
    assert refusal(times, zone="Mars/Base").message.startswith('"Mars/Base" is no time zone: name one such as')


def test_dates_are_not_moved_by_a_zone_and_that_is_said():
    reading = read_as(WEEKDAYS, WEEKDAYS, zone="America/New_York")
    assert any("America/New_York does not move" in note for note in reading.notes)
    own = read_as(MINUTES, [f"{time:%Y-%m-%dT%H:%M}:00Z" for time in MINUTES], zone="America/New_York")
    assert any("America/New_York does not move" in note for note in own.notes)


@pytest.mark.parametrize(
    "written",
    [
        "%Y-%m",
        "%Y/%m",
        "%YM%m",
        "%Y:M%m",
        "%Y.%m",
        "%Y%m",
        "%m/%Y",
        "%m-%Y",
        "%m.%Y",
        "%b-%y",
        "%b %Y",
        "%B %Y",
        "%b. %Y",
        "%Y %b",
        "%b'%y",
        "%Y年%m月",
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_month_is_its_first_day(written, newest_first):
    months = MONTHS[::-1] if newest_first else MONTHS
    assert read_as(MONTHS, [month.strftime(written) for month in months]).times.format == "months"


@pytest.mark.parametrize(
    "names", ["gennaio febbraio marzo", "styczeń luty marzec", "январь февраль март", "ocak şubat mart", "Jan Feb Mrt"]
)
def test_months_by_name_in_other_languages(names):
    read_as(MONTHS[:3], [f"{name} 2015" for name in names.split()])


@pytest.mark.parametrize(
    "written", ["{y}Q{q}", "{y}-Q{q}", "{y} Q{q}", "{y}:Q{q}", "Q{q} {y}", "Q{q}/{y}", "{q}Q{y}", "{q}Q{s:02}", "{q}T{s:02}"]
)
def test_a_quarter_is_its_first_day(written):
    quarters = [date(1990 + i // 4, 3 * (i % 4) + 1, 1) for i in range(80)]
    times = [written.format(y=day.year, s=day.year % 100, q=(day.month + 2) // 3) for day in quarters]
    assert read_as(quarters, times).times.format == "quarters"


@pytest.mark.parametrize("written", ["%G-W%V", "%GW%V", "%G W%V", "W%V %G", "%G-W%V-%u", "%GW%V%u"])
def test_a_week_is_its_monday(written):
    weeks = [date(2008, 12, 1) + timedelta(days=7 * i) for i in range(110)]
    assert read_as(weeks, [week.strftime(written) for week in weeks]).times.format == "weeks"


@pytest.mark.parametrize("week", ["2010-W53", "2010-W00", "2010-W54"])
def test_a_week_that_does_not_exist_is_named(week):
    assert "line 4" in refusal(["2010-W50", "2010-W51", week]).message


@pytest.mark.parametrize(
    "times",
    [
        [f"{day:%b-%d}" for day in WEEKDAYS],
        [f"{day:%d-%b}" for day in WEEKDAYS],
        ["Jan-10", "Jan-11", "Jan-12", "Feb-10"],
        ["201001", "201002", "201005", "201006", "201007"],
        ["2010.1", "2010.2", "2010.3"],
        ["2010-13", "2010-14"],
    ],
)
def test_what_may_be_no_month_is_refused(times):
    refusal(times)


@pytest.mark.parametrize(
    ("header", "written"),
    [
        ("Year,Month,Day,Close", "{0.year},{0.month},{0.day}"),
        ("Day,Month,Year,Close", "{0.day:02},{0.month:02},{0.year}"),
        ("YYYY,MM,DD,Close", "{0:%Y,%m,%d}"),
        ("Jahr,Monat,Tag,Schluss", "{0:%Y,%m,%d}"),
        ("Año,Mes,Día,Cierre", "{0:%Y,%m,%d}"),
        ("年,月,日,終値", "{0.year},{0.month},{0.day}"),
        ("Year,Month,Day,Close", "{0:%y,%b,%d}"),
        ("Year,Month,Day,Close", "{0.year}.0,{0.month}.0,{0.day}.0"),
        ("Year,Month,Weekday,Day,Close", "{0:%Y,%m,%a,%d}"),
    ],
)
def test_a_date_in_three_columns(header, written):
    read_as(WEEKDAYS, [written.format(day) for day in WEEKDAYS], header)


def test_a_date_in_three_columns_with_a_clock_or_without_a_day():
    reading = read_as(MINUTES, [f"{time:%Y,%m,%d,%H:%M}" for time in MINUTES], "Year,Month,Day,Time,Close")
    assert reading.columns["timestamp"] == "Year Month Day"
    read_as(MINUTES, [f"{time:%Y,%m,%d,%H%M}" for time in MINUTES], "Year,Month,Day,Time,Close")
    read_as(MONTHS, [f"{month:%Y,%m}" for month in MONTHS], "Year,Month,Close")
    bars = (f"{day:%Y,%m,%d},10,12,9,11" for day in WEEKDAYS)
    data = "\n".join(["Year,Month,Day,Open,High,Low,Close", *bars]).encode()
    assert read(data).series[0].bars.open.tolist() == [10.0] * len(WEEKDAYS)


def test_a_date_in_three_columns_that_does_not_exist_is_named():
    message = refusal([f"{day:%Y,%m,%d}" for day in WEEKDAYS] + ["2021,2,30"], "Year,Month,Day,Close").message
    assert f"line {len(WEEKDAYS) + 2}" in message
    assert '"2021 2 30"' in message


def test_a_whole_date_is_preferred_to_its_parts():
    read_as(WEEKDAYS, [f"{day},1999,12,31" for day in WEEKDAYS], "Date,Year,Month,Day,Close")


CLOCKS = ["%H.%M", "%H.%M.%S", "%Hh%M", "%-Hh%M", "%H:%M", "%-H.%M", "%I:%M %p", "%H%M", "%-H%M"]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("day", ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%d"])
def test_a_clock_in_any_marks(clock, day):
    read_as(MINUTES, [time.strftime(f"{day},{clock}") for time in MINUTES], "Date,Time,Close")
    if clock not in ("%H%M", "%-H%M"):
        read_as(MINUTES, [time.strftime(f"{day} {clock}") for time in MINUTES])


@pytest.mark.parametrize(
    "written",
    [
        "{0:%H:%M}-{1:%H:%M}",
        "{0:%H:%M} - {1:%H:%M}",
        "{0:%H:%M}–{1:%H:%M}",
        "{0:%H:%M:%S}-{1:%H:%M:%S}",
        "{0:%H:%M} to {1:%H:%M}",
    ],
)
@pytest.mark.parametrize("minutes", [5, 60])
def test_a_span_of_time_is_its_start(written, minutes):
    starts = [datetime(2021, 1, 4) + timedelta(minutes=minutes * i) for i in range(300)]
    spans = [written.format(start, start + timedelta(minutes=minutes)) for start in starts]
    read_as(starts, [f"{start:%Y-%m-%d},{span}" for start, span in zip(starts, spans, strict=True)], "Date,Time,Close")
    read_as(starts, [f"{start:%Y-%m-%d} {span}" for start, span in zip(starts, spans, strict=True)])


def test_offsets_beside_clocks_stay_offsets():
    new_york = [datetime(2021, 3, 12, tzinfo=UTC) + timedelta(minutes=30 * i) for i in range(200)]
    local = [time.astimezone(ZoneInfo("America/New_York")) for time in new_york]
    times = [f"{time:%Y-%m-%d %H:%M}{f'{time:%z}'[:3]}:00" for time in local]
    read_as([time.replace(tzinfo=None) for time in new_york], times)
    refusal([f"2021-01-04 09:0{i}-17:30" for i in range(9)])


def test_a_column_of_hours():
    hours = [datetime(2021, 1, 20 + i // 8, 9 + i % 8) for i in range(64)]
    read_as(hours, [f"{time:%Y-%m-%d},{time.hour}" for time in hours], "Date,Hour,Close")


def test_a_clock_of_twelve_hours_is_refused_without_its_halves():
    twelve = [f"{time:%Y-%m-%d} {time.hour % 12 or 12}:{time:%M}" for time in MINUTES]
    assert "AM and PM" in refusal(twelve).message
    assert "AM and PM" in refusal([time.replace(" ", ",") for time in twelve], "Date,Time,Close").message


def test_an_evening_under_the_date_of_the_next_day_is_refused():
    evening = [(day, datetime(2021, 1, 1, 21) + timedelta(minutes=30 * i)) for day in WEEKDAYS for i in range(12)]
    assert "evening before" in refusal([f"{day} {clock:%H:%M}" for day, clock in evening]).message


def test_midnight_at_the_end_of_a_day():
    read_as(WEEKDAYS, [f"{day} 24:00" for day in WEEKDAYS])
    hours = [datetime(2021, 1, 20) + timedelta(hours=i + 1) for i in range(72)]
    ended = [f"{time - timedelta(hours=1):%Y-%m-%d} {time.hour or 24:02}:00" for time in hours]
    read_as(hours, ended)


@pytest.mark.parametrize("written", ["%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y", "%m%d%y", "%Y%m%d"])
@pytest.mark.parametrize("kept", ["all", "no zero", "decimal"])
def test_dates_in_digits_are_decided_over_the_column(written, kept):
    times = [day.strftime(written) for day in WEEKDAYS]
    if kept != "all":
        times = [time.lstrip("0") for time in times]
    if kept == "decimal":
        times = [f"{time}.0" for time in times]
    if written == "%m%d%y" and kept != "all":
        assert "Excel" in refusal(times).message
        return
    read_as(WEEKDAYS, times)
    read_as(WEEKDAYS, [f"{time},00:00" for time in times], "Date,Time,Close")


def test_dates_in_digits_of_two_readings_are_asked_and_named():
    days = [date(2021, 1, day) for day in range(1, 13)]
    error = refusal([f"{day:%d%m%Y}" for day in days])
    assert isinstance(error, AmbiguousDates)
    assert {reading.order for reading in error.readings} == {"day/month/year", "month/day/year"}
    read_as(days, [f"{day:%d%m%Y}" for day in days], order="day/month/year")


def test_dates_in_digits_beside_a_count_are_the_time():
    times = [f"{day:%y%m%d},{123_456_789 + 3_777 * i}" for i, day in enumerate(WEEKDAYS)]
    read_as(WEEKDAYS, times, "Date,Turnover,Close")


@pytest.mark.parametrize(
    "times", [["010100", "010200"], ["1012000"], [150101 + 60 * i for i in range(3)], [10_101 + i for i in range(20)]]
)
def test_digits_that_may_count_are_not_dates_for_certain(times):
    refusal(times)


def _columns(seed):
    """Random columns of dates as numbers, as (n, 3), in and out of order, some with days exchanged."""
    rng = random.Random(seed)
    n, step = rng.choice([2, 3, 5, 12, 40, 120]), rng.choice([1, 1, 7, 30, 31])
    start = date(rng.choice([1998, 2001, 2010, 2021]), rng.randint(1, 12), rng.randint(1, 28))
    days = [start + timedelta(days=step * i) for i in range(n)]
    if rng.random() < 0.4:
        days = [day for day in days if day.day <= 12] or days
    if rng.random() < 0.3:
        rng.shuffle(days)
    if rng.random() < 0.3:
        days = days[::-1]
    short, year_first = rng.random() < 0.5, rng.random() < 0.2
    swapped = rng.random() < 0.3
    rows = []
    for day in days:
        year = day.year % 100 if short else day.year
        ends = (day.month, day.day) if swapped and day.day <= 12 and rng.random() < 0.6 else (day.day, day.month)
        rows.append((year, *ends[::-1]) if year_first and short else (*ends, year))
    orders = ("day/month/year", "month/day/year", "year/month/day") if short else ("day/month/year", "month/day/year")
    return np.array(rows, dtype=np.int64), orders


def test_an_order_that_is_offered_is_taken_and_means_what_was_said():
    asked = 0
    for seed in range(1500):
        parts, orders = _columns(seed)
        try:
            decide(parts, orders, where=lambda: "here")
        except AmbiguousDates as error:
            asked += 1
            assert len(error.readings) > 1
            for reading in error.readings:
                days, order = decide(parts, (reading.order,), where=lambda: "here")
                assert order == reading.order
                assert [str(np.datetime64(int(day), "D")) for day in (days.min(), days.max())] == [reading.first, reading.last]
        except (ImpossibleDates, ReaderError):
            continue
    assert asked > 100


def test_an_order_under_which_rows_jump_is_not_offered_beside_one_in_order():
    """The first twelve days of each month: month first, every twelfth row would fall back by a year."""
    days = [date(2019 + i // 144, i % 144 // 12 + 1, i % 12 + 1) for i in range(288)]
    read_as(days, [f"{day:%d/%m/%Y}" for day in days])
    read_as(days, [f"{day:%m/%d/%Y}" for day in days])


@pytest.mark.parametrize("written", ["%Y-%d-%m", "%Y/%d/%m", "%Y%d%m"])
@pytest.mark.parametrize("half", [False, True])
def test_days_before_months_after_the_year_are_refused(written, half):
    right = written.replace("%d", "?").replace("%m", "%d").replace("?", "%m")
    times = [day.strftime(written if day.day <= 12 else right) for day in WEEKDAYS if half or day.day <= 12]
    assert refusal(times).code == "reader.mixed_dates"


@pytest.mark.parametrize(
    "written",
    [
        lambda day: f"{day.year + 543}-{day:%m-%d}",
        lambda day: f"{day:%d/%m}/{day.year + 543}",
        lambda day: f"{day:%d/%m}/{(day.year + 543) % 100}",
        lambda day: f"{day:%d-%b}-{(day.year + 543) % 100}",
        lambda day: f"{day.year - 1911}/{day:%m/%d}",
        lambda day: f"R{day.year - 2018}.{day:%m.%d}",
        lambda day: f"令和{day.year - 2018}年{day.month}月{day.day}日",
        lambda day: f"{day.year - 621}/{day:%m/%d}",
    ],
)
def test_years_of_other_calendars_are_refused(written):
    refusal([written(day) for day in WEEKDAYS])


@pytest.mark.parametrize(
    "written", ["%Y-%m-%d (%a)", "%Y-%m-%d %a", "%d/%m/%Y %a.", "%Y/%m/%d(月)", "%d-%b-%y", "%y-%b-%d", "%A %Y-%m-%d"]
)
def test_weekdays_and_two_digit_years_beside_named_months(written):
    read_as(WEEKDAYS, [day.strftime(written) for day in WEEKDAYS])


@pytest.mark.parametrize("trailing", [" close", "*", " (1)", "th", " AM", " 12", "p"])
def test_a_date_with_other_words_behind_is_refused(trailing):
    refusal([f"{day}{trailing}" for day in WEEKDAYS])
