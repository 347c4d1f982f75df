#!/usr/bin/env bash
# Serve a regency in a temporary folder; the folder goes when the server stops. $1: the venv's bin.
set -euo pipefail

bin=$(cd "$1" && pwd)
port=${PORT:-8800}
SYNC_SERVER_HOME=$(mktemp -d)
trap 'rm -rf "$SYNC_SERVER_HOME"' EXIT
export SYNC_SERVER_HOME
export SYNC_SERVER_ADMIN_PASSPHRASE=${SYNC_SERVER_ADMIN_PASSPHRASE:-penyelia-contoh-latihan}

"$bin/sync-server" init --region 53.15 --name "Kabupaten Manggarai Barat" --admin latihan \
    --regions shared_schema/data/regions-5315-5371.csv
code=$("$bin/sync-server" device enrol --label "Laptop latihan" --scope 53.15 \
    --url "http://127.0.0.1:$port" --json |
    "$bin/python" -c 'import json, sys; print(json.load(sys.stdin)["code"])')
cat <<TEXT

Serving on http://127.0.0.1:$port from $SYNC_SERVER_HOME (removed at the end). Stop with Ctrl-C.
In another terminal, enrol a practice laptop and register people:

  export FIELD_CLIENT_HOME=\$(mktemp -d)
  $bin/field-client enrol '$code' --operator latihan
  $bin/field-client add person
  $bin/field-client sync

TEXT
"$bin/sync-server" serve --port "$port"
