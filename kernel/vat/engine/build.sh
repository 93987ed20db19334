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
stamp=$(cat "$here/package-lock.json" "$here/build.sh" "$here/engine_steps.h" \
    /usr/include/wasm-rt.h | sha256sum)
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

# Count the steps (engine_steps.h): at the head of every loop, and for every bulk copy and fill.
sed -i -E -e 's/^( *w2c_L[0-9]+:) *$/\1 ENGINE_STEP/' \
    -e 's/^( *)(memory_(fill|copy)\(&instance.*, (w2c_i[0-9]+)\);)$/\1ENGINE_STEPS(\4) \2/' \
    -e 's/^#include "qjs.h"$/&\n#include "engine_steps.h"/' "$out/qjs.c"
sed -i -E 's/^  wasm_rt_funcref_table_t w2c___indirect_function_table;$/&\n  s64 steps_left;\n  const volatile s64 *steps_floor;/' \
    "$out/qjs.h"
loops=$(grep -cE 'w2c_L[0-9]+:' "$out/qjs.c" || true)
counted=$(grep -cE 'w2c_L[0-9]+: ENGINE_STEP$' "$out/qjs.c" || true)
bulk=$(grep -cE '^ *memory_(fill|copy)\(&instance' "$out/qjs.c" || true)
if [ "$counted" -lt 1000 ] || [ "$counted" != "$loops" ] || [ "$bulk" != 0 ] ||
    ! grep -q steps_floor "$out/qjs.h"; then
    echo "vat engine: this wasm2c writes C of another shape; its loops cannot be counted" >&2
    exit 1
fi
echo "vat engine: compiling, once, about 1 to 2 minutes"
$cc $flags -I "$here" -I "$out" -c "$out/qjs.c" -o "$out/qjs.o"
rm -f "$out/libqjs.a"
ar rcs "$out/libqjs.a" "$out/qjs.o"
echo "$stamp" >"$out/stamp"
rm -f "$out/qjs.o" "$out/qjs.c"
echo "vat engine: done"
