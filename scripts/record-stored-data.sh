#!/bin/sh
# Records what this release stores in Redis, for the tests of later ones; the argument is the folder to write to.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
install_redis
build_if_stale

node node_modules/typescript/bin/tsc -p tools/tsconfig.json
exec node --enable-source-maps dist/tools/tools/stored-data/main.js "$@"
