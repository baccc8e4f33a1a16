/* Status codes and the two macros through which every error travels.
 *
 * An error is raised once, with CHECK, which records a message for the user and the line of the source that
 * raised it; it is passed on with TRY. Configuration messages carry `file:line:column` already, so the text is
 * printed as it is; the line of the source is for whoever asks for it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_BASE_STATUS_H
#define FF_BASE_STATUS_H

#include <assert.h>

/* name, process exit code, what it means to a user */
#define FF_STATUS_LIST(X)                                                                          \
    X(FF_OK, 0, "done")                                                                            \
    X(FF_ERR_RUNTIME, 1, "run-time error")                                                         \
    X(FF_ERR_CONFIG, 2, "usage or configuration error (nothing written)")                          \
    X(FF_ERR_NUMERICAL, 4, "numerical failure (in `run` of every task)")                           \
    X(FF_ERR_DIVERGED, 4,                                                                          \
      "gradient estimate overflowed; set gradient.truncation or another estimator")                \
    X(FF_ERR_UNCONVERGED, 5, "done, but not converged or points failed (with --strict only)")

enum ff_status {
#define FF_STATUS_ENUM(name, exit_code, text) name,
    FF_STATUS_LIST(FF_STATUS_ENUM)
#undef FF_STATUS_ENUM
};

/** Exit code of the process that ends with this status. */
int ff_status_exit_code(enum ff_status status);

/** One line on what the status means; static storage. */
const char *ff_status_text(enum ff_status status);

/** The status as it is, which must be an error. It tells compilers and analysers, who cannot look into the
 * functions that raise one, that what an error leaves unset is not used. */
static inline enum ff_status ff_status_not_ok(enum ff_status status)
{
    assert(status != FF_OK);
    return status;
}

/** Record the message of an error about to be returned, replacing any earlier one; returns `status`.
 *     enum ff_status ff_status_raise(enum ff_status status, const char *format, ...); */
#define ff_status_raise(status, ...)                                                               \
    ff_status_not_ok(ff_status_raise_from(FF_PLACE, status, __VA_ARGS__))

/** The same for an error that happened at another place, which is copied: one that another rank sent, or
 * ff_status_place() where a message is put into a longer one. */
enum ff_status ff_status_raise_from(const char *place, enum ff_status status, const char *format,
                                    ...) __attribute__((format(printf, 3, 4)));

/** The message of the last error raised in this process; "" before the first. */
const char *ff_status_message(void);

/** Where it was raised, as `src/gradient/score.c:210`; "" before the first. */
const char *ff_status_place(void);

/** Abort the process with a message: programmer errors and exhausted memory only. */
_Noreturn void ff_status_abort(const char *file, int line, const char *what);

/** Zeroed memory for `count` items of `size` bytes; never NULL, aborts when memory is exhausted. */
void *ff_allocate(unsigned long count, unsigned long size);

/** Memory for `count` items of `size` bytes whose contents mean nothing until written; never NULL. The build
 * option FF_FILL_NAN fills it with bytes that read as NaN, or as -1, so that a read before a write shows. */
void *ff_allocate_raw(unsigned long count, unsigned long size);

/** Memory grown, or begun from NULL, to hold `count` items of `size` bytes; what is new means nothing until written, as in
 * ff_allocate_raw. Never NULL. */
void *ff_grow(void *memory, unsigned long count, unsigned long size);

/** Copy of a NUL-terminated string; never NULL, the caller frees it. */
char *ff_copy_text(const char *text);

/* The line of the source that is being compiled, as a string literal. */
#define FF_PLACE __FILE__ ":" FF_TEXT_OF_VALUE(__LINE__)
#define FF_TEXT_OF_VALUE(macro) FF_TEXT_OF(macro)
#define FF_TEXT_OF(tokens) #tokens

/* Evaluate a call once and return its status from the enclosing function unless it is FF_OK. */
#define TRY(call)                                                                                  \
    do {                                                                                           \
        const enum ff_status try_status_ = (call);                                                 \
        if (try_status_ != FF_OK)                                                                  \
            return try_status_;                                                                    \
    } while (0)

/* The same for functions that unwind through a `fail:` label; needs a local `enum ff_status status`. */
#define TRY_OR_FAIL(call)                                                                          \
    do {                                                                                           \
        status = (call);                                                                           \
        if (status != FF_OK)                                                                       \
            goto fail;                                                                             \
    } while (0)

/* Raise an error and return it from the enclosing function unless the condition holds. */
#define CHECK(condition, status_code, ...)                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return ff_status_raise(status_code, __VA_ARGS__);                                      \
    } while (0)

/* Zeroed memory, and memory to be written before it is read. */
#define FF_NEW(type, count) ((type *)ff_allocate((unsigned long)(count), sizeof(type)))
#define FF_RAW(type, count) ((type *)ff_allocate_raw((unsigned long)(count), sizeof(type)))

#endif
