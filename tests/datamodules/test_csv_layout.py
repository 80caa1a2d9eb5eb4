"""Tables as recorders and spreadsheets write them."""

import numpy as np
import pytest

from datamodules.readers import read_signal
from datamodules.streams import stream_signal


def test_a_decimal_comma_is_known_where_the_first_numbers_are_whole(tmp_path):
    (tmp_path / "a.csv").write_text("t;x\n0;1\n0,5;0,25\n")  # spreadsheets write 0,0 as 0
    np.testing.assert_array_equal(read_signal(tmp_path / "a.csv", "x")[0], [[1.0, 0.25]])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_units_may_be_written_in_the_letters_of_any_system(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_text("Zeit s;Beschl. m/s²\n0,0;0,5\n0,1;0,25\n", encoding=encoding)
    np.testing.assert_array_equal(read_signal(path, "Beschl. m/s²")[0], [[0.5, 0.25]])
    (block,) = stream_signal(path, "1", 64).blocks
    np.testing.assert_array_equal(block, [[0.5, 0.25]])
