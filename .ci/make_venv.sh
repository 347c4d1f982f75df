#!/usr/bin/env bash
# Build the virtual environment named by $1 with $PYTHON, on a machine that may lack python3-venv.
set -euo pipefail

venv=$1
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null; then
    echo "There is no '$python' here. Install Python 3.11 or newer (Debian: apt-get install python3)." >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$("$python" --version) is too old: 3.11 or newer is needed. Try: make install PYTHON=python3.13" >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing python$version-venv ..."
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv"
    else
        echo "'$python -m venv' does not work. Install it (Debian: sudo apt-get install python$version-venv) and repeat." >&2
        exit 1
    fi
fi
wanted=$("$python" -c 'import sys; print(sys.version_info[:3])')
if [ -x "$venv/bin/python" ] &&
    [ "$("$venv/bin/python" -c 'import sys; print(sys.version_info[:3])' 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
rm -rf "$venv"
"$python" -m venv "$venv"
