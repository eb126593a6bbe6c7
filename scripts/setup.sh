# Set-up shared by the scripts beside it; source it from the project's root. Says on standard error what it does.

say() {
  printf '%s\n' "$*" >&2
}

die() {
  say "$@"
  exit 1
}

require_node() {
  command -v node >/dev/null 2>&1 || die 'Node.js 20.19 or newer is needed: https://nodejs.org'
  node -e 'const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' ||
    die "Node.js 20.19 or newer is needed; this is $(node --version)."
}

# npm writes node_modules/.package-lock.json last: without it an installation is missing or was interrupted.
install_dependencies() {
  if [ -e node_modules/.package-lock.json ] && [ -z "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
    return
  fi
  say 'Installing dependencies (npm ci); this can take a minute ...'
  npm ci --include=dev --loglevel=error >&2 || die 'npm ci failed.'
  touch node_modules/.package-lock.json
}

# dist/.built is written after a build that succeeded.
build_if_stale() {
  if [ -e dist/.built ] && [ -z "$(newer_sources)" ]; then
    return
  fi
  say 'Building; this takes some ten seconds ...'
  npm run --silent build >&2 || die 'The build failed.'
}

newer_sources() {
  find apps libs package.json package-lock.json nest-cli.json tsconfig.json tsconfig.build.json \
    -type f ! -name '*.spec.ts' -newer dist/.built
}

has_redis() {
  for name in redis-server valkey-server; do
    for folder in $(printf '%s' "$PATH" | tr ':' ' ') /usr/local/bin /usr/bin /opt/homebrew/bin; do
      if [ -x "$folder/$name" ]; then return 0; fi
    done
  done
  return 1
}

install_redis() {
  if has_redis; then return; fi
  if command -v apt-get >/dev/null 2>&1; then
    install_redis_with_apt
  elif [ "$(uname)" = Darwin ] && command -v brew >/dev/null 2>&1; then
    say 'No Redis server found. Installing the Homebrew package "redis" ...'
    brew install redis >&2 || explain_redis
  fi
  has_redis || explain_redis
}

install_redis_with_apt() {
  say 'No Redis server found. Installing the system package "redis-server" (apt-get install redis-server) ...'
  install_with_apt redis-server || explain_redis
}

install_with_apt() {
  as_root=''
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || return 1
    as_root=sudo
    # Without a terminal nobody could type a password.
    if [ ! -t 0 ]; then as_root='sudo -n'; fi
  fi
  # Package lists may be absent or old; if they cannot be refreshed, the installation says what is wrong.
  $as_root apt-get update -qq >&2 || true
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >&2
}

explain_redis() {
  die 'A Redis server (redis-server or valkey-server, 6.2 or newer) is needed and could not be installed. Either
  - install one: apt-get install redis-server | brew install redis | dnf install valkey | apk add redis, or
  - use one you have: REDIS_URL=redis://host:6379 with ADMIN_TOKEN and ENCRYPTION_KEY (see docs/configuration.md).'
}

# The names that test/console/browser.ts looks for.
has_chromium() {
  if [ -n "${CHROMIUM_PATH:-}" ]; then return 0; fi
  for name in chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  [ -x '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' ]
}

# For the tests of the web console. Without it those tests fail and say so; the others run.
install_chromium() {
  if has_chromium; then return; fi
  if command -v apt-get >/dev/null 2>&1; then
    say 'No Chromium found. Installing the system package "chromium" (apt-get install chromium) for the console tests ...'
    install_with_apt chromium || true
  elif [ "$(uname)" = Darwin ] && command -v brew >/dev/null 2>&1; then
    say 'No Chromium found. Installing the Homebrew cask "google-chrome" for the console tests ...'
    brew install --cask google-chrome >&2 || true
  fi
}
