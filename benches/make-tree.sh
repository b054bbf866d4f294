#!/bin/sh
# make-tree.sh DIR: unpacks the sources of the crates that tree/Cargo.lock pins, and of this
# project's own, into DIR: always the same files, more than 25,000 of them. Builds nothing.
set -eu
if [ $# -ne 1 ]; then
    echo "usage: $0 DIR" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
tree=$(cd "$1" && pwd)
home="$tree.cargo-home"
for manifest in "$here/tree/Cargo.toml" "$here/../Cargo.toml"; do
    CARGO_HOME="$home" cargo fetch --locked --quiet --manifest-path "$manifest"
done
rm -rf "$tree"
mv "$home/registry/src" "$tree"
rm -rf "$home"
echo "$tree: $(find "$tree" -type f | wc -l) files, $(du -sh "$tree" | cut -f1)"
