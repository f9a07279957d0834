/*
 * dataset.c - memory runs out at every possible moment of reading annotations
 * of each form, mapping, mixing and writing them, and of a set's evaluation.
 * The libraries that parse (jansson, libmatio) have allocators of their own.
 */
#include <unistd.h>
#include "data/evaluate.h"
#include "oom/heap.h"

static const char *source;
static char path[300];

/* Reads, and maps and adds and writes if all went well. */
static sinew_status go_round(void) {
    struct sinew_dataset set, all = {0};
    sinew_status status;
    SINEW_TRY(sinew_dataset_read(&set, source, "pictures", NULL));
    SINEW_TRY(sinew_dataset_add(&all, &set, 0.5));
    SINEW_TRY(sinew_dataset_map(&set, sinew_skeleton_find("halpe26")));
    SINEW_TRY(sinew_dataset_add(&all, &set, 1));
    SINEW_TRY(sinew_dataset_write(&all, path, NULL, NULL, true));
fail:
    sinew_dataset_free(&set);
    sinew_dataset_free(&all);
    return status;
}

static sinew_status evaluate(void) {
    struct sinew_dataset set;
    struct sinew_predictions found = {0}, again = {0};
    struct sinew_evaluation result;
    struct sinew_bytes text = {0};
    const struct sinew_protocol none = {NULL, NULL};
    const struct sinew_evaluate_options options = {
        .metrics = (1u << SINEW_METRIC_COUNT) - 1};
    sinew_status status;
    SINEW_TRY(sinew_dataset_read(&set, source, NULL, NULL));
    for (int64_t i = 0; i < set.n_persons; i++) {
        struct sinew_prediction *item = sinew_predictions_new(&found, &set);
        SINEW_FAIL_IF(!item, SINEW_NOMEM, "no room for a prediction");
        item->person = i;
        item->picture = set.persons[i].picture;
        sinew_predictions_points(&found, i)[0] = (sinew_keypoint){1, 2, 1};
    }
    SINEW_TRY(sinew_evaluate(&result, &set, &found, &options));
    sinew_evaluation_text(&text, &result, &set, &none);
    sinew_evaluation_json(&text, &result, &set, &none);
    SINEW_TRY(text.status);
    SINEW_TRY(sinew_predictions_write(&found, &set, path, true));
    SINEW_TRY(sinew_predictions_read(&again, &set, path));
fail:
    sinew_bytes_free(&text);
    sinew_predictions_free(&again);
    sinew_predictions_free(&found);
    sinew_dataset_free(&set);
    return status;
}

static int make_path(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/sinew-oom-%ld", base ? base : P_tmpdir,
             (long)getpid());
    return 0;
}

static int drop_path(void **state) {
    (void)state;
    unlink(path);
    return 0;
}

static void reading(void **state) {
    (void)state;
    static const char *const sources[] = {
        "fuzz/corpus/dataset/coco.json",
        "fuzz/corpus/dataset/feet.json",
        "fuzz/corpus/dataset/halpe.json",
        "fuzz/corpus/dataset/own.json",
        "fuzz/corpus/dataset/aic.json",
        "fuzz/corpus/dataset/crowdpose.json",
        "fuzz/corpus/dataset/mpii.json",
#if SINEW_WITH_MATIO
        "data/dataset/mpii.mat",
        "data/dataset/lsp.mat",
        "data/dataset/lspet.mat",
#endif
    };
    char name[100];
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        snprintf(name, sizeof name, "tests/%s", sources[i]);
        printf("%s: ", sources[i]);
        source = name;
        sweep(go_round);
    }
}

static void evaluating(void **state) {
    (void)state;
    source = "tests/fuzz/corpus/dataset/coco.json";
    sweep(evaluate);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(reading),
                                       cmocka_unit_test(evaluating)};
    return cmocka_run_group_tests(tests, make_path, drop_path);
}
