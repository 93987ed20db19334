# Write the sources booted into vats, and the wasm file's hash, as C.
#   cmake -DFROM=folder -DSOURCES="a.js b.js" -DWASM=… -DOUT=… -P embed.cmake
# The sources are relative to the folder, whose path may have spaces; theirs may not.
# A file x.js becomes embedded_x and embedded_x_len.
function(embed_bytes path out_var)
  get_filename_component(name "${path}" NAME_WE)
  set(name embedded_${name})
  file(READ "${path}" hex HEX)
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

separate_arguments(SOURCES)
set(all "")
foreach(path ${SOURCES})
  embed_bytes("${FROM}/${path}" text)
  string(APPEND all "${text}")
endforeach()
file(SHA256 "${WASM}" wasm_sha256)
file(WRITE "${OUT}" "/* Made by engine/embed.cmake. */
#include <stddef.h>
${all}extern const char embedded_engine_wasm_sha256[];
const char embedded_engine_wasm_sha256[] = \"${wasm_sha256}\";
")
