/*
 * parts.c - the parts of the program that are best tested from within: the
 * option parser, SHA-256 and JSON strings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "data/json.h"
#include "../../cli/opt.h"
#include "../../cli/sha256.h"

static const char *const words[] = {"low", "mid", "high", NULL};

struct values {
    bool flag, other;
    int64_t whole;
    double number, time;
    const char *text;
    struct opt_list list;
    int choice;
};
#define AT(field) offsetof(struct values, field)

static const struct opt table[] = {
    {.type = OPT_GROUP, .help = "Group"},
    {.type = OPT_FLAG, .name = "flag", .letter = 'f', .offset = AT(flag)},
    {.type = OPT_FLAG, .name = "other", .letter = 'g', .offset = AT(other)},
    {.type = OPT_INT,
     .name = "whole",
     .letter = 'w',
     .offset = AT(whole),
     .arg = "N",
     .fallback = "7",
     .min = -5,
     .max = 100,
     .env = true},
    {.type = OPT_NUMBER,
     .name = "number",
     .offset = AT(number),
     .arg = "X",
     .max = 1},
    {.type = OPT_TIME,
     .name = "time",
     .offset = AT(time),
     .arg = "T",
     .max = 1e6},
    {.type = OPT_TEXT,
     .name = "some-text",
     .letter = 'x',
     .offset = AT(text),
     .arg = "S",
     .env = true},
    {.type = OPT_LIST, .name = "list", .letter = 'l', .offset = AT(list)},
    {.type = OPT_CHOICE,
     .name = "choice",
     .offset = AT(choice),
     .fallback = "mid",
     .choices = words},
    {.type = OPT_END}};

#define PARSE(v, n, ...)                                                       \
    parse(v, n, (const char *[]){"command", __VA_ARGS__, NULL})

static char *argv[32];

static sinew_status parse(struct values *v, int *n, const char **args) {
    int argc = 0;
    for (; args[argc]; argc++)
        argv[argc] = (char *)args[argc];
    *v = (struct values){0};
    return opt_parse(table, v, argc, argv, n);
}

static void spellings(void **state) {
    (void)state;
    struct values v;
    int n;
    assert_int_equal(PARSE(&v, &n, "a", "-fw3", "--number=0.5", "b"), 0);
    assert_int_equal(n, 2);
    assert_string_equal(argv[0], "a");
    assert_string_equal(argv[1], "b");
    assert_true(v.flag && !v.other);
    assert_int_equal(v.whole, 3);
    assert_true(v.number == 0.5);
    assert_int_equal(v.choice, 1);
    assert_int_equal(PARSE(&v, &n, "-gw", "-5", "--choice", "high", "-"), 0);
    assert_true(v.other && v.whole == -5 && v.choice == 2 && n == 1);
    assert_int_equal(PARSE(&v, &n, "-xabc=d", "--", "--flag", "-"), 0);
    assert_string_equal(v.text, "abc=d");
    assert_true(!v.flag && n == 2);
    assert_int_equal(PARSE(&v, &n, "--some-text=", "-w0"), 0);
    assert_string_equal(v.text, "");
    assert_int_equal(PARSE(&v, &n, "-l1", "--list=2", "--list", "3"), 0);
    assert_int_equal(v.list.count, 3);
    assert_string_equal(v.list.items[0], "1");
    assert_string_equal(v.list.items[2], "3");
    opt_release(table, &v);
    assert_null(v.list.items);
}

static void times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {{"0", 0},        {"90", 90},          {"1:30.5", 90.5},
                 {"0:01:01", 61}, {"2:00:00", 7200},   {"100:00", 6000},
                 {"1:60", -1},    {"1:2:3:4", -1},     {"-5", -1},
                 {"", -1},        {"1:", -1},          {"a", -1},
                 {"1e3", 1000},   {"99999999999", -1}, {"inf", -1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct values v;
        int n;
        sinew_status status = PARSE(&v, &n, "--time", cases[i].text);
        if (cases[i].seconds < 0)
            assert_int_equal(status, SINEW_INVALID);
        else
            assert_true(status == 0 && v.time == cases[i].seconds);
    }
}

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *arg, *message;
    } cases[] = {
        {"--whole=101", "--whole: should be an integer from -5 to 100"},
        {"--whole=1x", "--whole: should be an integer from -5 to 100"},
        {"--whole= 1", "--whole: should be an integer from -5 to 100"},
        {"--whole=99999999999999999999",
         "--whole: should be an integer from -5 to 100"},
        {"--number=nan", "--number: should be a number from 0 to 1"},
        {"--number", "--number: needs a value: X"},
        {"-w", "-w: needs a value: N"},
        {"--choice=lo", "--choice: should be one of low, mid, high"},
        {"--flag=1", "--flag: takes no value"},
        {"--fla", "unknown option '--fla'; did you mean '--flag'?"},
        {"--nubmer=1", "unknown option '--nubmer'; did you mean '--number'?"},
        {"--zzz", "unknown option '--zzz'"},
        {"-fq", "unknown option '-q'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct values v;
        int n;
        assert_int_equal(PARSE(&v, &n, cases[i].arg), SINEW_INVALID);
        assert_string_equal(sinew_error_message(), cases[i].message);
        opt_release(table, &v);
    }
}

static void environment(void **state) {
    (void)state;
    struct values v;
    int n;
    setenv("SINEW_WHOLE", "9", 1);
    setenv("SINEW_SOME_TEXT", "from there", 1);
    setenv("SINEW_NUMBER", "0.25", 1); /* the option does not say env */
    assert_int_equal(PARSE(&v, &n, "a"), 0);
    assert_true(v.whole == 9 && v.number == 0);
    assert_string_equal(v.text, "from there");
    assert_int_equal(PARSE(&v, &n, "-w1", "-xhere"), 0);
    assert_true(v.whole == 1);
    assert_string_equal(v.text, "here");
    setenv("SINEW_WHOLE", "", 1); /* as if not set */
    assert_int_equal(PARSE(&v, &n, "a"), 0);
    assert_true(v.whole == 7);
    setenv("SINEW_WHOLE", "lots", 1);
    assert_int_equal(PARSE(&v, &n, "a"), SINEW_INVALID);
    assert_string_equal(sinew_error_message(),
                        "SINEW_WHOLE: should be an integer from -5 to 100");
    unsetenv("SINEW_WHOLE");
    unsetenv("SINEW_SOME_TEXT");
    unsetenv("SINEW_NUMBER");
}

/* The examples of FIPS 180-4's test suite, and every length around a block
 * taken in two pieces. */
static void sha256_vectors(void **state) {
    (void)state;
    static const struct {
        const char *text, *digits;
    } cases[] = {
        {"",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc",
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"}};
    struct sha256 hash;
    char text[SHA256_TEXT], other[SHA256_TEXT], bytes[200];
    for (int i = 0; i < 3; i++) {
        sha256_init(&hash);
        sha256_add(&hash, cases[i].text, strlen(cases[i].text));
        sha256_text(&hash, text);
        assert_string_equal(text, cases[i].digits);
    }
    sha256_init(&hash);
    memset(bytes, 'a', sizeof(bytes));
    for (int i = 0; i < 5000; i++)
        sha256_add(&hash, bytes, sizeof(bytes));
    sha256_text(&hash, text);
    assert_string_equal(
        text,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    for (size_t n = 0; n < 150; n++) {
        sha256_init(&hash);
        sha256_add(&hash, bytes, n);
        sha256_text(&hash, text);
        sha256_init(&hash);
        sha256_add(&hash, bytes, n / 3);
        sha256_add(&hash, bytes, n - n / 3);
        sha256_text(&hash, other);
        assert_string_equal(text, other);
    }
}

static void json_strings(void **state) {
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"plain", "\"plain\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"tab\tline\n\x01", "\"tab\\u0009line\\u000a\\u0001\""},
        {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
        {"b\xe9z", "\"b\xef\xbf\xbdz\""},             /* Latin-1 */
        {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""}, /* overlong */
        {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"\xf4\x90\x80\x80",
         "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
        {"cut\xe2\x82", "\"cut\xef\xbf\xbd\xef\xbf\xbd\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct sinew_bytes out = {0};
        json_add_string(&out, cases[i].text);
        assert_int_equal(out.status, SINEW_OK);
        assert_int_equal(out.size, strlen(cases[i].json));
        assert_memory_equal(out.data, cases[i].json, out.size);
        sinew_bytes_free(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings),      cmocka_unit_test(times),
        cmocka_unit_test(refusals),       cmocka_unit_test(environment),
        cmocka_unit_test(sha256_vectors), cmocka_unit_test(json_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
