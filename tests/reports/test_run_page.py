"""The page of one run, from its parts to a browser."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from iadtln.reports.pictures import in_webp
from iadtln.reports.run_page import (
    Confusion,
    DataSummary,
    RecordingVerdict,
    RunPage,
    WorstWindow,
    curve_pictures,
    write_run_page,
)
from iadtln.reports.window_figure import DrawnWindow, Mark, thinned, window_figure
from tests.reports.browser import browse, needs_browser

READ = """
const rows = () => [...document.querySelectorAll(".verdicts tbody tr")]
  .map((row) => row.cells[0].textContent.trim());
document.querySelectorAll(".verdicts thead button")[5].click(); found.most_wrong = rows();
document.querySelectorAll(".verdicts thead button")[0].click(); found.by_name = rows();
document.querySelector(".enlarge").click();
found.enlarged = document.getElementById("large").open;
found.paper = getComputedStyle(document.body).backgroundColor;
found.own_ink = [...document.querySelectorAll("picture")].every((each) => each.lastElementChild
  .currentSrc === (matchMedia("(prefers-color-scheme: dark)").matches
    ? each.firstElementChild.srcset : each.lastElementChild.src));
found.smallest = Math.min(...[...document.querySelectorAll("article img")].map((i) => i.width));
found.links = [...document.querySelectorAll("nav a")]
  .every((each) => document.querySelector(each.getAttribute("href")));
"""


def drawn(marks=(), score=True):
    time = np.arange(2048) / 12000
    return DrawnWindow(
        np.sin(300 * time), 170.7, "time, ms", np.linspace(0, 1, 2048) if score else None,
        np.arange(86) * 5.9, np.ones(86), "frequency, Hz", marks,
    )  # fmt: skip


@pytest.fixture(scope="module")
def page():
    """A page with every part, and names as long as real ones."""
    epochs = np.arange(3.0)
    names = ["NC", "inner_race_0.007_inch", "outer_race_at_six", "ball"]
    picture = in_webp(Image.new("RGB", (1600, 800), "#ffa90e"))
    counts = [[9, 0, 0, 1], [0, 10, 0, 0], [3, 0, 7, 0], [0, 0, 0, 0]]
    score = {"precision": 0.5, "recall": 1.0, "f1": 2 / 3, "support": 10}
    marks = [Mark("BPFO", "#1f6fc4", [107.3, 214.6]), Mark("BPFI", "#bd1f01", [162.2])]
    verdicts = [
        RecordingVerdict("a", "NC", "NC", 0.9, 0.95, 10, 1, "agree", False, "no line stands out"),
        RecordingVerdict("b", "ball", "NC", 0.7, 0.6, 10, 7, "disagree", True, "ball: 5 of 6 " * 9),
        RecordingVerdict("c", "NC", "NC", 1.0, 0.99, 10, 0),
    ]
    return RunPage(
        title="a machine with a long name → another machine: SECNN",
        accuracy=26 / 30,
        about="of 30 windows",
        facts={"seed": "0"},
        made={"folder": "/a/very/long/path/" * 8},
        absent=["fault lines: the speed is not known"],
        confusion=Confusion(names, counts, dict.fromkeys(names[:3], score)),
        open_set="",
        verdicts=verdicts,
        bearing="SKF 6205",
        worst=[
            WorstWindow("b", "1.250 s", "ball", "NC", 0.0004, 0.99, drawn(marks)),
            WorstWindow("b", "sample 9", "ball", "NC", 0.2, 0.8),
        ],
        curves=dict.fromkeys(("train/loss", "train/cdane", "val/accuracy"), (epochs, epochs + 1)),
        embedding=picture,
        channels={"se": picture},
        summary=DataSummary(["A train", "B test"], {"NC": [5, 6]}, [("guard", "nothing shared")]),
        config="seed_everything: 0\n",
    )


def written(page, folder):
    return write_run_page(folder / "report.html", page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def whole(page, tmp_path_factory):
    """Its text, written once."""
    return written(page, tmp_path_factory.mktemp("whole"))


@needs_browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_offline_on_phone_and_desk_by_day_and_night(
    whole, tmp_path, width, dark
):
    found = browse(whole, tmp_path, width, READ, dark=dark)
    assert found["wrong"] == []
    assert found["fetched"] == []
    assert found["overflow"] <= 0  # wide tables scroll, the page does not
    assert found["pictures"] == 1 + 2 + 2  # a window, two panels of curves, features, channels
    assert found["most_wrong"] == ["b", "a", "c"]
    assert found["by_name"] == ["a", "b", "c"]
    assert found["enlarged"]
    assert found["own_ink"]
    assert found["links"]
    assert found["smallest"] > 280
    brightness = sum(map(int, re.findall(r"\d+", found["paper"])[:3])) / 3
    assert (brightness < 60) if dark else (brightness > 230)


def test_a_page_asks_for_nothing_but_itself(whole):
    addresses = re.findall(r'(?:src|srcset|href)="([^"]*)"', whole)
    assert len(addresses) > 10
    assert all(address.startswith(("data:", "#")) for address in addresses)


def test_shares_are_of_the_row_and_an_empty_row_has_none(whole):
    assert '<td class="right" style="--share: 0.378">9<small>90.0 %</small>' in whole  # 0.42 * 9/10
    assert '<td class="wrong" style="--share: 0.126">3<small>30.0 %</small>' in whole
    assert whole.count('<td class="none" style="--share: 0">0</td>') == 4
    assert "86.67 %" in whole  # 26 of 30


def test_what_is_missing_is_said_and_the_page_still_made(page, tmp_path):
    bare = replace(
        page, accuracy=None, confusion=None, verdicts=[], worst=[], curves={}, embedding=None,
        channels={}, summary=None, config="", absent=["scores: there are no test results"],
    )  # fmt: skip
    text = written(bare, tmp_path)
    assert "scores: there are no test results" in text
    assert "<table" not in text
    assert 'href="#worst"' not in text
    assert "How it was made" in text


def test_the_page_says_that_it_must_not_choose_a_model(whole):
    assert "not to choose one" in whole


def test_without_a_wrong_window_the_least_sure_are_shown_as_such(page, tmp_path):
    right = [replace(one, truth=one.diagnosis, drawn=None) for one in page.worst]
    text = written(replace(page, worst=right, curves={}), tmp_path)
    assert "No test window is diagnosed wrongly; these are the least sure" in text


def test_names_stay_text(page, tmp_path):
    evil = "<script>alert(1)</script>"
    hostile = replace(
        page, title=evil, absent=[evil], config=evil, bearing=evil, made={evil: evil},
        verdicts=[replace(page.verdicts[0], name=evil, sentence=evil)],
        worst=[replace(page.worst[0], recording=evil, drawn=drawn([Mark(evil, "#000000", [1.0])]))],
    )  # fmt: skip
    text = written(hostile, tmp_path)
    assert evil not in text
    assert "&lt;script&gt;alert(1)" in text


def test_curves_leave_out_what_is_no_loss():
    epochs = np.arange(2.0)
    tags = (
        "train/loss",
        "train/beta",
        "train/domain_accuracy",
        "oracle/target_accuracy",
        "lr-Adam",
    )
    assert list(curve_pictures(dict.fromkeys(tags, (epochs, epochs)))) == [
        "losses on training windows"
    ]


def test_fault_lines_are_drawn_where_they_are_and_named():
    figure = window_figure(drawn([Mark("BPFO", "#1f6fc4", [107.3, 214.6, 321.9])]))
    *_, spectrum = figure.axes
    places = [line.get_xdata()[0] for line in spectrum.lines if line.get_color() == "#1f6fc4"]
    assert places == [107.3, 214.6, 321.9]
    assert [text.get_text() for text in spectrum.get_legend().get_texts()] == ["BPFO"]
    assert len(window_figure(drawn(score=False)).axes) == 2


def test_thinning_keeps_every_peak():
    values = np.zeros(100_000)
    values[[7, 50_001, 99_999]] = 5.0, -6.0, 7.0
    place, kept = thinned(np.arange(100_000.0), values, at_most=1000)
    assert len(kept) <= 1000
    assert {(7.0, 5.0), (50_001.0, -6.0), (99_999.0, 7.0)} <= set(zip(place, kept, strict=True))
    assert (np.diff(place) > 0).all()
