#!/bin/sh
# Bring the vat engine: quickjs.wasm from npm (integrity checked), to a module that counts its
# steps, to C, to a static library.
#   build.sh OUT_DIR   leaves OUT_DIR/libqjs.a, qjs.h and engine.wasm
# Compiling takes two to three minutes, so it is done once and kept: again only when the lock file,
# the scripts here, or the tools change. Every preset, sanitizers included, links the same library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1
cc=${CC:-cc}
flags="-O3 -fPIC -w -fno-strict-aliasing -ffp-contract=off"

mkdir -p "$out"
out=$(cd "$out" && pwd)
written_map=$here/../written_map.h
stamp=$(cat "$here/package-lock.json" "$here/build.sh" "$here/instrument.py" "$written_map" \
    /usr/include/wasm-rt.h | sha256sum)
stamp="$stamp $(wasm2c --version) $($cc --version | head -n 1)"
if [ -f "$out/libqjs.a" ] && [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then
    touch "$out/libqjs.a" "$out/qjs.h" "$out/engine.wasm"
    exit 0
fi

echo "vat engine: fetching quickjs-wasi from npm"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$out/"
(cd "$out" && npm ci --ignore-scripts --no-progress >npm.log 2>&1) || {
    cat "$out/npm.log" >&2
    echo "vat engine: npm ci failed; is the npm registry reachable?" >&2
    exit 1
}
echo "vat engine: counting its steps in it"
python3 "$here/instrument.py" "$out/node_modules/quickjs-wasi/quickjs.wasm" "$out/engine.wasm"
echo "vat engine: translating to C (wasm2c)"
wasm2c "$out/engine.wasm" -n qjs -o "$out/qjs.c"

# Another thread may lower the limit while the engine runs (stop_switch.h): each look at it must be
# one at the memory. What is counted does not depend on this.
sed -i -E 's/^  u64 (w2c_engine_steps_max;)$/  volatile u64 \1/' "$out/qjs.h"
if ! grep -q 'volatile u64 w2c_engine_steps_max;' "$out/qjs.h"; then
    echo "vat engine: this wasm2c writes C of another shape; the engine could not be stopped" >&2
    exit 1
fi

# Whatever writes to the memory says so (written_map.h): four places of what every translated module
# begins with.
sed -i -E \
    -e 's/^( *wasm_rt_memcpy\(&mem->data\[addr\], &wrapped, sizeof\(t1\)\);).*\\$/\1 written_map_store(mem->data, addr); \\/' \
    -e 's/^( *load_data\(&\(m\.data\[o\]\), i, s\);).*\\$/\1 written_map_range(m.data, o, s); \\/' \
    -e 's/^ *memset\(mem->data \+ d, val, n\);$/& written_map_range(mem->data, d, n);/' \
    -e 's/^ *memmove\(dest->data \+ dest_addr, src->data \+ src_addr, n\);$/& written_map_range(dest->data, dest_addr, n);/' \
    "$out/qjs.c"
for write in 'wasm_rt_memcpy(&mem->data\[addr\]' 'load_data(&(m\.data\[o\])' 'memset(mem->data + d' \
    'memmove(dest->data + dest_addr'; do
    if [ "$(grep -c "$write.*; written_map_" "$out/qjs.c")" != 1 ]; then
        echo "vat engine: this wasm2c writes C of another shape; what it writes could not be seen" >&2
        exit 1
    fi
done
echo "vat engine: compiling, once, about 2 to 3 minutes"
$cc $flags -include "$written_map" -I "$out" -c "$out/qjs.c" -o "$out/qjs.o"
rm -f "$out/libqjs.a"
ar rcs "$out/libqjs.a" "$out/qjs.o"
echo "$stamp" >"$out/stamp"
rm -f "$out/qjs.o" "$out/qjs.c"
echo "vat engine: done"
