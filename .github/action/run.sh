#!/usr/bin/env bash
# Runs hallpass for the action: inputs and the event become arguments, each of them whole, and what
# hallpass writes becomes annotations, the job's summary, files and outputs.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=.github/action/common.sh
. "$here/common.sh"

temporary=${RUNNER_TEMP:?is set by every runner}
command=${IN_COMMAND:-scan}
mode=${IN_MODE:-}
lines=()

# read_lines TEXT: into `lines`, one each; empty lines are nothing.
read_lines() {
    local line
    lines=()
    while IFS= read -r line || [ -n "$line" ]; do
        line=${line%$'\r'}
        if [ -n "$line" ]; then lines+=("$line"); fi
    done <<<"$1"
}

# one_line NAME TEXT
one_line() {
    case "$2" in
        *$'\n'* | *$'\r'*) give_up 2 "the input $1 must be one line" ;;
    esac
}

is_commit() {
    case "$1" in
        *[!0123456789abcdef]*) return 1 ;;
    esac
    [ ${#1} -eq 40 ] || [ ${#1} -eq 64 ]
}

# No commit: what a push comes from that makes a branch, or goes to that deletes one.
is_nothing() {
    case "$1" in
        *[!0]*) return 1 ;;
    esac
}

have() {
    git cat-file -e "$1^{commit}" 2>/dev/null
}

# lacking COMMIT: the checkout does not reach far enough.
lacking() {
    give_up 3 "commit $1 is not in this checkout, so what the commits added can't be told. \
Let the checkout fetch all commits:

      - uses: actions/checkout@v7
        with:
          fetch-depth: 0"
}

case "$command" in
    scan | check) ;;
    *) give_up 2 "the input command must be scan or check" ;;
esac
case "$mode" in
    '' | tree | range | history) ;;
    *) give_up 2 "the input mode must be tree, range or history" ;;
esac
if [ "$command" = check ]; then
    case "$mode" in
        '' | tree) mode=tree ;;
        *) give_up 2 "the input mode is for scan: requests are checked as they are" ;;
    esac
fi
one_line policy "${IN_POLICY:-}"
one_line baseline "${IN_BASELINE:-}"
one_line fail-on "${IN_FAIL_ON:-}"
one_line sarif-file "${IN_SARIF_FILE:-}"

# The range that a pull request, a merge queue or a push brings. Sets `mode` and `range`.
range=
range_of_event() {
    local base=${EVENT_BASE:-} head=${EVENT_HEAD:-} asked=$mode fallback
    case "${GITHUB_EVENT_NAME:-}" in
        pull_request* | merge_group | push) ;;
        *) base= ;;
    esac
    if ! is_commit "$base" || ! is_commit "$head" || is_nothing "$head"; then
        if [ "$asked" = range ]; then
            give_up 2 "a ${GITHUB_EVENT_NAME:-manual} event has no range: use mode tree or history"
        fi
        mode=tree
        return
    fi
    if ! git rev-parse --git-dir >/dev/null; then
        give_up 3 "this folder is no git repository, or one that git does not trust: check it out first"
    fi
    have "$head" || lacking "$head"
    if ! is_nothing "$base" && ! have "$base"; then
        if [ "${GITHUB_EVENT_NAME:-}" != push ] || [ "$(git rev-parse --is-shallow-repository)" = true ]; then
            lacking "$base"
        fi
        # a forced push left it behind, and nothing leads to it any more
        say notice "the commit before this push is gone, so more than the push is looked at"
        base=0
    fi
    if is_nothing "$base"; then
        # a new branch: what it has over the default branch
        fallback=
        if [ -n "${DEFAULT_BRANCH:-}" ] && [ "${GITHUB_REF:-}" != "refs/heads/$DEFAULT_BRANCH" ]; then
            fallback=$(git rev-parse --verify --quiet "refs/remotes/origin/$DEFAULT_BRANCH^{commit}" || true)
        fi
        if [ -z "$fallback" ]; then
            if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
                lacking "before ${head}"
            fi
            mode=history
            return
        fi
        base=$fallback
    fi
    if [ "$(git rev-list --max-count=1 "$base..$head" | wc -l)" -eq 0 ]; then
        # such as a tag on a commit that was looked at long ago
        if [ "$asked" = range ]; then
            say notice "no commit is new here, so the files are looked at instead"
        fi
        mode=tree
        return
    fi
    mode=range
    range=$base..$head
}

read_lines "${IN_PATHS:-}"
paths=(${lines[@]+"${lines[@]}"})
if [ "$command" = scan ] && [ ${#paths[@]} -gt 0 ]; then
    case "$mode" in
        '' | tree) mode=tree ;;
        *) give_up 2 "the input paths is for mode tree: a $mode is looked at whole" ;;
    esac
fi
if [ "$command" = scan ]; then
    case "$mode" in
        '' | range) range_of_event ;;
    esac
fi

# Git's bash on Windows rewrites arguments that look like paths, and these are what they should be
export MSYS_NO_PATHCONV=1 MSYS2_ARG_CONV_EXCL='*'

work=$(cd "$temporary" && mktemp -d hallpass.XXXXXX)
work=$temporary/$work
sarif=
summary=
log=
arguments=("$command")
case "$mode" in
    range) arguments+=("--range=$range") ;;
    history) arguments+=(--history) ;;
esac
if [ -n "${IN_POLICY:-}" ]; then arguments+=("--policy=$IN_POLICY"); fi
if [ -n "${IN_BASELINE:-}" ]; then arguments+=("--baseline=$IN_BASELINE"); fi
if [ -n "${IN_FAIL_ON:-}" ]; then arguments+=("--fail-on=$IN_FAIL_ON"); fi
arguments+=("--output=concise:$work/findings.txt")

read_lines "${IN_FORMATS:-}"
for format in ${lines[@]+"${lines[@]}"}; do
    case "$format" in
        github | human | concise)
            if [ -n "$log" ]; then
                give_up 2 "the input formats asks for both $log and $format on the log: keep one"
            fi
            log=$format
            ;;
        markdown) summary=$work/summary.md ;;
        sarif) sarif=${IN_SARIF_FILE:-$temporary/hallpass.sarif} ;;
        *:*) arguments+=("--output=$format") ;;
        *) give_up 2 "the input formats needs a file for $format: write $format:FILE" ;;
    esac
done
arguments+=("--format=${log:-human}")
if [ -n "$summary" ]; then arguments+=("--output=markdown:$summary"); fi
if [ -n "$sarif" ]; then arguments+=("--output=sarif:$sarif"); fi

read_lines "${IN_ARGS:-}"
arguments+=(${lines[@]+"${lines[@]}"})
if [ ${#paths[@]} -gt 0 ]; then arguments+=(-- "${paths[@]}"); fi

case "$mode" in
    range) printf 'Looking at the commits %s.\n' "$range" ;;
    history) printf 'Looking at the whole history.\n' ;;
esac
code=0
"${HALLPASS:?comes from the step before}" "${arguments[@]}" || code=$?

if [ -n "$summary" ] && [ -f "$summary" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    # one step's summary may have a mebibyte; more than that and none of it is shown
    LC_ALL=C awk '{ size += length($0) + 1 }
        size > 1000000 { print "\nThe rest is left out: the summary would be too long."; exit }
        { print }' "$summary" >>"$GITHUB_STEP_SUMMARY"
fi
if [ -f "$work/findings.txt" ]; then
    output findings "$(wc -l <"$work/findings.txt" | tr -d '[:space:]')"
    if [ -n "$sarif" ] && [ -f "$sarif" ]; then output sarif-file "$sarif"; fi
fi
rm -rf "$work"
case "$code" in
    0 | 1) ;;
    2) say error "the inputs or the configuration are wrong: the log says where" ;;
    3) say error "not everything could be looked at, so this is no all-clear: the log says what" ;;
    *) say error "hallpass ended with exit code $code, which it should not" ;;
esac
output exit-code "$code"
exit "$code"
