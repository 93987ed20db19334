# Every outside library, found once. README.md says why each is here.
find_package(PkgConfig REQUIRED)
find_package(leveldb CONFIG REQUIRED)

pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# libbsd is used for <bsd/sys/tree.h> alone, which is header-only: nothing of it is linked.
pkg_check_modules(BSD REQUIRED libbsd)

# msgpack-c's package is called msgpack (4.0), msgpackc (5.0) or msgpack-c (6.0).
foreach(name msgpack msgpackc msgpack-c)
  pkg_check_modules(MSGPACK IMPORTED_TARGET ${name})
  if(MSGPACK_FOUND)
    break()
  endif()
endforeach()
if(NOT MSGPACK_FOUND)
  message(FATAL_ERROR "msgpack-c was not found: install libmsgpack-dev (Debian 12) and try again")
endif()

if(BUILD_TESTING OR NOT DEFINED BUILD_TESTING)
  pkg_check_modules(CUNIT REQUIRED IMPORTED_TARGET cunit)
endif()
