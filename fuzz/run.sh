#!/bin/sh
# run.sh [SECONDS [TARGET…]]: runs every target, or those that are named, for so long, beginning
# with the fixtures. Uses the nightly compiler, or the one that FUZZ_TOOLCHAIN names.
set -eu
seconds=${1:-60}
[ $# -eq 0 ] || shift
cd "$(dirname "$0")"
python3 seeds.py
fuzz() {
    cargo "+${FUZZ_TOOLCHAIN:-nightly}" fuzz "$@"
}
# freed memory is not the program's
export ASAN_OPTIONS="quarantine_size_mb=16:detect_leaks=0:${ASAN_OPTIONS:-}"
# shellcheck disable=SC2046 # their names have no blanks
[ $# -gt 0 ] || set -- $(fuzz list)
for target in "$@"; do
    echo "== $target"
    fuzz run "$target" -- -max_total_time="$seconds" -print_final_stats=1 -max_len=131072 \
        -rss_limit_mb=700 -timeout=25 -verbosity=1 2>&1 |
        grep -E 'cov:|DONE|Done|stat::|panicked|ERROR|Test unit' | tail -14
done
