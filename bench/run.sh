#!/bin/sh
# What `npm run bench` runs: gets what is missing (Node.js 24, packages, the peers), then runs run.ts. README.md says how to read it.
set -eu

case $0 in */*) here=${0%/*} ;; *) here=. ;; esac
root=$(CDPATH='' cd -P "$here/.." && pwd -P)

. "$root/bin/bootstrap.sh"

ensure_node
ensure_packages "$root" dev 'packages and development tools'
ensure_packages "$root/runtimes/nodejs/modules" production 'modules that come with the Node.js runtimes'
ensure_packages "$root/bench" production 'the peers of the benchmark'
ensure_packages "$root/bench/apps/express" production 'the Express function of the benchmark'
ensure_system_programs "${HANSHU_SANDBOX:-auto}"
ensure_bundle

export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/.tools/compile-cache}"

unlock # exec runs no trap
cd "$root"
exec "$node" --disable-warning=ExperimentalWarning bench/run.ts "$@" </dev/null
