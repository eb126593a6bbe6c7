#!/bin/sh
# From a fresh clone to a running gateway.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

require_node
install_dependencies
if [ -z "${REDIS_URL:-}" ]; then install_redis; fi
build_if_stale

# exec: signals must reach the server, and its exit code the caller.
exec node --enable-source-maps --max-old-space-size=1024 --max-semi-space-size=8 --heap-growing-percent=100 --no-allocation-site-pretenuring dist/apps/gateway/src/main.js --quickstart
