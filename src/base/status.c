/*
 * status.c - status texts and the per-thread message of the last failure.
 *
 * The message lives in a fixed thread-local buffer, so that recording a failure
 * needs no memory and cannot fail itself. A longer message is cut.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/base.h"

#define MESSAGE_SIZE 512

static _Thread_local char message[MESSAGE_SIZE];

const char *sinew_version(void) { return SINEW_VERSION_STRING; }

const char *sinew_status_text(sinew_status status) {
    switch (status) {
#define STATUS_CASE(name, code, text)                                          \
    case SINEW_##name:                                                         \
        return text;
        SINEW_STATUS_MAP(STATUS_CASE)
#undef STATUS_CASE
    }
    return "unknown status";
}

const char *sinew_error_message(void) { return message; }

sinew_status sinew_fail(sinew_status status, const char *format, ...) {
    /* A message may quote the one before it, so print aside first. */
    char text[MESSAGE_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    memcpy(message, text, sizeof text);
    return status;
}

sinew_status sinew_fail_in(sinew_status status, const char *format, ...) {
    char prefix[MESSAGE_SIZE], text[2 * MESSAGE_SIZE + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    snprintf(text, sizeof text, "%s: %s", prefix, message);
    text[MESSAGE_SIZE - 1] = '\0';
    memcpy(message, text, MESSAGE_SIZE);
    return status;
}
