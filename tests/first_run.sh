#!/usr/bin/env bash
# What a newcomer does first, with a built program: tests/first_run.sh target/release/perch
# Serves the demonstration site on free ports of the loopback, asks it a few things, stops it, and minds every exit code.
set -euo pipefail

perch=$1
dir=$(mktemp -d)
# Below the ports that the system gives to whoever connects.
offset=$((10000 + RANDOM % 10000))
server=

clean_up() {
    if [ -n "$server" ]; then kill -9 "$server" 2>/dev/null || true; fi
    rm -rf "$dir"
}
trap clean_up EXIT

fail() {
    echo "first run: $*" >&2
    sed 's/^/    /' "$dir/log" >&2
    exit 1
}

ask() { "$perch" "$@" --port-offset "$offset"; }

"$perch" serve --demo --data "$dir/data" --port-offset "$offset" >"$dir/log" 2>&1 &
server=$!

for _ in $(seq 100); do
    if ask healthcheck >/dev/null 2>&1; then break; fi
    kill -0 "$server" 2>/dev/null || fail "the server ended by itself"
    sleep 0.1
done
ask healthcheck >/dev/null || fail "the server was not ready within 10 s"

ask status | grep -q demo || fail "status does not name the site"
ask login desk-1 u2001 >/dev/null || fail "a login was refused"
ask who | grep -q desk-1 || fail "who does not show the login"
ask explain u2001 | grep -q "idle" || fail "explain does not say when the next logout is"
ask logout --user u2001 >/dev/null || fail "a logout was refused"
if ask logout --user u2001 >/dev/null 2>&1; then fail "a logout of nobody was not refused"; fi
ask plan fixtures/sites/demo.toml >/dev/null || fail "the sample site file is not accepted"
ask backup "$dir/backup.db" --data "$dir/data" >/dev/null || fail "no backup"

kill -TERM "$server"
wait "$server" || fail "exit code $? after SIGTERM"
server=
echo "first run: ready, asked, logged in and out, backed up, stopped"
