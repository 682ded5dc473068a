"""A page to listen to: runs, or any other items with sounds, as one HTML file that needs nothing else.

Examples
--------
>>> import numpy as np
>>> sine = np.sin(2 * np.pi * 440 / 44100 * np.arange(4410)).astype(np.float32)
>>> target, attempt = Sound("target", sine, 44100), Sound("attempt", 0.5 * sine, 44100, against="target")
>>> page = report_page([Item("a sine", sounds=[target, attempt])], title="An imitation")
>>> page.startswith("<!DOCTYPE html>") and "An imitation" in page
True
"""

from experiments.report.model import Curve, Item, Sound
from experiments.report.page import report_page
from experiments.report.runs import find_runs, read_run
from experiments.report.write import write_report

__all__ = ["Curve", "Item", "Sound", "find_runs", "read_run", "report_page", "write_report"]
