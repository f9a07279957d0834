/*
 * sha256.h - the SHA-256 hash.
 */
#ifndef SINEW_CLI_SHA256_H
#define SINEW_CLI_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <sinew/status.h>

struct sha256 {
    uint32_t state[8];
    uint64_t size;     ///< bytes taken so far
    uint8_t block[64]; ///< the part of a block not yet mixed in
};

#define SHA256_TEXT 65 ///< 64 hexadecimal digits and the 0

void sha256_init(struct sha256 *hash);
void sha256_add(struct sha256 *hash, const void *bytes, size_t size);
/* Ends it and writes the digits, in lower case. */
void sha256_text(struct sha256 *hash, char text[SHA256_TEXT]);

/* Of a whole file. Errors: SINEW_IO. */
sinew_status sha256_file(const char *path,
                         char text[SHA256_TEXT]) SINEW_NODISCARD;

#endif
