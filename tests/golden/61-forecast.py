# SPDX-License-Identifier: Apache-2.0
"""The tables of a back-test on a small log that was made up, as bytes; and the same each time.

After a change that is meant: noroshi forecast --quiet --list 5 --backtest log.csv >expected.txt
"""
import difflib
import os
import sys

from noroshi_test import SOURCE, run

FOLDER = os.path.join(SOURCE, "tests", "golden", "forecast")

got = run("forecast", "--quiet", "--list", "5", "--backtest",
          os.path.join(FOLDER, "log.csv")).stdout.decode()
with open(os.path.join(FOLDER, "expected.txt"), encoding="utf-8") as f:
    want = f.read()
if got != want:
    sys.exit("".join(difflib.unified_diff(want.splitlines(True), got.splitlines(True), "expected",
                                          "got")))
