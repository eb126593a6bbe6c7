#!/bin/sh
# The whole test suite; arguments go to Jest (npm test -- path). The tests start their own Redis.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
install_redis
install_chromium
build_if_stale

# --experimental-vm-modules: Jest needs it for ES modules, and Node warns about it in every worker.
export NODE_OPTIONS="${NODE_OPTIONS:-} --experimental-vm-modules --disable-warning=ExperimentalWarning"
exec node node_modules/jest/bin/jest.js "$@"
