#!/usr/bin/env python3
# labels: unit
# timeout: 60
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layout of the front file and the time-course file, as other readers of HDF5 see it.

The front file is the one that test_store writes; docs/format.md says what must be in both.
"""

import csv
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import unittest

import h5py
import numpy as np

# LeakSanitizer, in a build that has it, now and then crashes on the threads of Open MPI.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"

WRITER = os.path.join(os.environ["BINARY_DIR"], "tests", "test_store")
FORMAT = os.path.join(os.environ["SOURCE_DIR"], "docs", "format.md")
FLUXFRONT = os.environ["FLUXFRONT"]
FRONT, OTHER_RUN, COURSE = "front.h5", "other_run.h5", "course.h5"
COURSE_CONFIG = """model: {kind: network, states: [A, "B, or σ"], edges: [{from: A, to: "B, or σ", forward: 1, backward: 2}]}
timecourse: {end: 3, points: 4, trajectories: 10, max_events: 6}
seed: 7
"""
GROUPS = {"front", "history", "model", "metrics", "reference", "config", "code", "runtime"}
VARYING = {"code", "runtime"}
SCALARISATION = ("weight", "current_scale", "entropy_scale", "current_ideal", "entropy_ideal")


def setUpModule():
    subprocess.run([WRITER, "--write", FRONT], check=True)
    subprocess.run([WRITER, "--write", OTHER_RUN, "5"], check=True)
    with open("course.yaml", "w", encoding="utf-8") as file:
        file.write(COURSE_CONFIG)
    subprocess.run([FLUXFRONT, "simulate", "course.yaml", "-o", COURSE], check=True)


def datasets(file):
    """All datasets of an open file by their full name."""
    found = {}
    file.visititems(lambda name, item: found.update({"/" + name: item})
                    if isinstance(item, h5py.Dataset) else None)
    return found


def is_scale(dataset):
    return h5py.h5ds.is_scale(dataset.id)


def documented(chapter="The front file"):
    """Name, axes and units of every dataset in the table of a chapter of docs/format.md."""
    table = {}
    with open(FORMAT, encoding="utf-8") as file:
        text = re.search(rf"(?ms)^# {chapter}$(.*?)(^# |\Z)", file.read())[1]
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.split("|")[1:-1]]
            names = re.findall(r"`(/[a-z_/0-9]+)`", cells[0]) if cells else []
            for name in names:
                table[name] = cells[1:3]
    return table


class Layout(unittest.TestCase):
    def setUp(self):
        self.file = h5py.File(FRONT, "r")
        self.addCleanup(self.file.close)

    def test_datasets_are_the_documented_ones(self):
        self.assertEqual(set(datasets(self.file)), set(documented()))

    def test_units_are_the_documented_ones(self):
        for name, (_, units) in documented().items():
            self.assertEqual(self.file[name].attrs["units"], units, name)

    def test_every_dataset_has_a_long_name(self):
        for name, dataset in datasets(self.file).items():
            self.assertTrue(dataset.attrs["long_name"], name)

    def test_every_axis_has_one_scale_of_its_own_group(self):
        for name, dataset in datasets(self.file).items():
            for axis in range(dataset.ndim):
                if is_scale(dataset):
                    continue
                (scale,) = dataset.dims[axis].values()
                self.assertEqual(scale.parent, dataset.parent, name)
                self.assertEqual(scale.shape[0], dataset.shape[axis], name)

    def test_axes_are_the_documented_ones(self):
        for name, (axes, _) in documented().items():
            dataset = self.file[name]
            if axes in ("scalar", ""):
                self.assertEqual(dataset.ndim, 0, name)
            elif not is_scale(dataset):
                actual = [dataset.dims[i][0].name.rsplit("/", 1)[1] for i in range(dataset.ndim)]
                self.assertEqual(actual, axes.split(", "), name)

    def test_flags_have_a_meaning_for_each_value(self):
        flagged = ["front/status", "front/outcome", "front/nondominated", "front/scalarization",
                   "front/exact_status", "front/converged", "front/evaluation_converged", "model/in_entropy"]
        self.assertEqual({"/" + name for name in flagged},
                         {name for name, dataset in datasets(self.file).items()
                          if "flag_values" in dataset.attrs})
        for name in flagged:
            dataset = self.file[name]
            self.assertEqual(dataset.dtype, np.int8, name)
            self.assertEqual(len(dataset.attrs["flag_values"]),
                             len(dataset.attrs["flag_meanings"].split()), name)
            self.assertTrue(np.isin(dataset[()], dataset.attrs["flag_values"]).all(), name)

    def test_texts_are_variable_length_utf8(self):
        for name, dataset in datasets(self.file).items():
            if dataset.dtype.kind in "SO":
                self.assertEqual(h5py.check_string_dtype(dataset.dtype), ("utf-8", None), name)
        self.assertIn("σ", self.file["config/given"].asstr()[()])

    def test_failed_point_is_nan_except_for_its_scalarisation(self):
        (failed,) = np.flatnonzero(self.file["front/status"][()] == 1)
        for group in ("front", "history"):
            for name, dataset in self.file[group].items():
                if is_scale(dataset) or name in SCALARISATION or dataset.dtype.kind != "f":
                    continue
                self.assertTrue(np.isnan(dataset[failed]).all(), name)
        self.assertEqual(self.file["front/events"][failed], 0)
        self.assertEqual(self.file["front/nondominated"][failed], 0)
        self.assertEqual(self.file["front/outcome"][failed], -1)
        self.assertEqual(self.file["front/exact_status"][failed], -1)
        for name in SCALARISATION:
            self.assertTrue(np.isfinite(self.file["front/" + name][failed]), name)

    def test_reasons_are_those_of_the_failed_points(self):
        reasons = self.file["front/reason"].asstr()[()]
        self.assertEqual([reason != "" for reason in reasons],
                         (self.file["front/status"][()] == 1).tolist())
        self.assertIn("Σ = ∞", "".join(reasons))

    def test_rates_obey_the_budget(self):
        ok = self.file["front/status"][()] == 0
        np.testing.assert_allclose(self.file["front/rates"][()][ok].sum(axis=1), 3.0, rtol=1e-14)

    def test_root_attributes_identify_the_file(self):
        attributes = self.file.attrs
        self.assertEqual(attributes["filetype"], "fluxfront-front")
        self.assertEqual(attributes["format_version"].tolist(), [1, 4])
        self.assertEqual(attributes["format_version"].dtype, np.int32)
        self.assertEqual(attributes["seed"], 42)
        self.assertEqual(attributes["status"], "stopped-early")
        self.assertEqual(attributes["Conventions"], "CF-1.10")

    def test_runs_that_differ_in_ranks_and_time_hold_the_same_science(self):
        with h5py.File(OTHER_RUN, "r") as other:
            for name, dataset in datasets(self.file).items():
                if name.split("/")[1] not in VARYING:
                    np.testing.assert_array_equal(dataset[()], other[name][()], name)
            self.assertNotEqual(self.file["runtime/ranks"][()], other["runtime/ranks"][()])


# What each minor version of the format has added.
SINCE_1_1 = ("front/reason", "front/exact_status")
SINCE_1_2 = ("front/converged", "front/verdict", "config/from")


def info(path, *words):
    return subprocess.run([FLUXFRONT, "info", path, *words], check=False, text=True, capture_output=True)


class OlderFormat(unittest.TestCase):
    def info(self, minor, *absent):
        """`info` of a file of this minor version of the format, without some datasets."""
        shutil.copy(FRONT, "older.h5")
        with h5py.File("older.h5", "r+") as file:
            file.attrs["format_version"] = np.array([1, minor], dtype=np.int32)
            for name in absent:
                del file[name]
        return info("older.h5", "--json")

    def check_no_verdicts(self, points):
        """Not said counts as not converged, without a reason in the table."""
        self.assertEqual([(point["converged"], point["verdict"]) for point in points], [(0, "")] * 3)
        rows, after = info("older.h5").stdout.split("\n* dominated.")
        self.assertRegex(rows, r"(?m)^ *0[ *]! ")
        self.assertEqual(after.count("\n"), 1, after)

    def test_format_1_0_lacks_reason_and_exact_status(self):
        process = self.info(0, *SINCE_1_1, *SINCE_1_2)
        self.assertEqual(process.returncode, 0, process.stderr)
        points = json.loads(process.stdout)["front"]
        self.assertEqual([(point["reason"], point["exact_status"]) for point in points], [("", -1)] * 3)
        self.assertEqual([point["status"] for point in points], [0, 1, 0])
        self.check_no_verdicts(points)

    def test_format_1_1_lacks_from_and_verdicts(self):
        process = self.info(1, *SINCE_1_2)
        self.assertEqual(process.returncode, 0, process.stderr)
        document = json.loads(process.stdout)
        self.assertEqual(document["config_from"], "")
        self.check_no_verdicts(document["front"])

    def test_format_1_2_lacks_how_points_were_evaluated(self):
        names = ("converged", "reason", "trajectories", "events", "burn_in")
        process = self.info(2, "front/gap", *("front/evaluation_" + name for name in names))
        self.assertEqual(process.returncode, 0, process.stderr)
        for point in json.loads(process.stdout)["front"]:
            self.assertEqual([point["evaluation_" + name] for name in names], [0, "", 0, 0, 0])
            self.assertIsNone(point["gap"])

    def test_format_1_3_lacks_slopes_at_bounds(self):
        process = self.info(3, "front/bound_slope")
        self.assertEqual(process.returncode, 0, process.stderr)

    def test_a_file_of_today_may_lack_nothing(self):
        for name in (*SINCE_1_1, *SINCE_1_2, "front/evaluation_reason", "front/bound_slope"):
            process = self.info(4, name)
            self.assertEqual((process.returncode, process.stdout), (1, ""))
            self.assertIn("/" + name, process.stderr)


class Verdicts(unittest.TestCase):
    def test_info_gives_each_reason_once_and_none_twice_for_a_failed_point(self):
        shutil.copy(FRONT, "verdicts.h5")
        with h5py.File("verdicts.h5", "r+") as file:
            file["front/status"][...] = [0, 1, 0]
            file["front/converged"][...] = 0
            file["front/verdict"][...] = ["not converged: Z", "not converged: the task failed", "not converged: Z"]
        rows, after = info("verdicts.h5").stdout.split("\n* dominated.")
        self.assertEqual(rows.count(" failed: "), 1)
        self.assertEqual(after.splitlines()[1:], ["    0, 2 not converged: Z"])

    def test_neighbours_with_one_reason_are_a_range(self):
        shutil.copy(FRONT, "verdicts.h5")
        for verdicts, lines in (("ZZZ", ["    0-2 not converged: Z"]),
                                ("YZZ", ["    0 not converged: Y", "    1-2 not converged: Z"])):
            with h5py.File("verdicts.h5", "r+") as file:
                file["front/status"][...] = 0
                file["front/converged"][...] = 0
                file["front/verdict"][...] = [f"not converged: {verdict}" for verdict in verdicts]
            after = info("verdicts.h5").stdout.split("\n* dominated.")[1]
            self.assertEqual(after.splitlines()[1:], lines)


class TimeCourse(unittest.TestCase):
    def setUp(self):
        self.file = h5py.File(COURSE, "r")
        self.addCleanup(self.file.close)

    def test_datasets_units_and_axes_are_the_documented_ones(self):
        table, found = documented("The time-course file"), datasets(self.file)
        shared = {name: row for name, row in documented().items()
                  if name.split("/")[1] in ("config", "code", "runtime")}
        self.assertEqual(set(found), {*table, *shared})
        for name, (axes, units) in table.items():
            dataset = found[name]
            self.assertEqual(dataset.attrs["units"], units, name)
            self.assertTrue(dataset.attrs["long_name"], name)
            if axes == "scalar":
                self.assertEqual(dataset.ndim, 0, name)
            elif not is_scale(dataset):
                actual = [dataset.dims[i][0].name for i in range(dataset.ndim)]
                self.assertEqual(actual, ["/timecourse/" + axis for axis in axes.split(", ")], name)

    def test_root_attributes_identify_the_file(self):
        attributes = self.file.attrs
        self.assertEqual(attributes["filetype"], "fluxfront-timecourse")
        self.assertEqual(attributes["format_version"].tolist(), [1, 1])
        self.assertEqual(attributes["seed"], 7)
        self.assertEqual(attributes["rng"], "philox4x32-10")
        self.assertEqual(self.file["config/given"].asstr()[()], COURSE_CONFIG)

    def test_values_are_those_of_the_csv(self):
        """Seventeen digits say a double exactly; a name with a comma is one quoted field."""
        output = subprocess.run([FLUXFRONT, "simulate", "course.yaml"], check=True, text=True,
                                capture_output=True).stdout
        self.assertIn(',"B, or σ",', output)
        rows = list(csv.DictReader(io.StringIO(output, newline="")))
        group = self.file["timecourse"]
        times, sites = group["time"][()].tolist(), group["site"].asstr()[()].tolist()
        self.assertEqual((times, sites), ([0, 1, 2, 3], ["A", "B, or σ"]))
        self.assertEqual([(float(row["time"]), row["site"]) for row in rows],
                         [(time, site) for time in times for site in sites])
        for name in ("mean", "mean_stderr", "std", "std_stderr"):
            column = np.array([float(row[name]) for row in rows]).reshape(4, 2)
            np.testing.assert_array_equal(group[name][()], column, name)

    def test_times_that_not_all_reached_are_nan(self):
        group = self.file["timecourse"]
        n_reached, n = group["n_reached"][()], group["n_trajectories"][()]
        self.assertEqual((n, n_reached[0], n - n_reached[-1]), (10, 10, group["n_truncated"][()]))
        self.assertGreater(group["n_truncated"][()], 0)
        np.testing.assert_array_equal(np.isnan(group["mean"][:, 0]), n_reached < n)


@unittest.skipUnless(importlib.util.find_spec("xarray"), "xarray is not installed")
class Xarray(unittest.TestCase):
    def open_all(self, engine):
        import xarray

        with h5py.File(FRONT, "r") as file:
            self.assertEqual(set(file), GROUPS)
            for group in file:
                with xarray.open_dataset(FRONT, group=group, engine=engine) as dataset:
                    self.assertEqual(set(dataset.variables), set(file[group]), group)
                    for name, variable in dataset.load().variables.items():
                        self.assertEqual(variable.shape, file[group][name].shape, name)
                        self.assertNotIn("phony", " ".join(map(str, variable.dims)), name)
                        self.assertEqual(variable.attrs["units"],
                                         file[group][name].attrs["units"], name)
        with xarray.open_dataset(FRONT, engine=engine) as root:
            self.assertEqual(root.attrs["filetype"], "fluxfront-front")
        with xarray.open_dataset(FRONT, group="front", engine=engine) as front:
            self.assertEqual(front["rates"].dims, ("point", "channel"))
            self.assertEqual(front["rates"].sel(channel="0->1").shape, (3,))

    def open_course(self, engine):
        import xarray

        with xarray.open_dataset(COURSE, group="timecourse", engine=engine) as course:
            self.assertEqual(course["mean"].dims, ("time", "site"))
            self.assertEqual(set(course.coords), {"time", "site"})
            self.assertEqual(float(course["mean"].sel(time=0.0).sum()), 1.0)
            self.assertEqual(course["time"].dtype, np.float64)

    @unittest.skipUnless(importlib.util.find_spec("netCDF4"), "netCDF4 is not installed")
    def test_netcdf4_opens_every_group(self):
        self.open_all("netcdf4")
        self.open_course("netcdf4")

    @unittest.skipUnless(importlib.util.find_spec("h5netcdf"), "h5netcdf is not installed")
    def test_h5netcdf_opens_every_group(self):
        self.open_all("h5netcdf")
        self.open_course("h5netcdf")


if __name__ == "__main__":
    unittest.main()
