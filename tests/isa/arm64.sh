#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# By hand: builds the program for arm64 with Debian's cross compiler, runs it in QEMU, and compares the digests with those of this machine's program.
#   sh tests/isa/arm64.sh FOLDER PROGRAM [--limit N]
# FOLDER keeps the libraries and the build. Wants, as root: dpkg --add-architecture arm64; apt-get update;
# apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static. The libraries for arm64 are unpacked into FOLDER alone.
set -eu
mkdir -p "$1"
folder=$(cd "$1" && pwd) program=$2 limit=4
[ "${3:-}" = --limit ] && limit=$4
source=$(cd "$(dirname "$0")/../.." && pwd)
for command in aarch64-linux-gnu-gcc qemu-aarch64-static; do
  command -v $command >/dev/null || { echo "$command: not here"; exit 77; }
done
root=$folder/root libraries=$folder/root/usr/lib/aarch64-linux-gnu
if [ ! -f "$folder/unpacked" ]; then
  mkdir -p "$folder/packages" "$root"
  (cd "$folder/packages" && for package in libc6 libgcc-s1 libgomp1 libsqlite3-0 libsqlite3-dev zlib1g zlib1g-dev libjansson4 libjansson-dev libpcre2-8-0 libpcre2-16-0 libpcre2-32-0 \
    libpcre2-posix3 libpcre2-dev libutf8proc2 libutf8proc-dev libxxhash0 libxxhash-dev libmicrohttpd12 libmicrohttpd-dev libgnutls30 libgnutls28-dev nettle-dev libnettle8 libhogweed6 \
    libp11-kit0 libp11-kit-dev libtasn1-6 libtasn1-6-dev libidn2-0 libidn2-dev libunistring2 libunistring-dev libgmp10 libgmp-dev libffi8; do echo $package:arm64; done | xargs apt-get download)
  for package in "$folder"/packages/*.deb; do dpkg -x "$package" "$root"; done
  touch "$folder/unpacked"
fi
links="-Wl,-rpath-link,$libraries -Wl,-rpath-link,$root/lib/aarch64-linux-gnu"
PKG_CONFIG_LIBDIR=$libraries/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root cmake -S "$source" -B "$folder/build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
  "-DCMAKE_CROSSCOMPILING_EMULATOR=qemu-aarch64-static;-L;$root" -DCMAKE_FIND_ROOT_PATH="$root" -DCMAKE_FIND_ROOT_PATH_MODE_PROGRAM=NEVER -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
  -DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY "-DCMAKE_EXE_LINKER_FLAGS=$links" "-DCMAKE_SHARED_LINKER_FLAGS=$links" "-DCMAKE_MODULE_LINKER_FLAGS=$links" -DCMAKE_SKIP_RPATH=ON -DHEADWATER_WERROR=ON >/dev/null
cmake --build "$folder/build" -j 2 -- -s --no-print-directory >/dev/null
cat >"$folder/headwater" <<END
#!/bin/sh
exec qemu-aarch64-static -L "$root" "$folder/build/headwater" "\$@"
END
chmod +x "$folder/headwater"
OTHER_PROGRAM=$folder/headwater sh "$source/tests/isa/check.sh" --limit "$limit" "$program"
