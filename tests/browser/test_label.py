"""The Label page in a real browser: from a large file that is dropped to its download, and all that is asked on the way."""

import datetime
import math
import re

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import expect

from waiting import wait_until

pytestmark = pytest.mark.browser
MINUTES = 350_000
CHART = "document.querySelector('#label-price .js-plotly-plot')"


def bars(n, *, when=None, name=""):
    """Lines of a price that swings around 100."""
    when = when or (lambda i: datetime.date(2020, 1, 1) + datetime.timedelta(i))
    lines = []
    for i in range(n):
        price = 100 + 10 * math.sin(i / 15) + math.sin(i * 2.3)
        prices = ",".join(f"{value:.2f}" for value in (price, price + 1, price - 1, price + 0.3))
        lines.append(f"{when(i)},{name + ',' if name else ''}{prices},{1000 + i}")
    return lines


def text(lines, header="Date,Open,High,Low,Close,Volume"):
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture(scope="module")
def minutes(tmp_path_factory):
    """File of 20 MB: one-minute bars of two thirds of a year, with a column that is no bar's."""
    path = tmp_path_factory.mktemp("minutes") / "minutes.csv"
    start, step = datetime.datetime(2023, 1, 2), datetime.timedelta(minutes=1)
    rows = [f"100.{i:03},101.{i:03},99.{i:03},100.{i:03},{i}7,=cmd{i % 10}\n" for i in range(1_000)]
    with path.open("w") as file:
        file.write("time,open,high,low,close,volume,note\n")
        file.writelines(f"{start + i * step},{rows[int(499 * (1 + math.sin(i / 90)))]}" for i in range(MINUTES))
    assert path.stat().st_size > 20_000_000
    return path


def drop(page, name, content):
    page.locator("#label-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
    )


def opened(visitor):
    page = visitor.open("/label")
    expect(page.locator("#label-price-title")).to_contain_text("S&P 500")
    return page


def test_twenty_megabytes_from_the_drop_to_the_download(visitor, minutes):
    page = opened(visitor)
    page.locator("#label-upload input[type=file]").set_input_files(minutes)
    expect(page.locator("#label-understood")).to_contain_text(f"{MINUTES:,}", timeout=120_000)
    expect(page.locator("#label-understood")).to_contain_text("350,0012023-09-02 01:19:00")
    expect(page.locator("#label-price-title")).to_contain_text("minutes: price and regime, ", timeout=120_000)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#label-table .ag-row").first).to_contain_text("2 Sep 2023, 01:19:00")
    assert page.evaluate(f"Math.max(...{CHART}.data.map(trace => trace.x.length))") <= 3_000

    title = page.locator("#label-price-title").inner_text()
    plot = page.locator("#label-price .nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    page.mouse.move(box["x"] + 0.40 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.41 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    page.wait_for_url(re.compile(r"range=\d{4}-\d\d-\d\dT.*\.\."))
    expect(page.locator("#label-price-title")).not_to_have_text(title)
    close = f"{CHART}.data.find(trace => trace.name == 'Close')"
    wait_until(lambda: page.evaluate(f"new Date({close}.x.at(-1)) - new Date({close}.x[0])") < 5 * 86_400_000, seconds=30)
    assert page.evaluate(f"{close}.x.length") > 2_000  # as many as of the whole file before

    expect(page.locator("#label-file-parquet")).to_be_visible(timeout=120_000)
    with page.expect_download() as csv:
        page.get_by_role("link", name="Download CSV").click()
    assert csv.value.suggested_filename == "minutes_labels.csv"
    with csv.value.path().open() as file:
        assert next(file).startswith("time,open,high,low,close,volume,note,regime,confidence,p_trending_bullish")
        assert ",'=cmd" in next(file)  # a spreadsheet would have run it
        assert 2 + sum(1 for _ in file) == MINUTES + 1
    with page.expect_download() as parquet:
        page.get_by_role("link", name="Parquet").click()
    assert pq.read_metadata(parquet.value.path()).num_rows == MINUTES


def ambiguous_date(i):
    """Row i of 60 that are in no order of time under either reading."""
    day = 17 * i % 60
    return f"{1 + day // 12:02}/{1 + day % 12:02}/2021"


def test_dates_that_may_be_read_in_two_ways_are_asked_about(visitor):
    page = opened(visitor)
    drop(page, "either.csv", text(bars(60, when=ambiguous_date)))
    question = page.locator("#label-question")
    expect(question).to_contain_text("Which date is meant?")
    expect(question).to_contain_text(re.compile(r"Day first.*from 1\s+Jan\s+2021 to 5\s+Dec\s+2021", re.DOTALL))
    assert page.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX"]
    question.get_by_role("button", name=re.compile("Month first")).click()
    expect(page.locator("#label-summary-title")).to_have_text("either")
    expect(page.locator("#label-understood")).to_contain_text(re.compile(r"1\s+Jan\s+2021 – 12\s+May\s+2021"))
    expect(question).to_be_empty()
    expect(page.locator("#label-price-title")).to_contain_text(re.compile(r"either: price and regime, .* 12\s+May\s+2021"))


def test_a_guess_is_changed_and_the_labels_follow(visitor):
    page = opened(visitor)
    lines = [f"{line},{float(line.split(',')[4]) - 0.2:.2f}" for line in bars(80)]
    drop(page, "two.csv", text(lines, "Date,Open,High,Low,Close,Volume,Fair"))
    understood = page.locator("#label-understood")
    expect(understood).to_contain_text("Close Close")
    understood.get_by_text("Change how it is read").click()
    understood.get_by_label("Close is in").select_option("Fair")
    understood.get_by_role("button", name="Read it so").click()
    expect(understood).to_contain_text("Close Fair")
    last = float(lines[-1].rsplit(",", 1)[1])
    page.locator("#label-price").scroll_into_view_if_needed()
    wait_until(lambda: page.evaluate(f"{CHART}.layout.annotations.at(-1).text") == f"{last:.2f}", seconds=30)


def test_cells_are_pasted(visitor):
    page = opened(visitor)
    page.get_by_text("Paste cells from a spreadsheet").click()
    cells = text(bars(70), "Date,Open,High,Low,Close,Volume").replace(",", "\t")
    page.locator("#label-paste").fill(cells)
    page.get_by_role("button", name="Label these cells").click()
    expect(page.locator("#label-summary-title")).to_have_text("pasted cells")
    expect(page.locator("#label-understood")).to_contain_text("tab-separated")


def test_a_transfer_is_cancelled_and_nothing_is_kept(visitor, minutes):
    page = opened(visitor)
    network = visitor.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_000_000}
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    page.locator("#label-upload input[type=file]").set_input_files(minutes)
    expect(page.locator("#label-transfer")).to_contain_text(re.compile(r"Sending minutes\.csv: .* of 2\d MB"))
    page.locator("#label-transfer").get_by_role("button", name="Cancel").click()
    expect(page.locator("#label-transfer")).to_be_hidden()
    expect(page.locator("#label-message")).to_contain_text("Cancelled: nothing of it was kept.")
    network.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    drop(page, "next.csv", text(bars(60)))
    expect(page.locator("#label-summary-title")).to_have_text("next")
    expect(page.locator("#label-message")).to_be_empty()
    assert page.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX", "next"]


def test_work_is_cancelled(visitor, minutes):
    page = opened(visitor)
    page.locator("#label-upload input[type=file]").set_input_files(minutes)
    page.locator(".job").get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(page.locator(".job-cancelled")).to_contain_text("Cancelled.")
    expect(page.locator("#label-price-title")).to_contain_text("S&P 500")


def test_symbols_are_sorted_picked_and_taken_home(visitor):
    page = opened(visitor)
    lines = [*bars(60, name="AAA"), *bars(90, name="BBB"), *bars(75, name="CCC")]
    drop(page, "three.csv", text(lines, "Date,Name,Open,High,Low,Close,Volume"))
    table = page.locator("#label-symbols")
    expect(table.locator(".ag-center-cols-container .ag-row")).to_have_count(3)
    expect(page.locator("#label-summary-title")).to_have_text("three · AAA")
    table.get_by_text("Bars", exact=True).click()
    table.get_by_text("Bars", exact=True).click()
    first = table.locator(".ag-center-cols-container .ag-row[row-index='0']")
    expect(first).to_contain_text("BBB")
    page.get_by_placeholder("Find a symbol or regime").fill("cc")
    expect(table.locator(".ag-center-cols-container .ag-row")).to_have_count(1)
    expect(first).to_contain_text("CCC")
    page.get_by_placeholder("Find a symbol or regime").fill("")
    expect(first).to_contain_text("BBB")  # still sorted
    first.locator(".ag-cell").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#label-summary-title")).to_have_text("three · BBB")
    expect(page.locator("#label-price-title")).to_contain_text("three · BBB: price and regime")
    expect(first).to_contain_text("BBB")  # still sorted
    assert page.locator("#dataset option").all_inner_texts()[1:] == ["S&P 500", "VIX", "three · BBB"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all 3 as CSV").click()
    assert len(download.value.path().read_text().splitlines()) == 1 + 60 + 90 + 75
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.locator("#overview-price-title")).to_contain_text("three · BBB: price and regime")


def test_too_few_bars_show_prices_and_nothing_of_labels(visitor):
    page = opened(visitor)
    drop(page, "few.csv", text(bars(30)))
    expect(page.locator("#label-summary")).to_contain_text("30\u00a0bars are too few to label: 50 are needed")
    expect(page.locator("#label-price-title")).to_have_text(re.compile(r"^few: price, "))
    for what in ("#label-knew", "#label-model", "#label-file-csv", "#label-file-parquet", "#label-labels .legend"):
        expect(page.locator(what)).to_be_hidden()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    heads = page.locator("#label-table .ag-header-cell-text")
    expect(heads).to_have_text(["Time", "Open", "High", "Low", "Close"])
    wait_until(lambda: page.evaluate(f"{CHART}.data.map(trace => trace.name).join()") == "Close", seconds=30)


def test_both_halves_of_the_preview_fit_a_phone(visitors):
    page = opened(visitors(viewport={"width": 390, "height": 844}))
    drop(page, "phone.csv", text(bars(60)))
    upright = page.locator("#label-understood .upright")
    expect(upright).to_be_visible()
    expect(page.locator("#label-understood .beside")).to_be_hidden()
    expect(upright).to_contain_text("As read")
    assert upright.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_it_knew_then_and_what_hindsight_says(visitor):
    page = opened(visitor)
    drop(page, "swings.csv", text(bars(400)))
    expect(page.locator("#label-repaint")).to_contain_text(re.compile(r"Hindsight changes the label of \d+\.\d\s% of the bars"))
    told = f"{CHART}.data.find(trace => trace.name == 'Close').customdata.at(-1)[0]"
    wait_until(lambda: page.evaluate(told).rpartition(", ")[2].startswith("confidence"), seconds=30)
    page.get_by_text("With hindsight", exact=True).click()
    wait_until(lambda: page.evaluate(told).endswith("with hindsight"), seconds=30)
    assert "knew=hindsight" in page.url
    page.reload()
    wait_until(lambda: page.evaluate(f"!!{CHART}?.data?.length") and page.evaluate(told).endswith("with hindsight"), seconds=30)
