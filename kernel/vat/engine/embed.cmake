# Write the sources booted into vats, and the wasm file's hash, as C.
#   cmake -DFROM=folder -DSOURCES="a.js b.js" -DWASM=… -DOUT=… -P embed.cmake
# The sources are relative to the folder, whose path may have spaces; theirs may not. Their order is
# that of the table, and of booting.
separate_arguments(SOURCES)
set(arrays "")
set(table "")
foreach(path ${SOURCES})
  get_filename_component(file "${path}" NAME)
  get_filename_component(name "${path}" NAME_WE)
  file(READ "${FROM}/${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${name}[] = {\n${bytes}\n};\n")
  string(APPEND table "    {\"${file}\", ${name}, sizeof ${name}},\n")
endforeach()
file(SHA256 "${WASM}" wasm_sha256)
file(WRITE "${OUT}" "/* Made by engine/embed.cmake. */
#include \"kernel/vat/embedded.h\"

${arrays}
const struct embedded_file embedded_lite[] = {
${table}};
const size_t embedded_lite_count = sizeof embedded_lite / sizeof embedded_lite[0];
const char embedded_engine_wasm_sha256[] = \"${wasm_sha256}\";
")
