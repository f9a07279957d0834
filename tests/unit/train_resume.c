/*
 * train_resume.c - checkpoints of the trainer: going on from one changes no
 * bit, and files that are bad or of others change nothing.
 */
#include "unit/train_steps.h"
#include <sys/stat.h>
#include <unistd.h>

static const char *const checkpoint = "train-test.safetensors";

static const struct sinew_dropout some[] = {{"second", 0.25f, true}};

static struct sinew_trainer_options resumable(void) {
    struct sinew_trainer_options options = net_options();
    options.ema = (struct sinew_ema){SINEW_EMA_EXPONENTIAL, 0.01, 10};
    options.dropouts = some;
    options.n_dropouts = 1;
    return options;
}

static bool same_bits(const struct sinew_trainer *a,
                      const struct sinew_trainer *b) {
    bool same = true;
    for (int i = 0; i < sinew_trainer_parameter_count(a); i++) {
        struct sinew_parameter p = sinew_trainer_parameter(a, i);
        struct sinew_parameter q = sinew_trainer_parameter(b, i);
        size_t size = (size_t)sinew_tensor_count(&p.value) * 4;
        same = same && memcmp(p.value.data, q.value.data, size) == 0 &&
               memcmp(p.ema, q.ema, size) == 0;
    }
    return same;
}

static void resumed_is_undisturbed(void **state) {
    struct sinew_trainer_options options = resumable();
    struct sinew_trainer *whole = make(&options, 4, true);
    struct sinew_trainer *first = make(&options, 4, true);
    (void)state;
    for (int i = 0; i < 8; i++)
        step(whole, i, 0.01);
    for (int i = 0; i < 4; i++)
        step(first, i, 0.01);
    assert_int_equal(sinew_trainer_note(first, "epoch", "3"), SINEW_OK);
    assert_int_equal(sinew_trainer_note(first, "gone", "x"), SINEW_OK);
    assert_int_equal(sinew_trainer_note(first, "gone", NULL), SINEW_OK);
    assert_int_equal(sinew_trainer_note(first, "trainer.steps", "9"),
                     SINEW_INVALID);
    if (sinew_trainer_save(first, checkpoint) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_trainer_free(&first);
    options.seed = 99; /* the file's counts */
    struct sinew_trainer *second = make(&options, 4, true);
    if (sinew_trainer_restore(second, checkpoint) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(sinew_trainer_steps(second), 4);
    assert_string_equal(sinew_trainer_noted(second, "epoch"), "3");
    assert_null(sinew_trainer_noted(second, "gone"));
    for (int i = 4; i < 8; i++)
        step(second, i, 0.01);
    assert_true(same_bits(whole, second));
    sinew_trainer_free(&whole);
    sinew_trainer_free(&second);
    assert_int_equal(unlink(checkpoint), 0);
}

static void refuse_restore(struct sinew_trainer *trainer, sinew_status status,
                           const char *words) {
    sinew_status is = sinew_trainer_restore(trainer, checkpoint);
    if (is != status || !strstr(sinew_error_message(), words))
        fail_msg("%d \"%s\", not %d \"%s\"", is, sinew_error_message(), status,
                 words);
}

static void cut_file(long keep) {
    assert_int_equal(truncate(checkpoint, keep), 0);
}

static void bad_files_change_nothing(void **state) {
    struct sinew_trainer_options options = resumable();
    struct sinew_trainer *a = make(&options, 4, true);
    struct sinew_trainer *b = make(&options, 4, true);
    struct stat info;
    (void)state;
    step(a, 0, 0.01);
    step(b, 0, 0.01);
    unlink(checkpoint);
    refuse_restore(a, SINEW_IO, checkpoint);
    assert_int_equal(sinew_trainer_save(b, checkpoint), SINEW_OK);
    /* another optimiser, no average, another network */
    options.optim.kind = SINEW_OPTIM_SGD;
    struct sinew_trainer *other = make(&options, 4, true);
    refuse_restore(other, SINEW_INVALID, "by 'adamw', not by 'sgd'");
    sinew_trainer_free(&other);
    options = resumable();
    other = make(&options, 4, false);
    assert_int_equal(sinew_trainer_save(other, checkpoint), SINEW_OK);
    sinew_trainer_free(&other);
    refuse_restore(a, SINEW_NOTFOUND, "there is no 'first.bn.weight'");
    assert_int_equal(sinew_trainer_save(b, checkpoint), SINEW_OK);
    assert_int_equal(stat(checkpoint, &info), 0);
    cut_file((long)info.st_size - 1);
    refuse_restore(a, SINEW_FORMAT, checkpoint);
    cut_file(100);
    refuse_restore(a, SINEW_FORMAT, checkpoint);
    assert_true(same_bits(a, b));
    assert_int_equal(sinew_trainer_save(a, "no/such/folder/x.safetensors"),
                     SINEW_IO);
    sinew_trainer_free(&a);
    sinew_trainer_free(&b);
    unlink(checkpoint);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resumed_is_undisturbed),
        cmocka_unit_test(bad_files_change_nothing),
    };
    return cmocka_run_group_tests_name("train_resume", tests, NULL, NULL);
}
