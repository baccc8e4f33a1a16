#!/usr/bin/env python3
# labels: analysis
# timeout: 180
# SPDX-License-Identifier: GPL-3.0-or-later
"""The analysis programs read what the program writes, and so do the usual readers of HDF5.

One small front is made by the program itself; everything here reads that file.
"""

import csv
import os
import shutil
import struct
import subprocess
import sys
import unittest

import h5py
import matplotlib.image
import numpy as np

SOURCE_DIR = os.environ["SOURCE_DIR"]
sys.path.insert(0, os.path.join(SOURCE_DIR, "analysis"))

import front_file  # noqa: E402 (from the folder above)
import plot_front  # noqa: E402

FLUXFRONT = os.environ["FLUXFRONT"]
N_POINTS = 5
FRONT = "small.h5"


def program(name, *arguments):
    """Run a program of analysis/ and return the finished process."""
    command = [sys.executable, os.path.join(SOURCE_DIR, "analysis", name), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def bits(value):
    """A float as its 64 bits, so that NaN equals NaN and 0.0 differs from -0.0."""
    return struct.pack("<d", value)


def setUpModule():
    command = [FLUXFRONT, "run", os.path.join(SOURCE_DIR, "config", "ring.yaml"), "-o", FRONT]
    for setting in (f"front.points={N_POINTS}", "optimizer.iterations=20",
                    "evaluation.trajectories=16"):
        command += ["--set", setting]
    subprocess.run(command, check=True)


class Plot(unittest.TestCase):
    def check_image(self, path):
        image = matplotlib.image.imread(path)
        height, width = image.shape[:2]
        self.assertGreater(width, 1000)
        self.assertGreater(height, 700)
        ink = (image[..., :3] < 0.99).any(axis=-1)
        # Something is drawn in every quarter, and the page is neither blank nor full.
        for rows in (slice(0, height // 2), slice(height // 2, height)):
            for columns in (slice(0, width // 2), slice(width // 2, width)):
                self.assertGreater(ink[rows, columns].mean(), 0.01)
        self.assertLess(ink.mean(), 0.5)

    def test_front_is_drawn(self):
        result = program("plot_front.py", FRONT, "-o", "front.png")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        self.check_image("front.png")

    def test_front_is_drawn_with_logarithmic_axes(self):
        result = program("plot_front.py", FRONT, "-o", "log.png", "--log")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.check_image("log.png")

    def test_failed_points_and_missing_groups_are_no_obstacle(self):
        for n_failed in (1, N_POINTS):
            shutil.copy(FRONT, "failed.h5")
            with h5py.File("failed.h5", "r+") as file:
                for group in ("reference", "history"):
                    if group in file:
                        del file[group]
                for name, dataset in file["front"].items():
                    if dataset.shape[:1] == (N_POINTS,) and dataset.dtype.kind == "f":
                        if name != "weight":
                            dataset[:n_failed] = np.nan
                file["front/status"][:n_failed] = 1
                file["front/nondominated"][:n_failed] = 0
            result = program("plot_front.py", "failed.h5", "-o", "failed.png")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertGreater(os.path.getsize("failed.png"), 10000)

    def test_points_that_have_not_converged_are_marked(self):
        pictures = []
        for change in (0, 1, None):
            shutil.copy(FRONT, "verdicts.h5")
            with h5py.File("verdicts.h5", "r+") as file:
                if change is None:
                    del file["front/converged"]  # as in files before 1.2
                else:
                    file["front/converged"][:] = change
            result = program("plot_front.py", "verdicts.h5", "-o", "verdicts.png")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            pictures.append(matplotlib.image.imread("verdicts.png"))
        self.assertGreater(np.abs(pictures[0] - pictures[1]).max(), 0.5)
        np.testing.assert_array_equal(pictures[1], pictures[2])


class Verdicts(unittest.TestCase):
    """What the panel of the front says about points that have not converged."""

    def axes_of(self, path, is_log=False):
        with plot_front.plt.rc_context(plot_front.STYLE):
            axes = plot_front.figure_of(front_file.read(path), is_log).axes[0]
        self.addCleanup(plot_front.plt.close, axes.figure)
        return axes

    def with_unconverged(self, *points):
        """A copy of the front in which just these points have not converged, and point 2 is dominated."""
        shutil.copy(FRONT, "verdicts.h5")
        with h5py.File("verdicts.h5", "r+") as file:
            file["front/converged"][:] = 1
            file["front/nondominated"][:] = 1
            file["front/nondominated"][2] = 0
            for point in points:
                file["front/converged"][point] = 0
        return "verdicts.h5"

    def points_drawn(self, axes, is_filled):
        """Positions of the round markers that are filled, or hollow."""
        found = []
        for line in axes.lines:
            if line.get_marker() == "o" and len(line.get_xdata()):
                if (line.get_markerfacecolor() != "white") == is_filled:
                    found += zip(line.get_xdata(), line.get_ydata())
        return sorted(found)

    def expected(self, path, points):
        front = front_file.read(path)
        return sorted((front["front/entropy_production"][i], front["front/current"][i]) for i in points)

    def labels(self, axes):
        return [text.get_text() for text in axes.get_legend().get_texts()]

    def test_hollow_points_are_those_that_have_not_converged(self):
        for unconverged in ([], [0], [1, 2, 4], range(N_POINTS)):
            for is_log in (False, True):
                with self.subTest(unconverged=unconverged, is_log=is_log):
                    path = self.with_unconverged(*unconverged)
                    axes = self.axes_of(path, is_log)
                    rest = set(range(N_POINTS)) - set(unconverged)
                    self.assertEqual(self.points_drawn(axes, False), self.expected(path, unconverged))
                    self.assertEqual(self.points_drawn(axes, True), self.expected(path, rest))

    def test_their_number_is_in_the_legend_the_title_and_the_footer(self):
        axes = self.axes_of(self.with_unconverged(1, 2, 4))
        self.assertIn("of these not converged (3)", self.labels(axes))
        self.assertIn("non-dominated (4)", self.labels(axes))
        self.assertIn("dominated (1)", self.labels(axes))
        self.assertIn(f"(3 of {N_POINTS} not converged)", axes.get_title("left"))
        self.assertIn(f"{N_POINTS} points, 3 not converged", axes.figure._supxlabel.get_text())

    def check_nothing_is_said(self, path):
        axes = self.axes_of(path)
        said = [*self.labels(axes), axes.get_title("left"), axes.figure._supxlabel.get_text()]
        self.assertEqual([text for text in said if "converged" in text], [])
        self.assertEqual(self.points_drawn(axes, False), [])
        self.assertEqual(len(self.points_drawn(axes, True)), N_POINTS)

    def test_nothing_is_said_where_all_have_converged(self):
        self.check_nothing_is_said(self.with_unconverged())

    def test_nothing_is_said_of_files_without_verdicts(self):
        path = self.with_unconverged(0, 1)
        with h5py.File(path, "r+") as file:
            del file["front/converged"], file["front/verdict"]
        self.check_nothing_is_said(path)

    def test_failed_points_are_not_counted_twice(self):
        path = self.with_unconverged(0, 3)
        with h5py.File(path, "r+") as file:
            file["front/status"][0] = 1
            file["front/nondominated"][0] = 0
        axes = self.axes_of(path)
        self.assertIn("of these not converged (1)", self.labels(axes))
        self.assertIn("1 failed, 1 not converged", axes.figure._supxlabel.get_text())


class Csv(unittest.TestCase):
    def test_values_equal_those_of_the_file_bit_for_bit(self):
        result = program("front_to_csv.py", FRONT)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        heading, *rows = csv.reader(result.stdout.splitlines())
        self.assertEqual(len(rows), N_POINTS)
        self.assertEqual(len(set(heading)), len(heading))
        table = {name: [row[i] for row in rows] for i, name in enumerate(heading)}

        with h5py.File(FRONT, "r") as file:
            group = file["front"]
            expected = {}
            for name, dataset in group.items():
                if name in ("parameter", "channel"):
                    continue
                if dataset.ndim == 1:
                    expected[name] = dataset[()]
                else:
                    axis = {"theta": "parameter", "bound_slope": "parameter", "rates": "channel"}[name]
                    for i, label in enumerate(group[axis].asstr()[()]):
                        expected[f"{name}.{label}"] = dataset[:, i]
        self.assertEqual(set(table), set(expected))
        for name, values in expected.items():
            if values.dtype.kind == "f":
                self.assertEqual([bits(float(v)) for v in table[name]],
                                 [bits(v) for v in values], name)
            elif values.dtype.kind == "O":
                self.assertEqual(table[name], [text.decode() for text in values], name)
            else:
                self.assertEqual([int(v) for v in table[name]], values.tolist(), name)

    def test_output_file_holds_what_standard_output_shows(self):
        shown = program("front_to_csv.py", FRONT).stdout
        result = program("front_to_csv.py", FRONT, "-o", "front.csv")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "", ""))
        with open("front.csv", encoding="utf-8") as file:
            self.assertEqual(file.read(), shown)


class Errors(unittest.TestCase):
    def check_refused(self, path, message, status=2, output="unwanted.png"):
        for name in ("plot_front.py", "front_to_csv.py"):
            with self.subTest(program=name, path=path):
                result = program(name, path, "-o", output)
                self.assertEqual(result.returncode, status, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                self.assertIn(message, result.stderr)
                self.assertFalse(os.path.exists(output))

    def altered(self, path, **attributes):
        """A copy of the front with root attributes set, or removed when None."""
        shutil.copy(FRONT, path)
        with h5py.File(path, "r+") as file:
            for name, value in attributes.items():
                del file.attrs[name]
                if value is not None:
                    file.attrs[name] = value
        return path

    def test_missing_file_is_refused(self):
        self.check_refused("missing.h5", "missing.h5: no such file")

    def test_folder_is_refused(self):
        self.check_refused(".", "folder")

    def test_other_formats_are_refused(self):
        with open("text.h5", "w", encoding="utf-8") as file:
            file.write("current: 1\n")
        self.check_refused("text.h5", "text.h5: not an HDF5 file")

    def test_truncated_file_is_refused(self):
        with open(FRONT, "rb") as file:
            content = file.read()
        with open("truncated.h5", "wb") as file:
            file.write(content[: len(content) // 2])
        self.check_refused("truncated.h5", "truncated.h5: damaged")

    def test_other_hdf5_files_are_refused(self):
        with h5py.File("other.h5", "w") as file:
            file["front/current"] = [1.0]
        self.check_refused("other.h5", "other.h5: not a front file")
        self.check_refused(self.altered("other_type.h5", filetype="fluxfront-fit"),
                           "found `fluxfront-fit`")

    def test_unknown_format_versions_are_refused(self):
        newer = self.altered("newer.h5", format_version=np.array([2, 0], np.int32))
        self.check_refused(newer, "format version 2.0 is newer than version 1")
        self.check_refused(self.altered("unversioned.h5", format_version=None), "format_version")

    def test_missing_dataset_is_refused_by_name(self):
        shutil.copy(FRONT, "incomplete.h5")
        with h5py.File("incomplete.h5", "r+") as file:
            del file["front/rates"]
        self.check_refused("incomplete.h5", "incomplete.h5: the dataset /front/rates is missing")

    def test_later_minor_versions_are_read(self):
        later = self.altered("later.h5", format_version=np.array([1, 99], np.int32))
        self.assertEqual(program("front_to_csv.py", later).returncode, 0)

    def test_wrong_arguments_are_refused_in_one_line(self):
        for arguments in (["plot_front.py", FRONT], ["plot_front.py", FRONT, "-o", "front.xyz"],
                          ["plot_front.py", FRONT, "-o", "front.png", "--dpi", "0"],
                          ["front_to_csv.py"], ["front_to_csv.py", FRONT, "--unknown"]):
            with self.subTest(arguments=arguments):
                result = program(*arguments)
                self.assertEqual((result.returncode, result.stderr.count("\n")), (2, 1),
                                 result.stderr)

    def test_output_that_cannot_be_written_is_a_run_time_error(self):
        self.check_refused(FRONT, "No such file or directory", status=1,
                           output="no_such_folder/unwanted.png")

    def test_a_python_without_what_is_needed_is_refused_in_one_line(self):
        for name, lacking in (("plot_front.py", "lacks h5py, matplotlib, numpy"), ("front_to_csv.py", "lacks h5py, numpy")):
            command = [sys.executable, "-S", os.path.join(SOURCE_DIR, "analysis", name), FRONT]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stdout, result.stderr.count("\n")), (1, "", 1), result.stderr)
            self.assertIn(lacking, result.stderr)
            self.assertIn("jobs/python.sh", result.stderr)

    def test_help_explains(self):
        for name in ("plot_front.py", "front_to_csv.py"):
            result = program(name, "--help")
            self.assertEqual(result.returncode, 0)
            self.assertIn("FRONT.h5", result.stdout)


class OtherReaders(unittest.TestCase):
    def test_every_dataset_has_units_and_long_name(self):
        lacking = []

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                for attribute in ("units", "long_name"):
                    if not item.attrs.get(attribute):
                        lacking.append(f"/{name}: {attribute}")

        with h5py.File(FRONT, "r") as file:
            file.visititems(visit)
        self.assertEqual(lacking, [])

    def test_every_axis_has_a_dimension_scale(self):
        lacking = []

        def visit(name, item):
            if isinstance(item, h5py.Dataset) and not h5py.h5ds.is_scale(item.id):
                lacking.extend(f"/{name}: axis {i}" for i in range(item.ndim)
                               if len(item.dims[i]) == 0)

        with h5py.File(FRONT, "r") as file:
            file.visititems(visit)
        self.assertEqual(lacking, [])

    def test_xarray_opens_every_group_by_both_engines(self):
        try:
            import h5netcdf  # noqa: F401
            import netCDF4  # noqa: F401
            import xarray
        except ImportError as error:
            self.fail(f"{error}; install python3-xarray python3-netcdf4 python3-h5netcdf")

        with h5py.File(FRONT, "r") as file:
            groups = list(file)
            datasets = {group: set(file[group]) for group in groups}
            exact = {name: file[f"front/{name}"][()] for name in ("current", "rates", "events")}
        for expected in ("front", "history", "model", "metrics", "config", "code", "runtime"):
            self.assertIn(expected, groups)
        for engine in ("netcdf4", "h5netcdf"):
            for group in groups:
                with self.subTest(engine=engine, group=group):
                    with xarray.open_dataset(FRONT, group=group, engine=engine) as opened:
                        opened.load()
                        self.assertEqual(set(opened.variables), datasets[group])
            with self.subTest(engine=engine):
                with xarray.open_dataset(FRONT, group="front", engine=engine) as front:
                    self.assertEqual(front["current"].dims, ("point",))
                    self.assertEqual(front["theta"].dims, ("point", "parameter"))
                    self.assertEqual(front["rates"].dims, ("point", "channel"))
                    for name, values in exact.items():
                        np.testing.assert_array_equal(front[name].values, values)
                    self.assertEqual(front["current"].attrs["units"], "1/time")


if __name__ == "__main__":
    unittest.main(verbosity=2)
