#!/bin/sh
# Bring the vat engine: quickjs.wasm from npm (integrity checked), to C, to a static library.
#   build.sh OUT_DIR   leaves OUT_DIR/libqjs.a, qjs.h and quickjs.wasm
# Compiling takes one to two minutes, so it is done once and kept: again only when the lock file,
# this script, or the tools change. Every preset, sanitizers included, links the same library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
cc=${CC:-cc}
flags="-O2 -fPIC -w -fno-strict-aliasing -ffp-contract=off"

mkdir -p "$out"
out=$(cd "$out" && pwd)
stamp=$(cat "$here/package-lock.json" "$here/build.sh" | cat - /usr/include/wasm-rt.h | sha256sum)
stamp="$stamp $(wasm2c --version) $($cc --version | head -n 1)"
if [ -f "$out/libqjs.a" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    touch "$out/libqjs.a" "$out/qjs.h" "$out/quickjs.wasm"
    exit 0
fi

echo "vat engine: fetching quickjs-wasi from npm"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$out/"
(cd "$out" && npm ci --ignore-scripts --no-progress >npm.log 2>&1) || {
    cat "$out/npm.log" >&2
    echo "vat engine: npm ci failed; is the npm registry reachable?" >&2
    exit 1
}
cp "$out/node_modules/quickjs-wasi/quickjs.wasm" "$out/quickjs.wasm"
echo "vat engine: translating to C (wasm2c)"
wasm2c "$out/quickjs.wasm" -n qjs -o "$out/qjs.c"
echo "vat engine: compiling, once, about 1 to 2 minutes"
$cc $flags -c "$out/qjs.c" -o "$out/qjs.o"
rm -f "$out/libqjs.a"
ar rcs "$out/libqjs.a" "$out/qjs.o"
echo "$stamp" >"$out/stamp"
rm -f "$out/qjs.o" "$out/qjs.c"
echo "vat engine: done"
