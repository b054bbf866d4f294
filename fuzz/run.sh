#!/bin/sh
# run.sh [SECONDS]: gives every target the fixtures to start from and runs each for so long.
set -eu
seconds=${1:-60}
cd "$(dirname "$0")"
for target in detector decoders config manifest pack issued; do
    mkdir -p "corpus/$target"
done
for file in ../fixtures/detect/leaks/* ../fixtures/detect/clean/*; do
    case $file in *.expect) continue ;; esac
    if [ -f "$file" ]; then
        cp "$file" corpus/detector/
        cp "$file" corpus/decoders/
    fi
done
cp seeds/config/* corpus/config/
cp ../rules/policies/* corpus/pack/
for folder in ../fixtures/audit/*/; do
    cp "$folder/report.csv" "corpus/issued/$(basename "$folder")"
done
find ../fixtures/requests -name '*.yaml' | while read -r file; do
    cp "$file" "corpus/manifest/$(echo "${file#../fixtures/requests/}" | tr / -)"
done
for target in detector decoders config manifest pack issued; do
    echo "== $target"
    cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -print_final_stats=1 \
        -rss_limit_mb=2048 -timeout=10 -verbosity=1 2>&1 |
        grep -E 'cov:|DONE|Done|stat::|panicked|ERROR|Test unit' | tail -14
done
