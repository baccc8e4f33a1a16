# SPDX-License-Identifier: GPL-3.0-or-later
"""Read front files, as docs/format.md describes them, into plain numpy arrays.

    front = front_file.read("front.h5")
    front["front/current"]          # numpy array, [point]
    front.units["front/current"]    # "1/time"
    front.attributes["status"]      # "complete"

Strings are `str`, lists of strings are object arrays of `str`, scalar datasets are numpy scalars.
"""

import argparse
import os
import sys
from dataclasses import dataclass, field

import h5py
import numpy as np

FILETYPE = "fluxfront-front"
FORMAT_MAJOR = 1

EXIT_RUNTIME = 1  # an output cannot be written
EXIT_USAGE = 2  # wrong arguments, or the input is not a front file


class FrontFileError(Exception):
    """The file is missing, not a front file, or of a format this code does not know."""


@dataclass
class FrontFile:
    """A front file in memory; datasets go by their full name, such as "front/current"."""

    path: str
    attributes: dict = field(default_factory=dict)
    values: dict = field(default_factory=dict)
    units: dict = field(default_factory=dict)
    long_names: dict = field(default_factory=dict)

    def __contains__(self, name):
        return name in self.values

    def __getitem__(self, name):
        try:
            return self.values[name]
        except KeyError:
            raise FrontFileError(f"{self.path}: the dataset /{name} is missing") from None

    def get(self, name, default=None):
        """The values of a dataset that need not be there."""
        return self.values.get(name, default)


def read(path):
    """Read a whole front file; raises FrontFileError with a message that names the file."""
    if not os.path.exists(path):
        raise FrontFileError(f"{path}: no such file")
    if os.path.isdir(path):
        raise FrontFileError(f"{path}: is a folder, not a front file")
    try:
        with h5py.File(path, "r") as file:
            return _read_open(path, file)
    except (OSError, RuntimeError, KeyError) as error:  # how h5py reports files it cannot read
        if isinstance(error, PermissionError):
            raise FrontFileError(f"{path}: permission denied") from error
        if not h5py.is_hdf5(path):
            raise FrontFileError(f"{path}: not an HDF5 file") from error
        raise FrontFileError(f"{path}: damaged: {_one_line(error)}") from error


def _read_open(path, file):
    front = FrontFile(path)
    front.attributes = {name: _plain(value) for name, value in file.attrs.items()}
    _check_format(path, front.attributes)

    def collect(name, item):
        if isinstance(item, h5py.Dataset):
            front.values[name] = _plain(item[()])
            front.units[name] = _plain(item.attrs.get("units", ""))
            front.long_names[name] = _plain(item.attrs.get("long_name", ""))

    file.visititems(collect)
    return front


def _check_format(path, attributes):
    filetype = attributes.get("filetype")
    if filetype != FILETYPE:
        found = "none" if filetype is None else f"`{filetype}`"
        raise FrontFileError(
            f"{path}: not a front file: expected filetype `{FILETYPE}`, found {found}"
        )
    version = np.atleast_1d(attributes.get("format_version", []))
    if version.size != 2 or version.dtype.kind not in "iu":
        raise FrontFileError(f"{path}: the attribute format_version is not a pair of integers")
    if version[0] != FORMAT_MAJOR:
        age = "newer" if version[0] > FORMAT_MAJOR else "older"
        raise FrontFileError(
            f"{path}: format version {version[0]}.{version[1]} is {age} than "
            f"version {FORMAT_MAJOR}, which this program reads"
        )


def _plain(value):
    """Bytes to str, arrays of bytes to object arrays of str, everything else as it is."""
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, np.ndarray) and value.dtype.kind in "SO":
        texts = [v.decode("utf-8") if isinstance(v, bytes) else v for v in value.flat]
        return np.array(texts, dtype=object).reshape(value.shape)
    return value


def _one_line(error):
    return " ".join(str(error).split())


class ArgumentParser(argparse.ArgumentParser):
    """Reports wrong arguments in one line, like every other error of these programs."""

    def error(self, message):
        self.exit(EXIT_USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def run(program, main):
    """Call main() and exit with its status; errors become one line on standard error."""
    try:
        main()
        sys.stdout.flush()
    except FrontFileError as error:
        print(f"{program}: {error}", file=sys.stderr)
        sys.exit(EXIT_USAGE)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_RUNTIME)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"{program}: {where}{error.strerror or _one_line(error)}", file=sys.stderr)
        sys.exit(EXIT_RUNTIME)
