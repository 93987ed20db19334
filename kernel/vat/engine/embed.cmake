# Write the sources booted into vats, and the wasm file's hash, as C.
#   cmake -DPRELUDE=… -DSUPERVISOR_LITE=… -DWASM=… -DOUT=… -P embed.cmake
function(embed_bytes name path out_var)
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
  set(${out_var} "extern const unsigned char ${name}[];
extern const size_t ${name}_len;
const unsigned char ${name}[] = {
${bytes}
};
const size_t ${name}_len = sizeof ${name};
" PARENT_SCOPE)
endfunction()

embed_bytes(embedded_prelude ${PRELUDE} prelude)
embed_bytes(embedded_supervisor_lite ${SUPERVISOR_LITE} supervisor_lite)
file(SHA256 ${WASM} wasm_sha256)
file(WRITE ${OUT} "/* Made by engine/embed.cmake. */
#include <stddef.h>
${prelude}${supervisor_lite}extern const char embedded_engine_wasm_sha256[];
const char embedded_engine_wasm_sha256[] = \"${wasm_sha256}\";
")
