#!/usr/bin/env bash
# Installs hallpass for the action: the release of the action's own version, held against the list of
# checksums in this repository, or else the source beside this script.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=.github/action/common.sh
. "$here/common.sh"

own=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1)
version=${IN_VERSION:-$own}
version=${version#v}
if [ "$version" = source ]; then
    wanted=$own
else
    wanted=$version
    case "$version" in
        *[!0-9A-Za-z.-]* | [!0-9]* | *..* | '')
            give_up 2 "the input version is no version: write it as 1.2.3, or source"
            ;;
    esac
fi

temporary=${RUNNER_TEMP:?is set by every runner}
ending=
case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) target=x86_64-unknown-linux-musl ;;
    Linux-ARM64) target=aarch64-unknown-linux-musl ;;
    macOS-X64) target=x86_64-apple-darwin ;;
    macOS-ARM64) target=aarch64-apple-darwin ;;
    # Windows on arm64 runs programs for x86-64
    Windows-X64 | Windows-ARM64) target=x86_64-pc-windows-msvc ;;
    *) target= ;;
esac
if [ "${RUNNER_OS:-}" = Windows ]; then ending=.exe; fi

sha256() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$1"
    else
        shasum -a 256 <"$1"
    fi | cut -d ' ' -f 1
}

# ready BINARY: it starts and is what was asked for.
ready() {
    local told
    told=$("$1" --version | tr -d '\r') || give_up 3 "hallpass was installed, but does not start"
    if [ "$told" != "hallpass $wanted" ]; then
        give_up 3 "hallpass $wanted was asked for, and another was installed: $told"
    fi
    printf '%s is ready: %s\n' "$told" "$2"
    output binary "$1"
}

# The repository that the release belongs to; the runner forgets to name it in some cases, but keeps
# the action in a folder of that name.
repository() {
    local name=${ACTION_REPOSITORY:-} path
    if [ -z "$name" ]; then
        path=${root//\\//}
        case "$path" in
            */_actions/*/*/*)
                path=${path##*/_actions/}
                name=$(cut -d / -f 1,2 <<<"$path")
                ;;
            *) name=${GITHUB_REPOSITORY:-} ;;
        esac
    fi
    printf '%s' "$name"
}

# from_release: answers 1 where there is no such release, and never falls back on a wrong checksum.
from_release() {
    local name archive expected actual server protocol folder address
    [ -n "$target" ] || return 1
    name=hallpass-$version-$target
    archive=$name.tar.gz
    expected=$(awk -v name="$archive" '$2 == name { print $1; exit }' "$root/.github/checksums.sha256")
    if [ -z "$expected" ]; then
        printf 'The list of checksums has no %s.\n' "$archive"
        return 1
    fi
    folder=$temporary/hallpass-$version
    # tar and curl are handed plain names: on Windows they take a drive's colon for a host's
    if ! mkdir -p "$folder" || ! cd "$folder"; then
        give_up 3 "can't write to the runner's temporary folder"
    fi
    if ! [ -f "$archive" ] || [ "$(sha256 "$archive")" != "$expected" ]; then
        server=${GITHUB_SERVER_URL:-https://github.com}
        protocol='=https'
        case "$server" in http://127.0.0.1:*) protocol='=http' ;; esac
        address=$server/$(repository)/releases/download/v$version/$archive
        rm -f "$archive"
        printf 'Fetching %s\n' "$address"
        if ! curl --fail --silent --show-error --location --proto "$protocol" --retry 3 \
            --connect-timeout 20 --max-time 300 --output "$archive" "$address"; then
            rm -f "$archive"
            return 1
        fi
    fi
    actual=$(sha256 "$archive")
    if [ "$actual" != "$expected" ]; then
        rm -f "$archive"
        give_up 3 "$archive has another checksum than the action expects, so it was not run.
expected $expected
found    $actual"
    fi
    tar -xzf "$archive" || give_up 3 "$archive can't be unpacked"
    ready "$folder/$name/hallpass$ending" "the release, with the expected checksum"
}

from_source() {
    if ! command -v cargo >/dev/null; then
        give_up 3 "there is no release of hallpass $wanted for this runner, and no cargo to build it: \
name a released version, or install Rust before this step"
    fi
    printf 'Building hallpass %s from source.\n' "$own"
    # not in the checkout: a pull request's .cargo/config.toml or rust-toolchain.toml would be obeyed
    cd "$root"
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$temporary/hallpass-build} \
        cargo install --locked --force --quiet --path . --root "$temporary/hallpass-source" ||
        give_up 3 "hallpass could not be built from source: the log says why"
    ready "$temporary/hallpass-source/bin/hallpass$ending" "built from source"
}

if [ "$version" != source ] && from_release; then
    exit 0
fi
if [ "$version" != source ] && [ "$version" != "$own" ]; then
    give_up 3 "there is no release of hallpass $version that this action knows the checksum of, and it \
can build only its own version, $own"
fi
from_source
