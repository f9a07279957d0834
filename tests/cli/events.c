/*
 * events.c - reads a TensorBoard event file as its own record reader does,
 * sharing no code with the writer: lengths and masked check sums of every
 * record, then tags.
 *
 *     cli_events FILE    prints "scalar TAG STEP VALUE" and "image TAG STEP
 *                        HEIGHT WIDTH" a line; fails on anything wrong
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void wrong(const char *what) {
    fprintf(stderr, "cli_events: %s\n", what);
    exit(1);
}

/* CRC-32C by a table of bytes. */
static uint32_t check_sum(const uint8_t *data, uint64_t size) {
    static uint32_t table[256];
    uint32_t crc = 0xffffffff;
    for (uint32_t i = 0; i < 256 && !table[255]; i++) {
        uint32_t value = i;
        for (int k = 0; k < 8; k++)
            value = value >> 1 ^ (0x82f63b78 & (0 - (value & 1)));
        table[i] = value;
    }
    while (size--)
        crc = table[(crc ^ *data++) & 255] ^ crc >> 8;
    return crc ^ 0xffffffff;
}

static uint32_t unmasked(const uint8_t *bytes) {
    uint32_t value = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                     (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    value -= 0xa282ead8;
    return value >> 17 | value << 15;
}

struct message {
    const uint8_t *at, *end;
    uint32_t field;
    uint64_t number;      /* of a number, or the size of what is in `inner` */
    const uint8_t *inner; /* NULL: a number */
};

static uint64_t varint(struct message *m) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (m->at == m->end) wrong("a message is cut short");
        value |= (uint64_t)(*m->at & 127) << shift;
        if (!(*m->at++ & 128)) return value;
    }
    wrong("a number has too many bytes");
    return 0;
}

static int next(struct message *m) {
    if (m->at == m->end) return 0;
    const uint64_t key = varint(m);
    const int size[8] = {0, 8, 0, 0, 0, 4, 0, 0};
    m->field = (uint32_t)(key >> 3);
    m->inner = NULL;
    m->number = 0;
    if ((key & 7) == 0 || (key & 7) == 2) m->number = varint(m);
    uint64_t bytes = (key & 7) == 2 ? m->number : (uint64_t)size[key & 7];
    if ((key & 7) > 2 && (key & 7) != 5) wrong("a type that is not used here");
    if (bytes > (uint64_t)(m->end - m->at)) wrong("a field is cut short");
    if ((key & 7) == 2)
        m->inner = m->at;
    else
        memcpy(&m->number, m->at, (key & 7) ? bytes : 0);
    m->at += bytes;
    return 1;
}

static struct message within(const struct message *m) {
    if (!m->inner) wrong("a number where a message should be");
    return (struct message){.at = m->inner, .end = m->inner + m->number};
}

static void read_image(struct message m, const char *tag, uint64_t step) {
    uint64_t height = 0, width = 0, colours = 0;
    int is_png = 0;
    while (next(&m)) {
        if (m.field == 1) height = m.number;
        if (m.field == 2) width = m.number;
        if (m.field == 3) colours = m.number;
        if (m.field == 4)
            is_png =
                m.number > 8 && memcmp(m.inner, "\x89PNG\r\n\x1a\n", 8) == 0;
    }
    if (colours != 3 || !is_png) wrong("an image is no RGB PNG");
    printf("image %s %llu %llu %llu\n", tag, (unsigned long long)step,
           (unsigned long long)height, (unsigned long long)width);
}

static void read_value(struct message m, uint64_t step) {
    char tag[128] = "";
    while (next(&m)) {
        float value;
        if (m.field == 1)
            snprintf(tag, sizeof tag, "%.*s", (int)m.number,
                     (const char *)m.inner);
        memcpy(&value, &m.number, sizeof value);
        if (m.field == 2)
            printf("scalar %s %llu %g\n", tag, (unsigned long long)step,
                   (double)value);
        if (m.field == 4) read_image(within(&m), tag, step);
    }
}

static void read_event(const uint8_t *data, uint64_t size, long number) {
    struct message m = {.at = data, .end = data + size};
    uint64_t step = 0;
    double time = 0;
    int version = 0;
    while (next(&m)) {
        if (m.field == 1) memcpy(&time, &m.number, sizeof time);
        if (m.field == 2) step = m.number;
        if (m.field == 3)
            version = m.number == 13 && !memcmp(m.inner, "brain.Event:2", 13);
        if (m.field != 5) continue;
        struct message summary = within(&m);
        while (next(&summary))
            if (summary.field == 1) read_value(within(&summary), step);
    }
    if (!(time > 1e9)) wrong("an event has no time");
    if (version != (number == 0))
        wrong("the version is not in the first event");
}

int main(int argc, char **argv) {
    uint8_t head[12], tail[4];
    long number = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!file) wrong("no file");
    for (size_t got; (got = fread(head, 1, 12, file)) > 0; number++) {
        uint64_t size = 0;
        for (int i = 7; i >= 0; i--)
            size = size << 8 | head[i];
        if (got != 12 || unmasked(head + 8) != check_sum(head, 8))
            wrong("a record's length is wrong");
        uint8_t *data = size < 1u << 28 ? malloc(size + 1) : NULL;
        if (!data || fread(data, 1, size, file) != size ||
            fread(tail, 1, 4, file) != 4)
            wrong("a record is cut short");
        if (unmasked(tail) != check_sum(data, size))
            wrong("a record's check sum is wrong");
        read_event(data, size, number);
        free(data);
    }
    fclose(file);
    if (number == 0) wrong("there is nothing in it");
    return 0;
}
