/* Status texts, the last error's message and place, and allocation that cannot fail quietly.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef FF_FILL_NAN
#include <malloc.h> /* malloc_usable_size, of the GNU C library */
#endif

static char last_message[1024];
static char last_place[256];

int ff_status_exit_code(enum ff_status status)
{
    static const int codes[] = {
#define FF_STATUS_CODE(name, exit_code, text) exit_code,
        FF_STATUS_LIST(FF_STATUS_CODE)
#undef FF_STATUS_CODE
    };
    return codes[status];
}

const char *ff_status_text(enum ff_status status)
{
    static const char *const texts[] = {
#define FF_STATUS_TEXT(name, exit_code, text) text,
        FF_STATUS_LIST(FF_STATUS_TEXT)
#undef FF_STATUS_TEXT
    };
    return texts[status];
}

enum ff_status ff_status_raise_from(const char *place, enum ff_status status, const char *format,
                                    ...)
{
    char message[sizeof last_message]; /* the old message may be among the arguments */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    memcpy(last_message, message, sizeof message);
    if (place != last_place)
        snprintf(last_place, sizeof last_place, "%s", place);
    return status;
}

const char *ff_status_message(void)
{
    return last_message;
}

const char *ff_status_place(void)
{
    return last_place;
}

void ff_status_abort(const char *file, int line, const char *what)
{
    fprintf(stderr, "fluxfront: %s:%d: %s\n", file, line, what);
    abort();
}

void *ff_allocate(unsigned long count, unsigned long size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
    return memory;
}

void *ff_allocate_raw(unsigned long count, unsigned long size)
{
    void *memory = reallocarray(NULL, count > 0 ? count : 1, size);
    if (memory == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
#ifdef FF_FILL_NAN
    memset(memory, 0xff, (count > 0 ? count : 1) * size);
#endif
    return memory;
}

void *ff_grow(void *memory, unsigned long count, unsigned long size)
{
#ifdef FF_FILL_NAN
    const size_t kept = memory != NULL ? malloc_usable_size(memory) : 0;
#endif
    void *grown = reallocarray(memory, count > 0 ? count : 1, size);
    if (grown == NULL)
        ff_status_abort(__FILE__, __LINE__, "out of memory");
#ifdef FF_FILL_NAN
    if (count * size > kept)
        memset((char *)grown + kept, 0xff, count * size - kept);
#endif
    return grown;
}

char *ff_copy_text(const char *text)
{
    const size_t length = strlen(text) + 1;
    return memcpy(ff_allocate_raw(length, 1), text, length);
}
