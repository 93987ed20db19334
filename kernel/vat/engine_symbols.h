/* Engine symbols: the one door to the translated engine.
 *
 * wasm2c's names differ between wabt versions (Z_qjsZ_x in 1.0.32, w2c_qjs_x later). Everything in
 * this folder uses the names below, so that another wabt means another version of this file only.
 */
#ifndef HEADSTART_KERNEL_VAT_ENGINE_SYMBOLS_H
#define HEADSTART_KERNEL_VAT_ENGINE_SYMBOLS_H

#include "qjs.h"

typedef Z_qjs_instance_t engine_instance;
#define ENGINE_MEMORY(instance)        (&(instance)->w2c_memory)
#define ENGINE_STACK_POINTER(instance) (&(instance)->w2c___stack_pointer)
/* Counted by the module itself, which traps as soon as they are more than the other (volatile): see
 * engine/instrument.py. Both are set before each run. */
#define ENGINE_STEPS(instance)     (&(instance)->w2c_engine_steps)
#define ENGINE_STEPS_MAX(instance) (&(instance)->w2c_engine_steps_max)
/* Where the stack pointer begins, going down, and below what it traps. */
enum { ENGINE_STACK_TOP = 1 << 20, ENGINE_STACK_LOW = 16 << 10 };

/* What the engine hands back with every import it calls; defined in host_calls.h. */
#define engine_env  Z_env_instance_t
#define engine_wasi Z_wasi_snapshot_preview1_instance_t

#define engine_module_init   Z_qjs_init_module
#define engine_instantiate   Z_qjs_instantiate
#define engine_instance_free Z_qjs_free

/* Imports: implemented in host_calls.c. */
#define env_host_call                Z_envZ_host_call
#define env_host_interrupt           Z_envZ_host_interrupt
#define env_host_promise_rejection   Z_envZ_host_promise_rejection
#define env_host_module_normalize    Z_envZ_host_module_normalize
#define env_host_module_load         Z_envZ_host_module_load
#define env_host_get_timezone_offset Z_envZ_host_get_timezone_offset
#define wasi_clock_time_get          Z_wasi_snapshot_preview1Z_clock_time_get
#define wasi_fd_close                Z_wasi_snapshot_preview1Z_fd_close
#define wasi_fd_fdstat_get           Z_wasi_snapshot_preview1Z_fd_fdstat_get
#define wasi_fd_seek                 Z_wasi_snapshot_preview1Z_fd_seek
#define wasi_fd_write                Z_wasi_snapshot_preview1Z_fd_write
#define wasi_random_get              Z_wasi_snapshot_preview1Z_random_get

/* Exports. Values are pointers to boxed handles; a function's results are the caller's to free
 * with qjs_free_value, its arguments stay the caller's. */
#define qjs_initialize          Z_qjsZ__initialize
#define qjs_malloc              Z_qjsZ_wasm_malloc
#define qjs_free                Z_qjsZ_wasm_free
#define qjs_init                Z_qjsZ_qjs_init
#define qjs_set_max_stack_size  Z_qjsZ_qjs_set_max_stack_size
#define qjs_set_module_loader   Z_qjsZ_qjs_set_module_loader
#define qjs_run_gc              Z_qjsZ_qjs_run_gc
#define qjs_eval                Z_qjsZ_qjs_eval
#define qjs_compile             Z_qjsZ_qjs_compile
#define qjs_eval_code           Z_qjsZ_qjs_eval_bytecode
#define qjs_call                Z_qjsZ_qjs_call
#define qjs_throw               Z_qjsZ_qjs_throw
#define qjs_new_error           Z_qjsZ_qjs_new_error
#define qjs_new_string          Z_qjsZ_qjs_new_string
#define qjs_new_object          Z_qjsZ_qjs_new_object
#define qjs_new_array_buffer    Z_qjsZ_qjs_new_array_buffer
#define qjs_new_host_function   Z_qjsZ_qjs_new_host_function
#define qjs_get_undefined       Z_qjsZ_qjs_get_undefined
#define qjs_get_exception       Z_qjsZ_qjs_get_exception
#define qjs_get_string_len      Z_qjsZ_qjs_get_string_len
#define qjs_get_array_buffer    Z_qjsZ_qjs_get_array_buffer
#define qjs_get_prop_string     Z_qjsZ_qjs_get_prop_string
#define qjs_set_prop_string     Z_qjsZ_qjs_set_prop_string
#define qjs_free_cstring        Z_qjsZ_qjs_free_cstring
#define qjs_free_value          Z_qjsZ_qjs_free_value
#define qjs_is_exception        Z_qjsZ_qjs_is_exception
#define qjs_is_function         Z_qjsZ_qjs_is_function
#define qjs_is_string           Z_qjsZ_qjs_is_string
#define qjs_is_undefined        Z_qjsZ_qjs_is_undefined
#define qjs_is_job_pending      Z_qjsZ_qjs_is_job_pending
#define qjs_execute_pending_job Z_qjsZ_qjs_execute_pending_job

#endif
