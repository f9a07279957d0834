/*
 * sinew/status.h - what a call returns, and the text behind a failure.
 *
 * Every function that can fail returns a sinew_status: SINEW_OK (0) or one of
 * the negative codes below. The library never prints, exits or aborts; the
 * cause of the last failure on the calling thread is one line of text:
 *
 *     if (sinew_graph_load(&graph, "pose.onnx") < 0)
 *         fprintf(stderr, "%s\n", sinew_error_message());
 */
#ifndef SINEW_STATUS_H
#define SINEW_STATUS_H

#include <stddef.h>
#include <sinew/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, code, meaning): the one list of status codes. */
#define SINEW_STATUS_MAP(X)                                                    \
    X(OK, 0, "success")                                                        \
    X(NOMEM, -1, "out of memory")                                              \
    X(INVALID, -2, "invalid argument")                                         \
    X(IO, -3, "cannot read or write")                                          \
    X(FORMAT, -4, "malformed data")                                            \
    X(UNSUPPORTED, -5, "not supported")                                        \
    X(SHAPE, -6, "shapes do not fit")                                          \
    X(LIMIT, -7, "too large")                                                  \
    X(NOTFOUND, -8, "not found")

typedef enum sinew_status {
#define SINEW_STATUS_ENUM(name, code, text) SINEW_##name = (code),
    SINEW_STATUS_MAP(SINEW_STATUS_ENUM)
#undef SINEW_STATUS_ENUM
} sinew_status;

/* The meaning of a code as a constant string ("out of memory"), never NULL;
 * "unknown status" for a number that is no code. Any thread. */
SINEW_API const char *sinew_status_text(sinew_status status);

/* One line naming the cause of the last failure on this thread, such as
 * "pose.onnx: node 'conv1': unknown operator 'Foo'". Owned by the library and
 * valid until the next failing call on this thread; "" when none failed. */
SINEW_API const char *sinew_error_message(void);

/*
 * Memory. By default malloc and free. A host that wants its own sets them once,
 * before any other call, for the whole process; not safe beside running calls.
 */
typedef struct sinew_allocator {
    void *user;                                 ///< passed to both functions
    void *(*alloc)(void *user, size_t size);    ///< NULL on failure; any size
                                                ///< aligned as malloc does
    void (*free)(void *user, void *block);      ///< block may be NULL
} sinew_allocator;

/* Replaces the allocator; NULL restores malloc and free. */
SINEW_API void sinew_allocator_set(const sinew_allocator *allocator);

#ifdef __cplusplus
}
#endif

#endif
