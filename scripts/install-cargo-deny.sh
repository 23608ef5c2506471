#!/bin/sh
# Installs cargo-deny where it is missing. It is compiled from source, which takes a few minutes once.
set -eu

if ! cargo deny --version >/dev/null 2>&1; then
    echo "cargo-deny is missing: installing it with cargo install --locked cargo-deny"
    cargo install --locked cargo-deny
fi
