import json
import multiprocessing
import sys
import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from regime_core.errors import ReaderError, SourceError
from regime_core.sources import bundled, download, ingest

TODAY = date(2021, 6, 30)
DAYS = [day.date() for day in pd.bdate_range("2021-01-04", "2021-06-29")]
CHART = {"sp500": "/v8/finance/chart/%5EGSPC", "vix": "/v8/finance/chart/%5EVIX"}
ZONES = {"sp500": "America/New_York", "vix": "America/Chicago"}


def closes(n):
    return np.round(100 + np.cumsum(np.random.default_rng(4).normal(0, 0.3, n)), 2)


def old_file(folder, name, days, values, *, spread=1.0, source="arch", volume=None):
    """A history on disk, written by hand."""
    folder.mkdir(exist_ok=True)
    rows = [
        f"{day},{close},{close + spread},{close - spread},{close},{'' if volume is None else volume},{source}"
        for day, close in zip(days, values, strict=True)
    ]
    path = folder / f"{name}.csv"
    path.write_text("date,open,high,low,close,volume,source\n" + "\n".join(rows) + "\n")
    return path


def chart(days, values, *, zone="America/New_York", open_=None, meta=None, volume=True, session_over=True):
    """A v8 chart answer; the last bar is of a session that is over or not."""
    seconds = [int(datetime(day.year, day.month, day.day, 9, 30, tzinfo=ZoneInfo(zone)).timestamp()) for day in days]
    end = seconds[-1] + 23_400
    about = {
        "exchangeTimezoneName": zone,
        "gmtoffset": -14_400,
        "dataGranularity": "1d",
        "regularMarketTime": end if session_over else end - 3600,
        "currentTradingPeriod": {"regular": {"timezone": "EDT", "start": seconds[-1], "end": end, "gmtoffset": -14_400}},
        **(meta or {}),
    }
    values = list(values)
    quote = {
        "open": values if open_ is None else open_,
        "high": [None if value is None else value + 1 for value in values],
        "low": [None if value is None else value - 1 for value in values],
        "close": values,
        "volume": [None if value is None else 1000 for value in values],
    }
    if not volume:
        quote.pop("volume")
    result = {"meta": about, "timestamp": seconds, "indicators": {"quote": [quote], "adjclose": [{"adjclose": values}]}}
    return {"chart": {"result": [result], "error": None}}


def serve(loopback, path, content, status=200, headers=None):
    body = json.dumps(content).encode() if isinstance(content, dict) else content
    loopback.answers[path] = (status, headers or {}, body if isinstance(body, bytes) else body.encode())


def from_yahoo(loopback, folder, **options):
    return ingest("yahoo", folder, base_urls={"yahoo": loopback.url}, today=TODAY, **options)


def cboe_text(days, values):
    rows = [
        f"{day:%m/%d/%Y},{close:.6f},{close + 1:.6f},{close - 1:.6f},{close:.6f}"
        for day, close in zip(days, values, strict=True)
    ]
    return "DATE,OPEN,HIGH,LOW,CLOSE\r\n" + "\r\n".join(rows) + "\r\n"


def from_cboe(loopback, folder, **options):
    return ingest("cboe", folder, base_urls={"cboe": loopback.url + "/VIX.csv"}, today=TODAY, **options)


def from_fred(loopback, folder, **options):
    return ingest("fred", folder, base_urls={"fred": loopback.url + "/fredgraph.csv"}, today=TODAY, **options)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


# Yahoo


def test_yahoo_extends_the_history(loopback, tmp_path):
    values = closes(len(DAYS))
    for name in CHART:
        old_file(tmp_path, name, DAYS[:60], values[:60], volume=5)
        serve(loopback, CHART[name], chart(DAYS[40:], values[40:].tolist(), zone=ZONES[name]))
    seen = []
    report = from_yahoo(loopback, tmp_path, progress=lambda *step: seen.append(step))
    for name, item in zip(("sp500", "vix"), report.series, strict=True):
        series = bundled.read(tmp_path / f"{name}.csv")
        assert [bundled.to_date(int(t)) for t in series.bars.time] == DAYS
        assert series.bars.close.tolist() == values.tolist()
        assert series.sources == ("arch",) * 40 + ("yahoo",) * (len(DAYS) - 40)
        assert series.bars.volume.tolist() == [5] * 40 + [1000] * (len(DAYS) - 40)
        assert (item.name, item.rows_before, item.rows_added, item.rows_replaced) == (name, 60, len(DAYS) - 60, 20)
        assert (item.rows, item.through) == (len(DAYS), "2021-06-29")
    assert seen[0][1:] == (0, 3)
    assert seen[-1][1:] == (3, 3)
    assert any("period1=631238400" in path and "interval=1d" in path for path in loopback.asked)
    assert "sp500: " in str(report)


def test_yahoo_dates_are_those_of_the_exchange(loopback, tmp_path):
    """A bar stamped with its last trade, 20:00 in New York, is on the next date in UTC."""
    answer = chart(DAYS, closes(len(DAYS)).tolist())
    answer["chart"]["result"][0]["timestamp"] = [
        int(datetime(day.year, day.month, day.day, 20, 0, tzinfo=ZoneInfo("America/New_York")).timestamp()) for day in DAYS
    ]
    serve(loopback, CHART["sp500"], answer)
    for meta in (
        {},
        {"exchangeTimezoneName": None},
        {"exchangeTimezoneName": "Nowhere/At_All"},
        {"exchangeTimezoneName": "../etc"},
    ):
        answer["chart"]["result"][0]["meta"].update(meta)
        serve(loopback, CHART["sp500"], answer)
        folder = tmp_path / str(len(loopback.asked))
        from_yahoo(loopback, folder, series=["sp500"])
        assert [bundled.to_date(int(t)) for t in bundled.read(folder / "sp500.csv").bars.time] == DAYS


@pytest.mark.parametrize("twice", [False, True])
def test_yahoo_leaves_out_a_session_that_is_not_over(loopback, tmp_path, twice):
    days = [*DAYS, DAYS[-1]] if twice else DAYS
    serve(loopback, CHART["sp500"], chart(days, closes(len(days)).tolist(), session_over=False))
    report = from_yahoo(loopback, tmp_path, series=["sp500"])
    assert bundled.read(tmp_path / "sp500.csv").through == DAYS[-2]
    assert "2021-06-29 was not over" in " ".join(report.series[0].notes)


def test_yahoo_before_the_opening_keeps_yesterday(loopback, tmp_path):
    """Next day's session is announced, the last trade was yesterday's."""
    answer = chart(DAYS, closes(len(DAYS)).tolist())
    period = answer["chart"]["result"][0]["meta"]["currentTradingPeriod"]["regular"]
    period["start"] += 86_400
    period["end"] += 86_400
    serve(loopback, CHART["sp500"], answer)
    from_yahoo(loopback, tmp_path, series=["sp500"])
    assert bundled.read(tmp_path / "sp500.csv").through == DAYS[-1]


@pytest.mark.parametrize("gone", ["regularMarketTime", "currentTradingPeriod"])
def test_yahoo_without_a_word_on_the_session_drops_todays_bar(loopback, tmp_path, gone):
    days = [*DAYS, TODAY]
    serve(loopback, CHART["sp500"], chart(days, closes(len(days)).tolist(), meta={gone: None}))
    from_yahoo(loopback, tmp_path, series=["sp500"])
    assert bundled.read(tmp_path / "sp500.csv").through == DAYS[-1]


def test_yahoo_nulls_are_left_out_and_volume_may_be_absent(loopback, tmp_path):
    values = closes(len(DAYS)).tolist()
    values[7] = None
    serve(loopback, CHART["vix"], chart(DAYS, values, volume=False))
    report = from_yahoo(loopback, tmp_path, series=["vix"])
    series = bundled.read(tmp_path / "vix.csv")
    assert DAYS[7] not in {bundled.to_date(int(t)) for t in series.bars.time}
    assert np.isnan(series.bars.volume).all()
    assert "1 row(s) without every price" in " ".join(report.series[0].notes)


def whole():
    return chart(DAYS, closes(len(DAYS)).tolist())


def changed(**fields):
    answer = whole()
    answer["chart"]["result"][0].update(fields)
    return answer


YAHOO_FAILURES = {
    "cut JSON": (json.dumps(whole())[:-200], "cut short or malformed"),
    "cut in a number": (json.dumps(whole())[:2000], "cut short or malformed"),
    "web page": ("<html><body>consent</body></html>", "web page"),
    "not found": (
        {"chart": {"result": None, "error": {"code": "Not Found", "description": "symbol may be delisted"}}},
        "delisted",
    ),
    "no result": ({"chart": {"result": [], "error": None}}, "no bars"),
    "no bars": (changed(timestamp=[]), "no bars"),
    "other shape": ({"quoteSummary": {}}, "another shape"),
    "text for a price": (chart(DAYS, closes(len(DAYS)).tolist(), open_=["x"] * len(DAYS)), "another shape"),
    "lengths differ": (chart(DAYS, closes(len(DAYS)).tolist(), open_=[1.0]), "different lengths"),
    "monthly": (chart(DAYS, closes(len(DAYS)).tolist(), meta={"dataGranularity": "1mo"}), "bars of 1mo"),
    "no zone": (chart(DAYS, closes(len(DAYS)).tolist(), meta={"exchangeTimezoneName": None, "gmtoffset": None}), "time zone"),
    "absurd time": (changed(timestamp=[10**17] * len(DAYS)), "out of range"),
    "nothing but nulls": (chart(DAYS, [None] * len(DAYS)), "no row with prices"),
    "negative price": (chart(DAYS, [-5.0] * len(DAYS)), "positive"),
    "nested": ('{"ours":' + "[" * 100_000, "malformed"),
    "future": (chart([*DAYS, date(2021, 7, 9)], closes(len(DAYS) + 1).tolist()), "after today"),
    "holes": (chart(DAYS[::2], closes(len(DAYS[::2])).tolist()), "holes"),
}


@pytest.mark.parametrize("failure", YAHOO_FAILURES)
def test_a_yahoo_answer_that_cannot_be_right_leaves_the_disk_alone(loopback, tmp_path, failure):
    content, words = YAHOO_FAILURES[failure]
    values = closes(len(DAYS))
    for name in CHART:
        old_file(tmp_path, name, DAYS[:60], values[:60])
    before = contents(tmp_path)
    serve(loopback, CHART["sp500"], whole())
    serve(loopback, CHART["vix"], content)
    with pytest.raises(SourceError, match=words):
        from_yahoo(loopback, tmp_path)
    assert contents(tmp_path) == before


# Cboe and FRED


def test_cboe_brings_the_vix_and_says_what_it_does_not(loopback, tmp_path):
    values = closes(len(DAYS))
    serve(loopback, "/VIX.csv", cboe_text(DAYS, values))
    report = from_cboe(loopback, tmp_path)
    series = bundled.read(tmp_path / "vix.csv")
    assert series.bars.close.tolist() == values.tolist()
    assert series.through == DAYS[-1]
    assert report.not_offered == ("sp500",)
    assert "cboe does not bring it" in str(report)
    assert not (tmp_path / "sp500.csv").exists()
    assert json.loads(json.dumps(report.as_dict()))["source"] == "cboe"


@pytest.mark.parametrize("source", ["cboe", "fred"])
def test_who_has_what_is_not_offered_is_said(tmp_path, source):
    with pytest.raises(SourceError, match=f"{source} does not bring sp500: use arch or yahoo or csv"):
        ingest(source, tmp_path, series=["sp500"])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (cboe_text(DAYS, closes(len(DAYS)))[:-15], "cut short"),
        (cboe_text(DAYS, closes(len(DAYS)))[:-5], "cut short"),
        (cboe_text(DAYS, closes(len(DAYS)))[:-40], "cut short"),
        ("DATE,OPEN,HIGH,LOW,CLOSE\n", "no rows"),
        ("DATE,A,B,C,D\n01/04/2021,1,1,1,1\n", "not DATE,OPEN"),
        ("DATE,OPEN,HIGH,LOW,CLOSE\n2021-01-04,1,1,1,1\n", "is not a date"),
        ("DATE,OPEN,HIGH,LOW,CLOSE\n01/04/2021,1,x,1,1\n", "is not a number"),
        ("<html>maintenance</html>", "web page"),
    ],
)
def test_a_cboe_table_that_cannot_be_right(loopback, tmp_path, content, words):
    path = old_file(tmp_path, "vix", DAYS[:60], closes(len(DAYS))[:60])
    before = path.read_bytes()
    serve(loopback, "/VIX.csv", content)
    with pytest.raises(SourceError, match=words):
        from_cboe(loopback, tmp_path)
    assert path.read_bytes() == before


def test_a_whole_cboe_table_without_a_last_line_end_is_read(loopback, tmp_path):
    serve(loopback, "/VIX.csv", cboe_text(DAYS, closes(len(DAYS))).rstrip())
    from_cboe(loopback, tmp_path)
    assert bundled.read(tmp_path / "vix.csv").through == DAYS[-1]


@pytest.mark.parametrize("header", ["observation_date,VIXCLS", "DATE,VIXCLS"])
def test_fred_brings_closes_and_says_so(loopback, tmp_path, header):
    values = closes(len(DAYS))
    rows = [f"{day},{close}" for day, close in zip(DAYS, values, strict=True)]
    rows[3], rows[8] = f"{DAYS[3]},.", f"{DAYS[8]},"
    serve(loopback, "/fredgraph.csv", header + "\n" + "\n".join(rows) + "\n")
    report = from_fred(loopback, tmp_path)
    series = bundled.read(tmp_path / "vix.csv")
    expected = np.delete(values, [3, 8])
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(series.bars, name), expected)
    assert "closes only" in " ".join(report.series[0].notes)
    assert loopback.asked == ["/fredgraph.csv?id=VIXCLS"]


@pytest.mark.parametrize("content", ["observation_date,VIXCLS\n2021-01-04,1", "observation_date,SP500\n2021-01-04,1\n", "a\n"])
def test_a_fred_table_that_cannot_be_right(loopback, tmp_path, content):
    serve(loopback, "/fredgraph.csv", content)
    with pytest.raises(SourceError):
        from_fred(loopback, tmp_path)
    assert contents(tmp_path) == {}


def test_closes_do_not_replace_a_true_range(loopback, tmp_path):
    values = closes(len(DAYS))
    old_file(tmp_path, "vix", DAYS[:60], values[:60], source="cboe")
    serve(loopback, "/fredgraph.csv", "DATE,VIXCLS\n" + "".join(f"{d},{c}\n" for d, c in zip(DAYS, values, strict=True)))
    report = from_fred(loopback, tmp_path)
    series = bundled.read(tmp_path / "vix.csv")
    assert series.sources == ("cboe",) * 60 + ("fred",) * (len(DAYS) - 60)
    assert (series.bars.high[:60] > series.bars.low[:60]).all()
    assert report.series[0].rows_replaced == 0


# Joining


def join(loopback, folder, old_days, old_values, new_days, new_values):
    """Ingest Cboe's table over a history on disk and return what is there then."""
    path = old_file(folder, "vix", old_days, old_values)
    before = path.read_bytes()
    serve(loopback, "/VIX.csv", cboe_text(new_days, new_values))
    try:
        return from_cboe(loopback, folder).series[0], bundled.read(path)
    except SourceError:
        assert path.read_bytes() == before
        raise


def test_history_that_the_download_lacks_stays(loopback, tmp_path):
    values = closes(len(DAYS))
    report, series = join(loopback, tmp_path, DAYS[20:90], values[20:90], DAYS[:50], values[:50])
    assert series.bars.close.tolist() == values[:90].tolist()
    assert series.sources == ("cboe",) * 50 + ("arch",) * 40
    assert (report.rows_added, report.rows) == (20, 90)


def test_the_same_again_changes_nothing(loopback, tmp_path):
    values = closes(len(DAYS))
    report, _ = join(loopback, tmp_path, DAYS, values, DAYS, values)
    assert (report.rows_added, report.rows_replaced, report.rows) == (0, 0, len(DAYS))


def test_a_download_older_than_the_disk_is_refused(loopback, tmp_path):
    values = closes(len(DAYS))
    with pytest.raises(SourceError, match=f"ends on {DAYS[49]}, the file on {DAYS[89]}"):
        join(loopback, tmp_path, DAYS[:90], values[:90], DAYS[:50], values[:50])


def test_a_seam_that_does_not_fit_is_refused(loopback, tmp_path):
    values = closes(len(DAYS))
    shifted = values.copy()
    shifted[58] *= 1.011
    with pytest.raises(SourceError, match=f"1 of 20 common days.*{DAYS[58]}"):
        join(loopback, tmp_path, DAYS[:60], values[:60], DAYS[40:], shifted[40:])
    shifted[58] = values[58] * 1.009
    _, series = join(loopback, tmp_path, DAYS[:60], values[:60], DAYS[40:], np.round(shifted[40:], 6))
    assert series.bars.close[58] == pytest.approx(shifted[58])


def test_another_series_of_the_same_name_is_refused(loopback, tmp_path):
    values = closes(len(DAYS))
    other = values.copy()
    other[:50] *= 1.02
    with pytest.raises(SourceError, match="not the same series"):
        join(loopback, tmp_path, DAYS[:100], values[:100], DAYS, other)


def test_a_hole_between_disk_and_download_is_refused(loopback, tmp_path):
    values = closes(len(DAYS))
    with pytest.raises(SourceError, match=r"leaves \d+ days without a row"):
        join(loopback, tmp_path, DAYS[:40], values[:40], DAYS[60:], values[60:])
    with pytest.raises(SourceError, match=r"leaves \d+ days without a row"):
        join(loopback, tmp_path, DAYS[60:], values[60:], DAYS[:40], values[:40])
    _, series = join(loopback, tmp_path, DAYS[:40], values[:40], DAYS[42:], values[42:])
    assert series.bars.n_bars == len(DAYS) - 2


# Failures of the way


@pytest.mark.parametrize("status", [404, 429, 500])
def test_an_http_error_leaves_the_disk_alone(loopback, tmp_path, status):
    path = old_file(tmp_path, "vix", DAYS[:60], closes(60))
    before = path.read_bytes()
    serve(loopback, "/VIX.csv", b"no", status=status)
    with pytest.raises(SourceError, match=rf"/VIX\.csv.*{status}"):
        from_cboe(loopback, tmp_path)
    assert path.read_bytes() == before


def test_a_body_cut_short_leaves_the_disk_alone(loopback, tmp_path):
    serve(loopback, "/VIX.csv", cboe_text(DAYS, closes(len(DAYS))), headers={"Content-Length": "999999"})
    with pytest.raises(SourceError, match="of 999999 bytes"):
        from_cboe(loopback, tmp_path)
    assert contents(tmp_path) == {}


def test_a_damaged_file_on_disk_stops_the_ingest(loopback, tmp_path):
    (tmp_path / "vix.csv").write_text("not a history\n")
    serve(loopback, "/VIX.csv", cboe_text(DAYS, closes(len(DAYS))))
    with pytest.raises(SourceError, match=r"vix\.csv, line 1"):
        from_cboe(loopback, tmp_path)
    assert (tmp_path / "vix.csv").read_text() == "not a history\n"


def test_a_crash_while_writing_leaves_the_old_file(loopback, tmp_path, monkeypatch):
    values = closes(len(DAYS))
    path = old_file(tmp_path, "vix", DAYS[:60], values[:60])
    before = path.read_bytes()
    serve(loopback, "/VIX.csv", cboe_text(DAYS, values))

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SourceError, match="No space left"):
        from_cboe(loopback, tmp_path)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir() if item.suffix == ".tmp"] == []


def test_a_folder_that_cannot_be_made(tmp_path, loopback):
    serve(loopback, "/VIX.csv", cboe_text(DAYS, closes(len(DAYS))))
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SourceError, match="cannot be written"):
        from_cboe(loopback, tmp_path / "data")


def run_cboe(url, folder, barrier):
    barrier.wait()
    ingest("cboe", folder, base_urls={"cboe": url}, today=TODAY)


def test_ingests_at_the_same_time_do_not_harm_each_other(loopback, tmp_path):
    values = closes(len(DAYS))
    old_file(tmp_path, "vix", DAYS[:60], values[:60])
    serve(loopback, "/a.csv", cboe_text(DAYS[40:100], values[40:100]))
    serve(loopback, "/b.csv", cboe_text(DAYS[50:], values[50:]))
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    jobs = [spawn.Process(target=run_cboe, args=(f"{loopback.url}/{name}.csv", tmp_path, barrier)) for name in "ab"]
    for job in jobs:
        job.start()
    until = time.monotonic() + 60
    while any(job.is_alive() for job in jobs) and time.monotonic() < until:
        series = bundled.read(tmp_path / "vix.csv")
        assert series.bars.n_bars in (60, 100, len(DAYS))
    assert [job.exitcode for job in jobs].count(0) >= 1
    assert bundled.read(tmp_path / "vix.csv").bars.close.tolist() == values.tolist()


def test_a_lock_held_elsewhere_is_waited_for_and_then_named(loopback, tmp_path, monkeypatch):
    from filelock import FileLock

    from regime_core import sources

    monkeypatch.setattr(sources, "LOCK_TIMEOUT_SECONDS", 0.05)
    serve(loopback, "/VIX.csv", cboe_text(DAYS, closes(len(DAYS))))
    with FileLock(tmp_path / sources.LOCK_FILE), pytest.raises(SourceError, match="Another ingest"):
        from_cboe(loopback, tmp_path)


# arch and files


def test_arch_writes_the_bundled_files(tmp_path, pytestconfig):
    report = ingest("arch", tmp_path)
    assert [(item.name, item.rows, item.through) for item in report.series] == [
        ("sp500", 5031, "2018-12-31"),
        ("vix", 1259, "2019-01-03"),
    ]
    assert bundled.read(tmp_path / "sp500.csv").source == "arch"
    with pytest.raises(SourceError, match="There is no source"):
        ingest("bloomberg", tmp_path)


def test_arch_that_is_not_installed_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "arch.data", None)
    with pytest.raises(SourceError, match="requirements-train"):
        ingest("arch", tmp_path)


def test_csv_files_of_the_user(tmp_path):
    values = closes(len(DAYS))
    path = tmp_path / "mine.csv"
    path.write_text(
        "Date;Close;Open;Low;High\n" + "".join(f"{d};{c};{c};{c - 1};{c + 1}\n" for d, c in zip(DAYS, values, strict=True))
    )
    report = ingest("csv", tmp_path / "data", files={"sp500": path}, today=TODAY)
    series = bundled.read(tmp_path / "data" / "sp500.csv")
    assert series.bars.close.tolist() == values.tolist()
    assert series.source == "csv"
    assert report.not_offered == ("vix",)
    assert any("no volume" in note for note in report.series[0].notes)


def test_csv_files_that_do_not_do(tmp_path):
    path = tmp_path / "mine.csv"
    stamps = pd.date_range("2021-01-04 14:30", periods=50, freq="5min")
    path.write_text("date,open,high,low,close\n" + "".join(f"{stamp},1,1,1,1\n" for stamp in stamps))
    with pytest.raises(SourceError, match="daily"):
        ingest("csv", tmp_path / "data", files={"sp500": path})
    path.write_text("nothing")
    with pytest.raises(ReaderError):
        ingest("csv", tmp_path / "data", files={"sp500": path})
    with pytest.raises(SourceError, match="needs a file"):
        ingest("csv", tmp_path / "data")
    with pytest.raises(SourceError, match='no series "nasdaq"'):
        ingest("csv", tmp_path / "data", files={"nasdaq": path})
    assert not (tmp_path / "data").exists()


def test_today_is_the_utc_date_by_default(loopback, tmp_path):
    days = [day.date() for day in pd.bdate_range(end=datetime.now(UTC).date(), periods=30)]
    serve(loopback, "/VIX.csv", cboe_text(days, closes(30)))
    ingest("cboe", tmp_path, base_urls={"cboe": loopback.url + "/VIX.csv"})
    assert bundled.read(tmp_path / "vix.csv").through == days[-1]


def test_the_public_addresses_are_https():
    from regime_core.sources import BASE_URLS

    assert set(BASE_URLS) == {"yahoo", "cboe", "fred"}
    assert all(url.startswith("https://") for url in BASE_URLS.values())
    assert download.MAX_BYTES == 64 * 1024 * 1024
