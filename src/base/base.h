/*
 * base.h - what every layer above stands on: failing with a message, checked
 * allocation, small string and size helpers.
 */
#ifndef SINEW_BASE_BASE_H
#define SINEW_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sinew/status.h>

#if defined(__GNUC__)
#define SINEW_PRINTF(text, first)                                              \
    __attribute__((format(printf, text, first)))
#else
#define SINEW_PRINTF(text, first)
#endif

/* Records the message of a failure for this thread and gives `status` back, so
 * that `return sinew_fail(SINEW_FORMAT, "%s: ...", path);` is one line. */
sinew_status sinew_fail(sinew_status status, const char *format, ...)
    SINEW_PRINTF(2, 3);

/* Puts "prefix: " before the message of the failure now being passed up, for
 * the caller that knows the file or node name; gives `status` back. */
sinew_status sinew_fail_in(sinew_status status, const char *format, ...)
    SINEW_PRINTF(2, 3);

/* Fails the function through its `fail:` label; needs a local `status`. */
#define SINEW_FAIL_IF(condition, code, ...)                                    \
    do {                                                                       \
        if (condition) {                                                       \
            status = sinew_fail(code, __VA_ARGS__);                            \
            goto fail;                                                         \
        }                                                                      \
    } while (0)

/* Goes to `fail:` when a call failed; needs a local `status`. */
#define SINEW_TRY(call)                                                        \
    do {                                                                       \
        status = (call);                                                       \
        if (status < 0)                                                        \
            goto fail;                                                         \
    } while (0)

/* Every block the library owns starts on a 64-byte line, and vector kernels may
 * read (never write) up to SINEW_PAD bytes past its end. */
#define SINEW_ALIGN 64
#define SINEW_PAD 64

/* Zeroed block of count * size bytes, aligned and padded as above. NULL with
 * SINEW_NOMEM recorded when the product overflows, passes SINEW_ALLOC_MAX or
 * memory is short. A count of 0 gives a valid block. */
#define SINEW_ALLOC_MAX ((uint64_t)1 << 40)
void *sinew_alloc(uint64_t count, size_t size);

/* Grows or shrinks a block of sinew_alloc to count * size bytes, keeping its
 * content, zeroing what is new; on NULL the old block is untouched. */
void *sinew_realloc(void *block, uint64_t count, size_t size);

/* NULL is allowed. */
void sinew_free(void *block);

char *sinew_strdup(const char *text);
/* The text printed into a block of its own, NULL when memory is short. */
char *sinew_format(const char *format, ...) SINEW_PRINTF(1, 2);

/* a * b into *product; false when it does not fit or passes `limit`. */
bool sinew_mul_size(uint64_t a, uint64_t b, uint64_t limit, uint64_t *product);

/* A file's bytes, mapped where the system can, else read. */
struct sinew_file {
    const uint8_t *data; ///< `size` bytes; never NULL once opened
    size_t size;
    bool mapped;
};
/* Opens `path` for reading. SINEW_IO names the path and the system's reason;
 * a directory or an empty file is refused. */
sinew_status sinew_file_open(struct sinew_file *file, const char *path)
    SINEW_NODISCARD;
void sinew_file_close(struct sinew_file *file);
/* Gives the memory of part of a mapped file back to the system, which fetches
 * it again should it be read again. `file` may be NULL; bytes of something else
 * are left alone. */
void sinew_file_forget(const struct sinew_file *file, const void *bytes,
                       size_t size);

/*
 * Writing a whole file so that a reader sees the old one or the new one, never
 * half: bytes go to a temporary name beside it, commit flushes and renames.
 */
struct sinew_output; /* opaque */
/* `path` "-" is standard output. An existing file is refused unless `force`. */
sinew_status sinew_output_open(struct sinew_output **out, const char *path,
                               bool force) SINEW_NODISCARD;
sinew_status sinew_output_write(struct sinew_output *out, const void *bytes,
                                size_t size) SINEW_NODISCARD;
/* The temporary file's name, for libraries that want to write it themselves;
 * NULL for standard output. */
const char *sinew_output_path(const struct sinew_output *out);
/* Flushes, syncs and renames; frees `*out` either way and sets it NULL. */
sinew_status sinew_output_commit(struct sinew_output **out) SINEW_NODISCARD;
/* Drops the temporary file; for every failing path. *out may be NULL. */
void sinew_output_abort(struct sinew_output **out);

#endif
