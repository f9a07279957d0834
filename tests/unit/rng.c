/*
 * rng.c - the generator gives its published sequence, the distributions
 * have their moments, streams differ.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/rng.h"

/* First outputs of xoshiro256** from the state 1, 2, 3, 4. */
static void known_sequence(void **state) {
    (void)state;
    static const uint64_t want[] = {11520, 0, 1509978240, 1215971899390074240u};
    struct sinew_rng rng = {{1, 2, 3, 4}};
    for (int i = 0; i < 4; i++)
        assert_true(sinew_rng_next(&rng) == want[i]);
}

/* First outputs of SplitMix64 from 1234567 are the state's words. */
static void known_seed(void **state) {
    (void)state;
    static const uint64_t want[] = {6457827717110365317u, 3203168211198807973u,
                                    9817491932198370423u, 4593380528125082431u};
    struct sinew_rng rng;
    sinew_rng_seed(&rng, 1234567);
    for (int i = 0; i < 4; i++)
        assert_true(rng.s[i] == want[i]);
}

static void moments(void **state) {
    (void)state;
    enum { N = 200000 };
    struct sinew_rng rng;
    double sum = 0, squares = 0, cubes = 0, uniform = 0;
    sinew_rng_seed(&rng, 0);
    for (int i = 0; i < N; i++) {
        const double x = sinew_rng_normal(&rng), u = sinew_rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        sum += x;
        squares += x * x;
        cubes += x * x * x;
        uniform += u;
    }
    /* Five standard errors each: 1, sqrt 2, sqrt 15, sqrt 1/12 over sqrt N. */
    assert_true(fabs(sum / N) < 0.0112);
    assert_true(fabs(squares / N - 1) < 0.0159);
    assert_true(fabs(cubes / N) < 0.0434);
    assert_true(fabs(uniform / N - 0.5) < 0.00323);
}

static void below(void **state) {
    (void)state;
    enum { N = 70000 };
    struct sinew_rng rng;
    int count[7] = {0};
    sinew_rng_seed(&rng, 3);
    for (int i = 0; i < N; i++) {
        const uint64_t x = sinew_rng_below(&rng, 7);
        assert_true(x < 7);
        count[x]++;
    }
    for (int i = 0; i < 7; i++)
        assert_true(abs(count[i] - N / 7) < 500);
    assert_true(sinew_rng_below(&rng, 1) == 0);
}

static void streams(void **state) {
    (void)state;
    struct sinew_rng a, b, c, again;
    sinew_rng_stream(&a, 1, 2);
    sinew_rng_stream(&b, 2, 1);
    sinew_rng_stream(&c, 1, 3);
    sinew_rng_stream(&again, 1, 2);
    const uint64_t x = sinew_rng_next(&a);
    assert_true(x == sinew_rng_next(&again));
    assert_true(x != sinew_rng_next(&b));
    assert_true(x != sinew_rng_next(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_sequence), cmocka_unit_test(known_seed),
        cmocka_unit_test(moments),        cmocka_unit_test(below),
        cmocka_unit_test(streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
