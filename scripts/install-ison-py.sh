#!/bin/sh
# Installs ison-py, the Python parser that tests read ISON back with, in an environment of its own under target/.
# Where there is no Python or no network it says so and changes nothing: those tests then say that they are skipped.
set -u
version=1.2.0
environment=target/ison-py
cd "$(dirname "$0")/.." || exit 1

if "$environment/bin/python" -c 'import ison_parser' 2>/dev/null; then
    exit 0
fi
if ! command -v python3 >/dev/null; then
    echo "there is no python3: tests with ison-py will be skipped" >&2
    exit 0
fi
if python3 -m venv "$environment" >/dev/null 2>&1 &&
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --timeout 10 --retries 1 "ison-py==$version"; then
    echo "installed ison-py $version in $environment"
else
    rm -rf "$environment"
    echo "ison-py $version cannot be installed: tests with it will be skipped" >&2
fi
