#!/usr/bin/env bash
# Builds the image of the Dockerfile without a container engine, and runs what is in it as an engine would:
# not as root, on a read-only root file system, with a volume for its data. Needs root on Debian; takes some minutes.
#
#   tests/container.sh [DIRECTORY]     DIRECTORY keeps base images and what was compiled, for the next time
set -euo pipefail
cd "$(dirname "$0")/.."

[ "$(id -u)" = 0 ] || { echo "container: not run: this needs root" >&2; exit 77; }
for tool in buildah debootstrap unshare; do
    command -v "$tool" >/dev/null && continue
    apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends buildah debootstrap util-linux >/dev/null
done

keep=${1:-}
dir=${keep:-$(mktemp -d)}
mkdir -p "$dir/tmp"
# Caches of the build go there, too, and away with it.
export TMPDIR="$dir/tmp"
running=

buildah() { command buildah --storage-driver vfs --root "$dir/storage" --runroot "$dir/run" "$@"; }

clean_up() {
    if [ -n "$running" ]; then kill -9 "$running" 2>/dev/null || true; fi
    buildah rm --all >/dev/null 2>&1 || true
    if [ -z "$keep" ]; then rm -rf "$dir"; fi
}
trap clean_up EXIT

fail() {
    echo "container: $*" >&2
    sed 's/^/    /' "$dir/log" >&2 2>/dev/null || true
    exit 1
}

say() { printf 'container: %s\n' "$*"; }

# An image of a bare Debian, and one with a C compiler that finds this machine's Rust; stand-ins for what a registry has.
image() { # image NAME PACKAGES
    if buildah images -q "localhost/$1" 2>/dev/null | grep -q .; then return; fi
    rm -rf "$dir/rootfs"
    debootstrap --variant=minbase ${2:+--include=$2} bookworm "$dir/rootfs" >"$dir/log" 2>&1 || fail "debootstrap failed"
    local container
    container=$(buildah from scratch)
    buildah copy -q "$container" "$dir/rootfs" / >/dev/null
    if [ -n "$2" ]; then
        buildah config --env "PATH=$rust/bin:/usr/bin:/bin:/usr/sbin:/sbin" --env "CARGO_HOME=$cargo" "$container"
    fi
    buildah commit -q "$container" "localhost/$1" >/dev/null
    buildah rm "$container" >/dev/null
    rm -rf "$dir/rootfs"
    say "made a base image, $1"
}

rust=$(rustc --print sysroot)
cargo=${CARGO_HOME:-$HOME/.cargo}
image perch-test-base ""
image perch-test-build gcc,libc6-dev

say "building the image of the Dockerfile"
buildah bud --quiet --isolation chroot --format docker --layers=false \
    --build-arg BUILD_IMAGE=localhost/perch-test-build --build-arg BASE_IMAGE=localhost/perch-test-base \
    --volume "$rust:$rust:ro" --volume "$cargo:$cargo" \
    --tag localhost/perch . >"$dir/log" 2>&1 || fail "the image does not build"

field() { buildah inspect --type image --format "{{.Docker.Config.$1}}" localhost/perch; }
[ "$(field User)" = 5060:5060 ] || fail "the image runs as $(field User)"
case "$(field Healthcheck.Test)" in *healthcheck*) ;; *) fail "the image has no health check" ;; esac
[ "$(field StopSignal)" = SIGTERM ] || fail "the image is stopped by $(field StopSignal)"
say "built; user $(field User), health check $(field Healthcheck.Test), stopped by $(field StopSignal)"

container=$(buildah from localhost/perch)
root=$(buildah mount "$container")
offset=$((20000 + RANDOM % 20000))
data="$dir/data"
rm -rf "$data"
install -d -o 5060 -g 5060 -m 0750 "$data"

# What an engine does for `read_only: true`, a volume and a user: a mount namespace of its own, root read-only.
inside=(unshare --mount --propagation private -- sh -c '
        root=$1 data=$2; shift 2
        mount --bind "$root" "$root"
        mount --bind "$data" "$root/var/lib/perch"
        mount --rbind /dev "$root/dev"
        mount -t proc proc "$root/proc"
        mount -o remount,bind,ro "$root"
        exec setpriv --no-new-privs chroot --userspec=5060:5060 --groups=5060 "$root" "$@"' sh "$root" "$data")

if "${inside[@]}" touch /somewhere 2>/dev/null; then fail "the root file system can be written to"; fi
"${inside[@]}" perch serve --demo --data /var/lib/perch --port-offset "$offset" >"$dir/log" 2>&1 &
running=$!
for _ in $(seq 100); do
    if "${inside[@]}" perch healthcheck --port-offset "$offset" >/dev/null 2>&1; then break; fi
    kill -0 "$running" 2>/dev/null || fail "the server ended by itself"
    sleep 0.1
done
"${inside[@]}" perch healthcheck --port-offset "$offset" >/dev/null || fail "not healthy within 10 s"
owner=$(awk '/^Uid:/ { print $2 }' "/proc/$running/status")
[ "$owner" = 5060 ] || fail "it runs as uid $owner"
grep -q '^CapEff:[[:space:]]*0*$' "/proc/$running/status" || fail "it has capabilities"
"${inside[@]}" perch login desk-1 u2001 --port-offset "$offset" >/dev/null || fail "a login was refused"
say "healthy, as uid $owner without capabilities, on a read-only root"

kill -TERM "$running"
wait "$running" || fail "exit code $? after SIGTERM"
running=
[ "$(stat -c %u "$data"/*.db | sort -u)" = 5060 ] || fail "the data belongs to somebody else"
"${inside[@]}" perch serve --demo --data /var/lib/perch --port-offset "$offset" >"$dir/log" 2>&1 &
running=$!
for _ in $(seq 100); do
    if "${inside[@]}" perch healthcheck --port-offset "$offset" >/dev/null 2>&1; then break; fi
    sleep 0.1
done
"${inside[@]}" perch who --port-offset "$offset" | grep -q u2001 || fail "the login of the first run is lost"
kill -TERM "$running"
wait "$running" || fail "exit code $? after SIGTERM"
running=
say "stopped cleanly, began again with what was stored, stopped cleanly"
say "not run: the health check on an engine's timer, compose.yaml, images from a registry (no engine, no registry here)"
