#!/bin/sh
# The fault runs; arguments go to them. Starts everything itself and compares what was acknowledged with what arrived.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
install_redis
build_if_stale

node node_modules/typescript/bin/tsc -p test/faults/harness/tsconfig.json
exec node --enable-source-maps dist/faults/test/faults/harness/main.js "$@"
