/*
 * exif.c - which way up a picture is: tag 0x0112 of the first directory of a
 * TIFF structure (TIFF 6.0, section 2; EXIF 2.3 puts one into JPEG, PNG and
 * WebP files).
 *
 * Header: "II" or "MM" (byte order), 42, offset of the directory. Directory: a
 * count, then entries of 12 bytes: tag, type, count, value or its offset.
 */
#include <string.h>
#include "media/still.h"

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT      3
#define ENTRY_SIZE      12

static uint32_t load16(const uint8_t *p, bool big) {
    return big ? (uint32_t)p[0] << 8 | p[1] : sinew_load_u16(p);
}

static uint32_t load32(const uint8_t *p, bool big) {
    return big ? load16(p, true) << 16 | load16(p + 2, true)
               : sinew_load_u32(p);
}

int sinew_exif_orientation(const uint8_t *tiff, size_t size) {
    if (size < 8 || (memcmp(tiff, "II*\0", 4) && memcmp(tiff, "MM\0*", 4)))
        return 1;
    const bool big = tiff[0] == 'M';
    const size_t at = load32(tiff + 4, big);
    if (at > size - 2) return 1;
    const size_t room = (size - at - 2) / ENTRY_SIZE;
    const size_t count = load16(tiff + at, big);
    for (size_t i = 0; i < count && i < room; i++) {
        const uint8_t *entry = tiff + at + 2 + i * ENTRY_SIZE;
        if (load16(entry, big) != TAG_ORIENTATION) continue;
        const uint32_t value = load16(entry + 8, big);
        const bool good =
            load16(entry + 2, big) == TYPE_SHORT && value >= 1 && value <= 8;
        return good ? (int)value : 1;
    }
    return 1;
}

/* RIFF: "RIFF", size, "WEBP", then chunks of name, size, bytes padded to even.
 */
static int webp_orientation(const uint8_t *bytes, size_t size) {
    size_t at = 12;
    while (size - at >= 8) {
        const uint8_t *chunk = bytes + at;
        const size_t length = sinew_load_u32(chunk + 4);
        if (length > size - at - 8) return 1;
        if (memcmp(chunk, "EXIF", 4) == 0) {
            const size_t skip =
                length >= 6 && memcmp(chunk + 8, "Exif\0\0", 6) == 0 ? 6 : 0;
            return sinew_exif_orientation(chunk + 8 + skip, length - skip);
        }
        at += 8 + length + (length & 1);
        if (at > size) return 1;
    }
    return 1;
}

int sinew_exif_find(const uint8_t *bytes, size_t size) {
    if (size >= 12 && memcmp(bytes, "RIFF", 4) == 0 &&
        memcmp(bytes + 8, "WEBP", 4) == 0)
        return webp_orientation(bytes, size);
    return sinew_exif_orientation(bytes, size);
}
