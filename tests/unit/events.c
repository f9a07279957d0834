/*
 * events.c - TensorBoard's records: the check sum of RFC 3720's examples, and
 * the bytes of an event. Whole files are read by another reader, the tests of
 * the program's training (tests/cli/events.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "data/events.h"

/* RFC 3720, B.4, and the usual "123456789". */
static void checks(void **state) {
    uint8_t bytes[32];
    (void)state;
    assert_int_equal(sinew_crc32c("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(sinew_crc32c(bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(sinew_crc32c(bytes, 32), 0x62a8ab43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (uint8_t)i;
    assert_int_equal(sinew_crc32c(bytes, 32), 0x46dd794e);
    assert_int_equal(sinew_crc32c(bytes, 0), 0);
}

static void scalar(void **state) {
    /* 1: 2.0, 2: 7, 5: { 1: { 1: "t", 2: 1.5f } } */
    static const uint8_t message[] = {
        0x09, 0,  0, 0,    0, 0,   0,    0, 0x40, 0x10, 7,   0x2a,
        10,   10, 8, 0x0a, 1, 't', 0x15, 0, 0,    0xc0, 0x3f};
    struct sinew_bytes out = {0};
    (void)state;
    sinew_event_scalar(&out, 2, 7, "t", 1.5);
    assert_int_equal(out.status, SINEW_OK);
    assert_int_equal(out.size, 12 + sizeof message + 4);
    assert_int_equal(sinew_load_u64(out.data), sizeof message);
    assert_memory_equal(out.data + 12, message, sizeof message);
    sinew_bytes_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks),
        cmocka_unit_test(scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
