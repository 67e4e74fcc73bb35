#!/bin/sh
# The generic waiting program of custom runtimes: it is started without any code and reads from file descriptor 3 one
# line with a number of bytes, then a shell script of that many bytes, which replaces this shell with the function's
# program (so that program is process 1). src/compute/custom-script.ts renders the script. Runs under dash and bash.

LC_ALL=C
read -r hanshu_bytes <&3 || exit 0
case $hanshu_bytes in
  '' | *[!0-9]*) echo "start.sh: not a number of bytes: $hanshu_bytes" >&2; exit 1 ;;
esac
# The dot keeps newlines at the end, which $( ) takes away.
hanshu_script=$(head -c "$hanshu_bytes" <&3; echo .)
hanshu_script=${hanshu_script%.}
if [ "${#hanshu_script}" -ne "$hanshu_bytes" ]; then
  echo "start.sh: the channel ended after ${#hanshu_script} of $hanshu_bytes bytes" >&2
  exit 1
fi
exec 3<&-
unset LC_ALL hanshu_bytes

hanshu_fail() {
  trap - EXIT
  echo "cannot start $hanshu_program: $2" >&2
  exit "$1"
}

# For the script: says why a program cannot be started, in words that a shell does not have.
hanshu_check() {
  [ -e "$1" ] || hanshu_fail 127 'no such file'
  [ -f "$1" ] || hanshu_fail 126 'it is not a file'
  [ -x "$1" ] || hanshu_fail 126 'permission denied (it has no execute bit)'
  # For an exec that fails all the same: it ends this shell in dash, but without a trap in bash, which must not end.
  if [ -n "$BASH_VERSION" ]; then
    shopt -s execfail
  else
    trap 'hanshu_exec_failed $?' EXIT
  fi
}

hanshu_exec_failed() {
  if head -n 1 "$hanshu_program" | grep -q '^#!'; then
    hanshu_fail 127 'the interpreter that its first line names was not found (lines that end in CR LF have this effect, too)'
  fi
  hanshu_fail 126 "it cannot be executed here (status $1)"
}

eval "$hanshu_script"
