# What both scripts of the action share. They run in the bash of every runner: 3.2 on macOS, Git's on
# Windows; so no associative arrays, no mapfile, and an array that may be empty is expanded with care.
# shellcheck shell=bash

# output NAME VALUE: an output of this step. The mark can't be foreseen, so no value ends early.
output() {
    local mark="end_${RANDOM}_${RANDOM}_${RANDOM}"
    printf '%s<<%s\n%s\n%s\n' "$1" "$mark" "$2" "$mark" >>"${GITHUB_OUTPUT:-/dev/null}"
}

# escaped TEXT: on one line, as the runner reads it.
escaped() {
    local text=$1
    text=${text//'%'/%25}
    text=${text//$'\r'/%0D}
    text=${text//$'\n'/%0A}
    printf '%s' "$text"
}

# say LEVEL TEXT: an annotation on the run, LEVEL being notice, warning or error.
say() {
    printf '::%s title=hallpass::%s\n' "$1" "$(escaped "$2")"
}

# give_up CODE TEXT: ends the step, with the meaning that hallpass gives to its exit codes.
give_up() {
    local text=$2
    say error "$text"
    if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
        # four spaces make it code, whatever it holds
        text=${text//$'\n'/$'\n'    }
        printf '## hallpass\n\n    %s\n' "$text" >>"$GITHUB_STEP_SUMMARY"
    fi
    output exit-code "$1"
    exit "$1"
}
