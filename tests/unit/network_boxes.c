/*
 * network_boxes.c - detectors built here: boxes of the network that has
 * suppression in it are those decoded by hand from the maps.
 */
#include "network_build.h"
#include <sinew/runtime.h>

enum { SIDE = 96, PLACES = 12 * 12 + 6 * 6 + 3 * 3, CLASSES = 2, MOST = 100 };

struct box {
    float side[4], score;
    int label;
};

/* Makes scores spread around a half and boxes a few cells large. */
static void liven(sinew_graph *graph) {
    for (int level = 0; level < 3; level++) {
        char name[60];
        snprintf(name, sizeof name, "bbox_head.rtm_cls.%d.bias", level);
        float *cls = (float *)find(graph, name)->tensor.data;
        snprintf(name, sizeof name, "bbox_head.rtm_reg.%d.bias", level);
        float *reg = (float *)find(graph, name)->tensor.data;
        snprintf(name, sizeof name, "bbox_head.rtm_cls.%d.weight", level);
        const struct sinew_value_info *weight = find(graph, name);
        for (int64_t i = 0; i < sinew_tensor_count(&weight->tensor); i++)
            ((float *)weight->tensor.data)[i] *= 300;
        for (int c = 0; c < CLASSES; c++)
            cls[c] = -1 + (float)c;
        for (int i = 0; i < 4; i++)
            reg[i] = 1 + 0.25f * (float)i;
    }
}

static sinew_runtime *run(const char *network, int end_to_end) {
    sinew_network_options options = defaults();
    sinew_runtime *runtime = NULL;
    options.input_height = options.input_width = SIDE;
    options.classes = CLASSES;
    options.end_to_end = end_to_end;
    sinew_graph *graph = build(network, &options);
    liven(graph);
    if (sinew_runtime_create(&runtime, graph, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    float *in = sinew_runtime_input(runtime, 0)->data;
    for (int i = 0; i < 3 * SIDE * SIDE; i++)
        in[i] = sinf(0.01f * (float)i) + sinf(0.37f * (float)(i % SIDE));
    assert_int_equal(sinew_runtime_run(runtime), SINEW_OK);
    sinew_graph_free(&graph);
    return runtime;
}

static int by_score(const void *a, const void *b) {
    const struct box *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

static float overlap(const struct box *a, const struct box *b) {
    const float w =
        fminf(a->side[2], b->side[2]) - fmaxf(a->side[0], b->side[0]);
    const float h =
        fminf(a->side[3], b->side[3]) - fmaxf(a->side[1], b->side[1]);
    const float inter = w > 0 && h > 0 ? w * h : 0;
    const float area_a = (a->side[2] - a->side[0]) * (a->side[3] - a->side[1]);
    const float area_b = (b->side[2] - b->side[0]) * (b->side[3] - b->side[1]);
    return inter / (area_a + area_b - inter);
}

/* All boxes above the score, by class and score, from the maps. */
static int decode(const sinew_runtime *runtime, struct box *boxes) {
    int n = 0;
    for (int c = 0; c < CLASSES; c++) {
        for (int level = 0; level < 3; level++) {
            const float *cls = sinew_runtime_output(runtime, level)->data;
            const float *reg = sinew_runtime_output(runtime, level + 3)->data;
            const int stride = 8 << level, side = SIDE / stride;
            for (int i = 0; i < side * side; i++) {
                struct box *box = &boxes[n];
                const float x = (float)(i % side * stride);
                const float y = (float)(i / side * stride);
                box->label = c;
                box->score = 1 / (1 + expf(-cls[c * side * side + i]));
                for (int k = 0; k < 4; k++) {
                    const float d = reg[k * side * side + i] * (float)stride;
                    box->side[k] = (k % 2 ? y : x) + (k < 2 ? -d : d);
                }
                n += box->score > 0.05f;
            }
        }
    }
    qsort(boxes, (size_t)n, sizeof *boxes, by_score);
    return n;
}

/* Keeps of each class what no better box of it overlaps. */
static int suppress(struct box *boxes, int n) {
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool good = true;
        for (int k = 0; good && k < kept; k++)
            good = boxes[k].label != boxes[i].label ||
                   overlap(&boxes[k], &boxes[i]) <= 0.6f;
        if (good) boxes[kept++] = boxes[i];
    }
    return kept < MOST ? kept : MOST;
}

static void boxes_from_maps(void **state) {
    (void)state;
    static const char *const networks[] = {"rtmdet-nano", "rtmdet-m"};
    static struct box boxes[PLACES * CLASSES];
    for (int i = 0; i < 2; i++) {
        sinew_runtime *maps = run(networks[i], 0);
        sinew_runtime *whole = run(networks[i], 1);
        const int n = suppress(boxes, decode(maps, boxes));
        const sinew_tensor *dets = sinew_runtime_output(whole, 0);
        const sinew_tensor *labels = sinew_runtime_output(whole, 1);
        assert_in_range(n, 5, MOST);
        assert_int_equal(dets->dims[1], n);
        assert_int_equal(labels->dims[1], n);
        for (int k = 0; k < n; k++) {
            const float *det = (const float *)dets->data + 5 * k;
            assert_int_equal(((const int64_t *)labels->data)[k],
                             boxes[k].label);
            for (int j = 0; j < 4; j++)
                assert_true(fabsf(det[j] - boxes[k].side[j]) < 1e-3f);
            assert_true(fabsf(det[4] - boxes[k].score) < 1e-5f);
        }
        sinew_runtime_free(&maps);
        sinew_runtime_free(&whole);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boxes_from_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
