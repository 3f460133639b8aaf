#!/bin/sh
# Renews the hash-locked dependency lists in lock/. No index address is written into them.
set -eu
cd "$(dirname "$0")/.."
tool=$(mktemp -d)
trap 'rm -rf "$tool"' EXIT
python3 -m venv "$tool/venv"
"$tool/venv/bin/pip" install -q pip-tools
compile() {
    out=$1
    shift
    "$tool/venv/bin/pip-compile" -q --generate-hashes --allow-unsafe --strip-extras --no-header \
        --no-emit-options --no-annotate \
        -o "lock/$out" "$@"
}
printf 'setuptools>=77\nwheel\n' > "$tool/build.in"
printf 'atheris>=3.0\n' > "$tool/fuzz.in"
printf 'libasterix==0.36.3\n' > "$tool/libasterix.in"
printf 'stonesoup==1.9.1\n' > "$tool/stonesoup.in"
compile run.txt pyproject.toml "$tool/build.in"
compile test.txt --extra dev -c lock/run.txt pyproject.toml "$tool/build.in"
compile fuzz.txt "$tool/fuzz.in"
compile peer-libasterix.txt "$tool/libasterix.in"
compile peer-stonesoup.txt "$tool/stonesoup.in"
