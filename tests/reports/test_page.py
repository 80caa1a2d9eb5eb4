import re

import pandas as pd
import pytest

from iadtln.reports import write_report
from iadtln.reports.curves import read_curves
from iadtln.reports.pictures import Album
from tests.benchmark.example import ACCURACY, PUBLISHED, results, write_runs, write_scalars
from tests.reports.browser import browse, needs_browser

SORTED = """
const column = (i) => [...document.querySelectorAll(".scores tbody tr")]
  .map((row) => row.cells[i].textContent.trim());
const click = (i) => document.querySelectorAll(".scores thead button")[i].click();
click(2); found.best_first = column(0);
click(2); found.worst_first = column(0);
click(0); found.by_name = column(0);
document.querySelector(".enlarge").click();
found.enlarged = document.getElementById("large").open;
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The page of the example, written once."""
    folder = tmp_path_factory.mktemp("whole")
    write_runs(folder, results())
    return page(folder).read_text(encoding="utf-8")


def page(folder, found=None):
    found = results() if found is None else found
    return write_report(folder, found, "A <b>title</b>", PUBLISHED, "Table 6.")


def test_the_page_asks_for_nothing_but_itself(whole):
    addresses = re.findall(r'(?:src|srcset|href)="([^"]*)"', whole)
    assert len(addresses) > 20
    assert all(address.startswith("data:") for address in addresses)
    assert "url(" not in whole
    assert "@import" not in whole


def test_the_page_shows_tables_pictures_curves_and_configurations(whole):
    assert whole.count("data:image/webp") == 2 * 9  # confusion and embedding of 3 methods, 3 tasks
    assert whole.count("data:image/svg+xml") == 2 * 4  # ranks and 3 tasks, light and dark
    assert whole.count("max_epochs: 2") == 9
    assert "Best mean rank: IADTLN" in whole
    assert "<small>99.05</small>" in whole


def test_several_settings_stand_side_by_side_before_each(tmp_path, whole):
    both = pd.concat([results(setting="paper"), results(setting="apart")])
    text = page(tmp_path, both).read_text(encoding="utf-8")
    heads = re.findall("<h2>(.*?)</h2>", text)
    assert heads[:3] == ["Together", "paper", "apart"]
    assert "<h2>Together</h2>" not in whole
    row = re.search(r'<th scope="row">DANN</th>(.*?)</tr>', text, re.DOTALL).group(1)
    assert re.findall("<b>(.*?)</b>", row) == ["77.67", "77.67"]
    assert re.findall('data-value="([^"]*)"', row)[-1] == "60.0"


def test_nothing_that_a_run_says_becomes_markup(tmp_path):
    found = results(ACCURACY | {"DANN": [(None, 92), (70, 74), (60, 80)]})
    found["error"] = found["error"].str.replace("loss is NaN", "<script>alert(1)</script>")
    text = page(tmp_path, found).read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "<b>title</b>" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_oracle_has_its_own_colour_and_is_not_in_the_headline(tmp_path):
    found = results()
    found["selected/last"], found["selected/oracle"] = found["accuracy"], found["accuracy"] + 0.01
    text = page(tmp_path, found).read_text(encoding="utf-8")
    body = text[text.index("<body>") :]
    headline, choices = body.split("Choosing the epoch without target labels")
    assert "oracle" not in headline
    oracle = re.search(
        r'<td class="number oracle"[^>]*>(.*?)</td>', choices[choices.index("IADTLN") :]
    )
    assert oracle.group(1) == "96.67"  # a point above the mean of 99, 92 and 96


def test_a_benchmark_without_folders_or_with_failures_only_has_a_page_too(tmp_path):
    found = results({"a": [(None, None)], "b": [(None, None)]})
    text = page(tmp_path, found).read_text(encoding="utf-8")
    assert "No run of this task has finished" in text
    assert text.count("loss is NaN") == 4


def test_pictures_are_made_small_and_stop_at_the_budget(tmp_path):
    write_runs(tmp_path, results())
    path = next(tmp_path.rglob("confusion_matrix.png"))
    assert Album().add(path).startswith("data:image/webp;base64,")
    full = Album(budget_bytes=10)
    assert full.add(path) is None
    assert full.left_out == [path]
    path.write_bytes(path.read_bytes()[:40])
    assert Album().add(path) is None
    assert Album().add(tmp_path / "none.png") is None


def test_curves_are_over_epochs_and_a_resumed_epoch_counts_once(tmp_path):
    write_scalars(tmp_path, {"epoch": {9: 0, 19: 1, 21: 1}, "domain/gap": {9: 3, 19: 2, 21: 1}})
    epochs, values = read_curves(tmp_path)["gap between the domains"]
    assert epochs.tolist() == [0, 1]
    assert values.tolist() == [3, 1]
    assert read_curves(tmp_path / "none") == {}


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_sorts_the_table_and_loads_everything(whole, tmp_path, width):
    found = browse(whole, tmp_path, width, SORTED)
    assert found["wrong"] == []
    assert found["fetched"] == []
    assert found["pictures"] == 2 * 9 + 4
    assert found["best_first"] == ["IADTLN", "DANN", "source only"]
    assert found["worst_first"] == ["source only", "DANN", "IADTLN"]
    assert found["by_name"] == ["DANN", "IADTLN", "source only"]
    assert found["enlarged"]
    assert found["overflow"] <= 0  # wide tables scroll, the page does not
