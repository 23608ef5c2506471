#!/bin/sh
# Makes a Python environment with what the bench compares with, in the directory named. Where that fails, it says so and
# ends well: the bench goes on without.
set -u
target=$1
requirements=$(dirname "$0")/../crates/udal/benches/sqlalchemy/requirements.txt

if ! command -v python3 >/dev/null; then
    echo "bench: there is no python3; SQLAlchemy is not measured" >&2
    exit 0
fi
if [ ! -x "$target/bin/python" ] && ! python3 -m venv "$target"; then
    echo "bench: python3 cannot make an environment (Debian: python3-venv); SQLAlchemy is not measured" >&2
    exit 0
fi
"$target/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
    echo "bench: SQLAlchemy cannot be installed; it is not measured" >&2
exit 0
