# Write the sources booted into vats, and the wasm file's hash, as C.
#   cmake -DFROM=folder -DENGINES="a.js b.js|a.js c.js" -DMODULES="d.js" -DBUILTIN="e.js" -DWASM=… -DOUT=… -P embed.cmake
# ENGINES are the sources of each engine's supervisor, in the order of booting. Sources are relative
# to the folder, whose path may have spaces; theirs may not. MODULES are those that vats may import, as @endo/c; BUILTIN are
# programs of vats, named without their ending.
set(arrays "")

function(embed path name table)
  string(MAKE_C_IDENTIFIER "${path}" array)
  string(APPEND ${table} "    {\"${name}\", ${array}, sizeof ${array}},\n")
  set(${table} "${${table}}" PARENT_SCOPE)
  if("${arrays}" MATCHES " ${array}\\[") # engines share files
    return()
  endif()
  file(READ "${FROM}/${path}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){16})" "\\1\n" bytes "${bytes}")
  string(APPEND arrays "static const unsigned char ${array}[] = {\n${bytes}\n};\n")
  set(arrays "${arrays}" PARENT_SCOPE)
endfunction()

string(REPLACE "|" ";" ENGINES "${ENGINES}")
separate_arguments(MODULES)
separate_arguments(BUILTIN)
set(modules "")
set(builtin "")
set(supervisors "")
set(engines "")
set(number 0)
foreach(sources ${ENGINES})
  separate_arguments(sources)
  set(files "")
  foreach(path ${sources})
    get_filename_component(name "${path}" NAME)
    embed("${path}" "${name}" files)
  endforeach()
  string(APPEND supervisors "static const struct embedded_file supervisor_${number}[] = {\n${files}};\n")
  string(APPEND engines "    {supervisor_${number}, sizeof supervisor_${number} / sizeof supervisor_${number}[0]},\n")
  math(EXPR number "${number} + 1")
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
${supervisors}
const struct embedded_engine embedded_engines[] = {
${engines}};
const size_t embedded_engines_count = sizeof embedded_engines / sizeof embedded_engines[0];
_Static_assert(${number} <= EMBEDDED_ENGINES_MAX, \"more engines than a program may hold\");
const struct embedded_file embedded_modules[] = {
${modules}};
const size_t embedded_modules_count = sizeof embedded_modules / sizeof embedded_modules[0];
const struct embedded_file embedded_builtin[] = {
${builtin}};
const size_t embedded_builtin_count = sizeof embedded_builtin / sizeof embedded_builtin[0];
const char embedded_engine_wasm_sha256[] = \"${wasm_sha256}\";
")
