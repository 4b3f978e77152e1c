#!/bin/bash
# A MongoDB-compatible server on a throw-away PostgreSQL, for the tests; prints its address, and ends both when it is
# ended. What is missing is installed (Debian) and built (Go) first.
# Usage: serve.sh [BINARY]     BINARY: where the server is, or will be built
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=${1:-$here/../../build/ferretdb}
as() { if [ "$(id -u)" -eq 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
bin() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1; }
if [ -z "$(bin)" ]; then apt-get install -y -qq postgresql >&2; fi
if [ ! -x "$binary" ]; then
  mkdir -p "$(dirname "$binary")"
  binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
  (cd "$here" && GOFLAGS=-mod=mod go build -o "$binary" .) >&2
fi
folder=$(mktemp -d)
[ "$(id -u)" -eq 0 ] && chown postgres "$folder"
server=
cleanup() {
  [ -n "$server" ] && kill "$server" 2>/dev/null && wait "$server" 2>/dev/null
  as "$(bin)/pg_ctl" -D "$folder/data" -m immediate stop >&2 || true
  rm -rf "$folder"
}
trap cleanup EXIT
trap 'exit 0' TERM INT
as "$(bin)/initdb" -D "$folder/data" -A trust -U jisr --no-sync >&2
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
as "$(bin)/pg_ctl" -D "$folder/data" -w -l "$folder/data/log" \
  -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200" start >&2
as "$(bin)/createdb" -h 127.0.0.1 -p "$port" -U jisr jisr >&2
"$binary" postgresql "postgres://jisr@127.0.0.1:$port/jisr?sslmode=disable" &
server=$!
wait "$server"
