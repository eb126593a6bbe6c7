#!/bin/sh
# Writes docs/translation.md anew from the dialects and connectors.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
build_if_stale

node node_modules/typescript/bin/tsc -p tools/tsconfig.json
exec node --enable-source-maps dist/tools/tools/translation/main.js
