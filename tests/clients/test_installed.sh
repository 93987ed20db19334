#!/bin/sh
# Installs libheadstart alone into a scratch folder and builds a node against it through pkg-config:
#   test_installed.sh BUILD-FOLDER SCRIPTED-SERVER CC
set -eu
here=$(dirname "$0")
scratch=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT

cmake --install "$1" --prefix "$scratch/usr" --component client >/dev/null
pc=$(dirname "$(find "$scratch/usr" -name headstart.pc)")
library=$(find "$scratch/usr" -name libheadstart.so)

foreign=$(nm -D --defined-only "$library" | grep -v ' headstart_' || true)
test -z "$foreign" || { echo "visible beside headstart_*: $foreign" >&2; exit 1; }
readelf -d "$library" | grep -q 'SONAME.*libheadstart\.so\.[0-9]' || { echo "no SONAME" >&2; exit 1; }
needed=$(readelf -d "$library" | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -v '^libc\.so' || true)
test -z "$needed" || { echo "needs more than the C library: $needed" >&2; exit 1; }

# shellcheck disable=SC2046 # the flags are meant to be split
"$3" -std=c11 -pedantic -Wall -Wextra -Werror "$here/installed_client.c" -o "$scratch/node" \
    $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs headstart)

"$2" "$scratch/s" &
server=$!
answer=$(LD_LIBRARY_PATH=$(dirname "$library") "$scratch/node" "$scratch/s")
wait "$server"
server=
test "$answer" = "1 fulfilled 3" || { echo "the node said: $answer" >&2; exit 1; }
