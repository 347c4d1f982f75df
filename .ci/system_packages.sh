#!/usr/bin/env bash
# Install what some tests need from the system: libfaketime, to set a program's clock years off.
# Without root or apt the tests that need it say that they cannot run here.
set -euo pipefail

if ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then
    exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing faketime ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq faketime >/dev/null
else
    echo "Some fault tests will be left out. To run them: sudo apt-get install faketime" >&2
fi
