#!/usr/bin/env bash
# Perch and Kamailio side by side: same machine, same run, same client. Prints a table with ratios.
#
#   cargo build --release && benches/compare.sh [ROUNDS]        three rounds, each in the order A B B A; the median counts
#
# Without Kamailio (apt-get install kamailio) only Perch's column is filled. Needs python3 to sum up.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-3}
phones=${PHONES:-50000}
bin=${BIN:-${CARGO_TARGET_DIR:-target}/release}
port=${PORT:-35090}
dir=$(mktemp -d)
trap 'stop; rm -rf "$dir"' EXIT
kamailio_pid=

stop() {
    [ -n "$kamailio_pid" ] && kill "$kamailio_pid" 2>/dev/null && wait "$kamailio_pid" 2>/dev/null
    kamailio_pid=
    return 0
}

start_kamailio() {
    stop
    kamailio -DD -f benches/kamailio.cfg -A "LISTEN=udp:127.0.0.1:$port" -A "PHONES=$phones" \
        -x fm -X fm -m 512 -M 16 -Y "$dir" -w "$dir" -P "$dir/pid" >"$dir/log" 2>&1 &
    kamailio_pid=$!
    for _ in $(seq 100); do
        # 127.0.0.1:PORT in the kernel's table of UDP sockets.
        grep -q "0100007F:$(printf %04X "$port")" /proc/net/udp && sleep 1 && return
        sleep 0.1
    done
    echo "Kamailio did not start; it says:" >&2
    cat "$dir/log" >&2
    exit 1
}

perch() { # perch RESULT SCENARIO ARGUMENT...
    local result=$1 && shift
    "$bin/perch-load" "$@" --phones "$phones" --users 1000 --start "$bin/perch" --json >>"$dir/perch.$result"
}

kamailio_run() { # like perch
    local result=$1 && shift
    start_kamailio
    "$bin/perch-load" "$@" --phones "$phones" --users 1000 --against kamailio \
        --server "127.0.0.1:$port" --pid "$kamailio_pid" --json >>"$dir/kamailio.$result"
    stop
}

both() { # A B B A
    perch "$@"
    if command -v kamailio >/dev/null; then
        kamailio_run "$@"
        kamailio_run "$@"
    fi
    perch "$@"
}

command -v kamailio >/dev/null || echo "Kamailio is not installed: its column stays empty." >&2
for _ in $(seq "$rounds"); do
    both register register --rate max
    both refresh-1000 refresh --rate 1000 --seconds "${SECONDS_EACH:-15}"
    both refresh-10000 refresh --rate 10000 --seconds "${SECONDS_EACH:-10}"
    both calls calls --rate 500 --seconds "${SECONDS_EACH:-10}"
done

python3 - "$dir" <<'PYTHON'
import json, os, statistics, sys
dir = sys.argv[1]

def runs(who, what):
    path = os.path.join(dir, f"{who}.{what}")
    return [json.loads(line) for line in open(path)] if os.path.exists(path) else []

def median(runs, value):
    values = [value(run) for run in runs]
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None

cpu = lambda run: run["cpu_us_each"]
p99 = lambda run: run["streams"][0]["p99_ms"]
rate = lambda run: run["streams"][0]["rate"]
binding = lambda run: run["bytes_per_registration"]
rows = [
    ("REGISTER, 401, REGISTER, 200: CPU", "register", cpu, "µs"),
    ("  as fast as it goes, client included", "register", rate, "/s"),
    ("refresh at 1,000/s: CPU", "refresh-1000", cpu, "µs"),
    ("  p99", "refresh-1000", p99, "ms"),
    ("refresh at 10,000/s: CPU", "refresh-10000", cpu, "µs"),
    ("  p99", "refresh-10000", p99, "ms"),
    ("call, INVITE to BYE, 500/s: CPU", "calls", cpu, "µs"),
    ("  p99", "calls", p99, "ms"),
    ("a registered phone's binding", "register", binding, "B"),
]
print(f"{'':40}{'Perch':>12}{'Kamailio':>12}{'ratio':>8}")
for name, what, value, unit in rows:
    ours, theirs = (median(runs(who, what), value) for who in ("perch", "kamailio"))
    show = lambda v: "-" if v is None else f"{v:,.0f} {unit}" if v >= 100 else f"{v:.1f} {unit}"
    ratio = f"{ours / theirs:.2f}" if ours and theirs else "-"
    print(f"{name:40}{show(ours):>12}{show(theirs):>12}{ratio:>8}")
for who in ("perch", "kamailio"):
    for what in ("register", "refresh-1000", "refresh-10000", "calls"):
        bad = sum(s["failed"] + s["late"] for run in runs(who, what) for s in run["streams"])
        if bad:
            print(f"{who}, {what}: {bad} tasks failed or were later than 500 ms")
PYTHON
