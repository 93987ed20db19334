# Write the sources booted into vats, and the wasm file's hash, as C.
#   cmake -DFROM=folder -DSOURCES="a.js b.js" -DMODULES="c.js" -DBUILTIN="d.js" -DWASM=… -DOUT=… -P embed.cmake
# The sources are relative to the folder, whose path may have spaces; theirs may not. Their order is
# that of the table, and of booting. MODULES are those that vats may import, as @endo/c; BUILTIN are
# programs of vats, named without their ending.
set(arrays "")

function(embed path name table)
  string(MAKE_C_IDENTIFIER "${path}" array)
  file(READ "${FROM}/${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${array}[] = {\n${bytes}\n};\n")
  string(APPEND ${table} "    {\"${name}\", ${array}, sizeof ${array}},\n")
  set(arrays "${arrays}" PARENT_SCOPE)
  set(${table} "${${table}}" PARENT_SCOPE)
endfunction()

separate_arguments(SOURCES)
separate_arguments(MODULES)
separate_arguments(BUILTIN)
set(lite "")
set(modules "")
set(builtin "")
foreach(path ${SOURCES})
  get_filename_component(name "${path}" NAME)
  embed("${path}" "${name}" lite)
endforeach()
foreach(path ${MODULES})
  get_filename_component(name "${path}" NAME_WE)
  embed("${path}" "@endo/${name}" modules)
endforeach()
foreach(path ${BUILTIN})
  get_filename_component(name "${path}" NAME_WE)
  embed("${path}" "${name}" builtin)
endforeach()
file(SHA256 "${WASM}" wasm_sha256)
file(WRITE "${OUT}" "/* Made by engine/embed.cmake. */
#include \"kernel/vat/embedded.h\"

${arrays}
const struct embedded_file embedded_lite[] = {
${lite}};
const size_t embedded_lite_count = sizeof embedded_lite / sizeof embedded_lite[0];
const struct embedded_file embedded_modules[] = {
${modules}};
const size_t embedded_modules_count = sizeof embedded_modules / sizeof embedded_modules[0];
const struct embedded_file embedded_builtin[] = {
${builtin}};
const size_t embedded_builtin_count = sizeof embedded_builtin / sizeof embedded_builtin[0];
const char embedded_engine_wasm_sha256[] = \"${wasm_sha256}\";
")
