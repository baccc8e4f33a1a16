#!/usr/bin/env bash
# Install what is missing to build and run on Debian or Ubuntu; `--tests` adds what the tests need.
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail

packages=(
    gcc libc6-dev cmake ninja-build pkg-config git
    libopenmpi-dev openmpi-bin libhdf5-dev hdf5-tools
    libgsl-dev libnlopt-dev libsuitesparse-dev librandom123-dev libyaml-dev libjansson-dev libcmocka-dev
    python3 python3-h5py python3-numpy python3-matplotlib python3-yaml
)
test_packages=(
    clang clang-format-14 clang-tidy-14 valgrind
    python3-xarray python3-h5netcdf python3-netcdf4 python3-scipy
)

case "${1-}" in
"") ;;
--tests) packages+=("${test_packages[@]}") ;;
*)
    echo "usage: $0 [--tests]" >&2
    exit 2
    ;;
esac

is_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if ! command -v dpkg-query >/dev/null; then
    echo "setup: not a Debian or Ubuntu system; install the equivalents of: ${packages[*]}" >&2
    exit 1
fi

missing=()
for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
elif command -v sudo >/dev/null; then
    as_root=(sudo env)
else
    echo "setup: neither root nor sudo; ask an administrator to install: ${missing[*]}" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update
"${as_root[@]}" DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --no-install-recommends "${missing[@]}"
