/*
 * zip.c - reading ZIP archives by their central directory.
 *
 *   at the end: signature, two disk numbers, two counts of entries, size and
 *   offset of the directory, a comment
 *   directory entry: signature, versions, flags, method, time, checksum, sizes,
 *   lengths of name, extra and comment, disk, attributes, offset of the entry
 *   entry: 30 bytes whose last four are lengths of name and extra, then data
 *
 * Source: PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16.
 */
#include "wire/zip.h"

enum { END_SIZE = 22, MOST_COMMENT = 65535, ENTRY_SIZE = 30 };

#define END       0x06054b50u
#define DIRECTORY 0x02014b50u
#define ENTRY     0x04034b50u

sinew_status sinew_zip_open(struct sinew_zip *zip, struct sinew_span file) {
    *zip = (struct sinew_zip){.file = file};
    if (file.size < END_SIZE)
        return sinew_fail(SINEW_FORMAT, "the archive is truncated");
    const size_t last = file.size - END_SIZE;
    for (size_t back = 0; back <= last && back <= MOST_COMMENT; back++) {
        const uint8_t *end = file.data + last - back;
        if (sinew_load_u32(end) != END || sinew_load_u16(end + 20) != back)
            continue;
        const uint32_t size = sinew_load_u32(end + 12);
        const uint32_t offset = sinew_load_u32(end + 16);
        if (offset == UINT32_MAX || size == UINT32_MAX)
            return sinew_fail(SINEW_UNSUPPORTED, "the archive is above 4 GB");
        if (offset > last - back || size > last - back - offset)
            return sinew_fail(SINEW_FORMAT,
                              "the archive's directory lies outside of it");
        zip->directory = sinew_cursor_open(file.data + offset, size);
        zip->left = sinew_load_u16(end + 10);
        return SINEW_OK;
    }
    return sinew_fail(SINEW_FORMAT, "the archive is truncated");
}

/* The data of an entry whose header is at `offset`. */
static bool find_data(struct sinew_zip *zip, uint32_t offset, uint32_t size) {
    struct sinew_cursor cursor =
        sinew_cursor_open(zip->file.data, zip->file.size);
    sinew_get_bytes(&cursor, offset);
    const uint8_t *header = sinew_get_bytes(&cursor, ENTRY_SIZE);
    if (!header || sinew_load_u32(header) != ENTRY) return false;
    sinew_get_bytes(&cursor, (uint64_t)sinew_load_u16(header + 26) +
                                 sinew_load_u16(header + 28));
    zip->data = sinew_get_span(&cursor, size);
    return !cursor.ended;
}

bool sinew_zip_next(struct sinew_zip *zip) {
    struct sinew_cursor *c = &zip->directory;
    if (zip->left == 0 || zip->bad) return false;
    zip->left--;
    const uint8_t *fixed = sinew_get_bytes(c, 46);
    zip->bad = !fixed || sinew_load_u32(fixed) != DIRECTORY;
    if (zip->bad) return false;
    const uint32_t size = sinew_load_u32(fixed + 24);
    zip->name = sinew_get_span(c, sinew_load_u16(fixed + 28));
    sinew_get_bytes(c, (uint64_t)sinew_load_u16(fixed + 30) +
                           sinew_load_u16(fixed + 32));
    zip->packed = sinew_load_u16(fixed + 10) != 0;
    zip->data = (struct sinew_span){zip->file.data, 0};
    zip->bad = c->ended;
    if (!zip->bad && !zip->packed)
        zip->bad = !find_data(zip, sinew_load_u32(fixed + 42), size);
    return !zip->bad;
}
