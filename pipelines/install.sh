#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing to build Headwater on Debian or Ubuntu; with "tests", what its tests need as well;
# with "torch" or "slurm" PyTorch alone, or Slurm and GNU parallel alone, which not every system has.
set -eu
packages="gcc libc6-dev cmake make pkg-config libsqlite3-dev libopenblas0 zlib1g-dev libjansson-dev
libpcre2-dev libutf8proc-dev libxxhash-dev libmicrohttpd-dev"
if [ "${1:-}" = tests ]; then
  packages="$packages libcmocka-dev python3 python3-numpy python3-pandas sqlite3 binutils gnuplot-nox graphviz clang libclang-rt-dev
  libomp-dev chromium fonts-dejavu-core"
  for command in node:nodejs npm:npm; do # Node from elsewhere is as good as Debian's
    command -v "${command%:*}" >/dev/null || packages="$packages ${command#*:}"
  done
elif [ "${1:-}" = torch ]; then
  packages=python3-torch
elif [ "${1:-}" = slurm ]; then
  packages="slurmctld slurmd slurm-client munge parallel"
fi
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
root=""
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "install these packages first:$missing" >&2; exit 1; }
  root=sudo
fi
$root apt-get -o DPkg::Lock::Timeout=600 update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $root apt-get -o DPkg::Lock::Timeout=600 install -q -y --no-install-recommends $missing
