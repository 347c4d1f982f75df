#!/usr/bin/env bash
# Install what some tests need from the system: libfaketime, to set a program's clock years off,
# strace, to record what a program writes and to let single calls fail, mkfs.vfat, to write sticks,
# nginx, a proxy that buffers (its service is not started), and chromium, to use the pages.
# Without root or apt the tests that need them say that they cannot run here.
set -euo pipefail

missing=()
ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing+=(faketime)
command -v strace >/dev/null || missing+=(strace)
command -v mkfs.vfat >/dev/null || [ -x /usr/sbin/mkfs.vfat ] || missing+=(dosfstools)
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing+=(nginx)
command -v chromium >/dev/null || missing+=(chromium)
if [ ${#missing[@]} = 0 ]; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} ..."
    apt-get update -qq
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "${missing[@]}" >/dev/null
else
    echo "Some fault tests will be left out. To run them: sudo apt-get install ${missing[*]}" >&2
fi
