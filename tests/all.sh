# Every layer of tests, run by `./x test`; sourced by ./x with the arguments of that verb.
# Each layer prints all it has to say; its counts are read from that, and a layer that dies without
# a failed test to show for it counts as one failure. The last line is `N passed, N failed`.

long=
case ${1:-} in
--long) long=1 ;;
'') ;;
*) die "./x test knows --long only, not $1" ;;
esac

passed=0
failed=0
skipped=0
summary=
log=$(mktemp)
trap 'rm -f "$log" "$log.code"' EXIT

# run NAME COUNTER COMMAND...: COUNTER prints "passed failed skipped" of the output in $log.
run() {
    layer=$1
    counter=$2
    shift 2
    printf '\n=== %s\n' "$layer"
    began=$(date +%s)
    echo 1 >"$log.code" # a layer that exits outright leaves this behind
    {
        code=0
        "$@" || code=$?
        echo "$code" >"$log.code"
    } 2>&1 | tee "$log"
    code=$(cat "$log.code")
    counts=$($counter)
    p=${counts%% *}
    rest=${counts#* }
    f=${rest%% *}
    s=${rest#* }
    if [ "$code" -eq 0 ] && [ "$counter" != step ] && [ $((p + f + s)) -eq 0 ]; then
        echo "x: $layer ran no test; that is a failure"
        f=1
    fi
    [ "$code" -eq 0 ] || [ "$f" -gt 0 ] || f=1
    passed=$((passed + p))
    failed=$((failed + f))
    skipped=$((skipped + s))
    summary="$summary$(printf '%-28s %5d passed %3d failed %3d skipped %5d s' "$layer" "$p" "$f" "$s" $(($(date +%s) - began)))
"
}

# A step is one check: it passes or it does not.
step() { if [ "$code" -eq 0 ]; then echo "1 0 0"; else echo "0 1 0"; fi; }

# `cargo test`; a test that has nothing to read says "skipped: reason" and is counted as that.
cargo_counts() {
    awk '/^test result: / { for (i = 1; i < NF; i++) { if ($(i+1) ~ /^passed/) p += $i; if ($(i+1) ~ /^failed/) f += $i; if ($(i+1) ~ /^ignored/) g += $i } }
         /^skipped: / { s++ }
         END { printf "%d %d %d\n", p - s, f, s + g }' "$log"
}

# node --test with the TAP reporter.
node_counts() {
    awk '/^# pass / { p += $3 } /^# fail / { f += $3 } /^# cancelled / { f += $3 } /^# skipped / { s += $3 } END { printf "%d %d %d\n", p, f, s }' "$log"
}

# python -m unittest: "Ran 7 tests in 2s", then "OK (skipped=1)" or "FAILED (failures=1, errors=1)".
python_counts() {
    awk '/^Ran [0-9]+ test/ { n = $2 }
         /^(OK|FAILED)/ { line = $0; gsub(/[^a-z0-9=]/, " ", line); k = split(line, w, " "); for (i = 1; i <= k; i++) { split(w[i], v, "="); if (v[1] == "skipped") s += v[2]; else if (v[2] != "") f += v[2] } }
         END { printf "%d %d %d\n", n - f - s, f, s }' "$log"
}

install_chromium() {
    command -v chromium >/dev/null 2>&1 && return 0
    say "installing chromium for the browser tests"
    apt-get install -y --no-install-recommends chromium || { apt-get update && apt-get install -y --no-install-recommends chromium; }
}

install_qemu() {
    command -v qemu-x86_64 >/dev/null 2>&1 && return 0
    say "installing qemu-user for the tests on other processors"
    apt-get install -y --no-install-recommends qemu-user || { apt-get update && apt-get install -y --no-install-recommends qemu-user; }
}

install_python() {
    need python3 "install Python 3.10 or later with venv (Debian: apt-get install python3-venv)"
    [ -x .venv/bin/python ] || python3 -m venv .venv
    if newer_than .venv/requirements.done tests/requirements.lock; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tests/requirements.lock && touch .venv/requirements.done
    fi
}

install_browser() {
    cd tests/browser || return 1
    if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
        npm ci --ignore-scripts --no-audit --no-fund && touch node_modules/.package-lock.json
    fi
}

# What is downloaded is fetched while the compiler works: `ahead NAME COMMAND` begins, `await NAME` shows what it said
# and fails as it failed.
ahead() {
    name=$1
    shift
    { code=0; "$@" >"$log.$name" 2>&1 || code=$?; echo "$code" >"$log.$name.code"; } &
}
await() {
    until [ -e "$log.$1.code" ]; do sleep 1; done
    cat "$log.$1"
    code=$(cat "$log.$1.code")
    rm -f "$log.$1" "$log.$1.code"
    return "$code"
}

check_toolchain() {
    cargo fmt --version && cargo clippy --version
}

in_web() { cd web && npm run --silent "$1"; }
in_browser() { cd tests/browser && node --test --test-reporter=tap --test-concurrency=1 ./*.test.mjs; }
in_python() { .venv/bin/python -u -m unittest discover --verbose --start-directory tests/python --pattern 'test_*.py'; }
clippy() { cargo clippy --locked --workspace --all-targets -- --deny warnings; }
rust_tests() { cargo test --locked --workspace --no-fail-fast -- --show-output; }
# All that is built is built for the whole workspace: for one package alone cargo chooses other features of the
# libraries below, and builds them again.
build_binary() { cargo build --locked --workspace --bins --tests; }
# The log of the long run is kept: it says how many inputs were tried and what was covered.
fuzz() { # fuzz TARGET: a minute of random inputs; in the long run an hour with coverage
    if [ -n "$long" ]; then
        fuzz/run "$1" 3600
    else
        BOLERO_RANDOM_TEST_TIME_MS=60000 BOLERO_RANDOM_ITERATIONS=1000000000 \
            cargo test --locked --workspace --test "fuzz_$1" -- --show-output
    fi
}
# The minute of one is the minute of all.
fuzz_all() {
    for target in $fuzzed; do ahead "fuzz-$target" fuzz "$target"; done
    code=0
    for target in $fuzzed; do
        echo "fuzz: $target"
        await "fuzz-$target" || code=1
    done
    return "$code"
}
check_ndarray() { cargo check --locked --workspace --features glassboard/ndarray; }
test_ndarray() { cargo test --locked --workspace --features glassboard/ndarray --no-fail-fast; }

# The products' tests on processors that this machine is not: without AVX (x86-64-v2), and with AVX2 but not
# AVX-512. The program is the one built already; it must choose what the processor has.
on_processors() {
    program=$(cargo test --locked --workspace --test products --no-run --message-format=json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    for processor in Nehalem Haswell; do
        echo "$(basename "$program") on $processor"
        PROPTEST_CASES=4 qemu-x86_64 -cpu "$processor" "$program" || return 1
    done
}

# Model files, event files, stored points, tables, pictures.
fuzzed="import events chunks tables pictures text"
GLASSBOARD_BIN=$target/debug/glassboard
GLASSBOARD_PYTHON=$root/.venv/bin/python
GLASSBOARD_LONG=$long
export GLASSBOARD_BIN GLASSBOARD_PYTHON GLASSBOARD_LONG

ahead python install_python
ahead browser install_browser
run "tools: chromium" step install_chromium
run "tools: qemu" step install_qemu
run "tools: rustfmt and clippy" step check_toolchain
run "web: build" step web
run "rust: format" step cargo fmt --all -- --check
run "rust: binary" step build_binary
run "tools: python packages" step await python
run "tools: browser packages" step await browser
run "rust: tests" cargo_counts rust_tests
run "kernels: other processors" cargo_counts on_processors
if [ -n "$long" ]; then
    for target in $fuzzed; do run "fuzz: $target" step fuzz "$target"; done
else
    run "fuzz" cargo_counts fuzz_all
fi
run "web: types" step in_web check
run "web: tests" node_counts in_web test
run "python clients" python_counts in_python
run "browser" node_counts in_browser
run "rust: clippy" step clippy
run "burn-ndarray: compiles" step check_ndarray
[ -z "$long" ] || run "burn-ndarray: engine" cargo_counts test_ndarray

printf '\n%s' "$summary"
if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ "$failed" -eq 0 ]
