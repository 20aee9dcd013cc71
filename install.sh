#!/usr/bin/env bash
# Make .venv from the lock. `make install` runs this; without make, run it yourself.
set -euo pipefail
cd "$(dirname "$0")"
python=${PYTHON:-python3}
venv=.venv
stamp=$venv/.installed

refuse() {
    echo "install: $1" >&2
    exit 1
}

if [ -f "$stamp" ] && ! find requirements.lock pyproject.toml hatch_build.py -newer "$stamp" 2> /dev/null | grep -q .; then
    echo "$venv is up to date: source $venv/bin/activate"
    exit 0
fi
command -v "$python" > /dev/null || refuse "there is no $python. Name one: PYTHON=python3.12 $0"
"$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' \
    || refuse "Python 3.10 to 3.13 is needed, and $python is $("$python" -V 2>&1 | cut -d' ' -f2). Say which: PYTHON=python3.12"
[ -w . ] || refuse "$(pwd) cannot be written to by $(id -un). Clone it to a folder of your own."
if [ ! -x $venv/bin/python ]; then
    "$python" -m venv $venv || refuse "$python cannot make $venv. On Debian: apt-get install python3-venv"
fi
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)

# uv brings certificates of its own and reads no pip.conf: it is told what pip knows.
configured=$("$venv/bin/python" -m pip config list 2> /dev/null || true)
found() {
    local variable="PIP_$(echo "$1" | tr 'a-z-' 'A-Z_')"
    echo "${!variable:-$(sed -nE "s/^(global|install)\.$1='(.*)'\$/\2/p" <<< "$configured" | tail -n 1)}"
}
tell() {
    if [ -n "$2" ] && [ -z "${!1:-}" ]; then export "$1=$2"; fi
}
tell UV_SYSTEM_CERTS true
index=$(found index-url)
tell UV_DEFAULT_INDEX "$index"
tell UV_INDEX "$(found extra-index-url | tr ' ' '\n' | grep -E '^https?://' | paste -sd' ' || true)"
if [ -n "${UV_INDEX:-}" ]; then tell UV_INDEX_STRATEGY unsafe-best-match; fi # hashes hold what is taken
tell UV_INSECURE_HOST "$(found trusted-host)"
tell SSL_CERT_FILE "$(found cert)"
tell HTTPS_PROXY "$(found proxy)"
tell HTTP_PROXY "$(found proxy)"

log=$venv/install.log
with_uv() {
    "${pip[@]}" install "uv==${UV_VERSION:-0.13.9}" \
        && "$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode requirements.lock \
        && "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
}
with_pip() {
    echo "install: uv could not do it ($(tail -n 1 "$log")); pip does, which takes longer" >&2
    "${pip[@]}" install --require-hashes -r requirements.lock \
        && "${pip[@]}" install --no-deps --no-build-isolation --editable .
}
with_uv > "$log" 2>&1 || with_pip || refuse "neither uv nor pip could. Behind a proxy or with an index of your own, pip's settings count: pip config set global.index-url https://..."
# Importing dagster without its bytecode takes almost three times as long.
"$venv/bin/python" -m compileall -q staging_assets
touch "$stamp"
echo "installed into $venv: source $venv/bin/activate"
