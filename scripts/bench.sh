#!/bin/sh
# The benchmark suite; arguments go to it. Prints a table and writes bench/results.json.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
install_redis
build_if_stale

# Apart from the program's own output: the libraries are taken as they were built.
node node_modules/typescript/bin/tsc -p bench/tsconfig.json
exec node --enable-source-maps dist/bench/bench/src/main.js "$@"
