/*
 * weights.c - small files of weights read, and sets of weights put into
 * networks: what fits, what is missing, left over or of another shape.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sinew/network.h>
#include "format/weights.h"

static struct sinew_span span(const char *text) {
    return (struct sinew_span){(const uint8_t *)text, strlen(text)};
}

/* ---- files -----------------------------------------------------------------
 */

static void expect(const struct sinew_weights *set, const char *name, int rank,
                   const int64_t *dims, const float *numbers) {
    const int i = sinew_names_find(&set->names, span(name));
    if (i < 0) fail_msg("no '%s'", name);
    const sinew_tensor *tensor = &set->items[i].tensor;
    assert_int_equal(tensor->rank, rank);
    for (int d = 0; d < rank; d++)
        assert_int_equal(tensor->dims[d], dims[d]);
    assert_memory_equal(tensor->data, numbers, sinew_tensor_bytes(tensor));
}

static void small_files(void **state) {
    (void)state;
    static const float count[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    static const struct {
        const char *file, *name;
        int n, rank;
        int64_t dims[4];
        float numbers[4]; ///< all zero: 0 to 11
    } rows[] = {
        {"state.pth", "state_dict.0.weight", 7, 4, {3, 2, 1, 2}, {0}},
        {"state.pth", "state_dict.0.bias", 7, 1, {3}, {0.5f, 0.25f, -1}},
        {"state.pth", "state_dict.1.running_var", 7, 1, {3}, {1, 1, 1}},
        /* of 16-bit numbers, seen transposed */
        {"state.pth", "state_dict.half", 7, 2, {2, 2}, {1, 3, 2, 4}},
        {"module.pth", "0.weight", 1, 2, {2, 2}, {1, 2, 3, 4}},
        {"graph.pb", "stem.weight", 3, 4, {1, 2, 2, 3}, {0}},
        {"graph.pb", "stem.bias", 3, 1, {3}, {0.5f, 0.25f, -1}},
        {"graph.pb", "stem_bn.running_var", 3, 1, {3}, {2, 2, 2}},
        {"network.mlmodel", "stem/Conv2D.weight", 7, 4, {3, 2, 1, 2}, {0}},
        {"network.mlmodel", "stem/Conv2D.bias", 7, 1, {3}, {0.5f, 0.25f, -1}},
        {"network.mlmodel",
         "stem/BatchNorm/FusedBatchNorm.running_var",
         7,
         1,
         {2},
         {3, 4}},
        {"network.mlmodel", "fc.weight", 7, 2, {1, 2}, {5, 6}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[100];
        struct sinew_file file;
        struct sinew_weights set;
        snprintf(path, sizeof path, "tests/fuzz/corpus/weights/%s",
                 rows[i].file);
        assert_int_equal(sinew_file_open(&file, path), SINEW_OK);
        if (sinew_weights_read(&set, file.data, file.size) < 0)
            fail_msg("%s: %s", path, sinew_error_message());
        assert_int_equal(set.n, rows[i].n);
        expect(&set, rows[i].name, rows[i].rank, rows[i].dims,
               rows[i].rank == 4 ? count : rows[i].numbers);
        sinew_weights_free(&set);
        sinew_file_close(&file);
    }
}

/* ---- networks --------------------------------------------------------------
 */

static sinew_graph *build(const char *name, uint64_t seed) {
    sinew_network_options options;
    sinew_graph *graph = NULL;
    sinew_network_options_init(&options);
    options.seed = seed;
    if (sinew_network_build(&graph, name, &options) < 0)
        fail_msg("%s", sinew_error_message());
    return graph;
}

static bool is_parameter(const struct sinew_value_info *value) {
    return value->role == SINEW_ROLE_CONST && value->name[0] &&
           value->tensor.dtype == SINEW_F32 && value->tensor.rank > 0;
}

/* All weights of a network as PyTorch's file would have them. */
static struct sinew_weights weights_of(const sinew_graph *graph,
                                       const char *prefix) {
    struct sinew_weights set = {.order = SINEW_ORDER_OIHW};
    for (int v = 0; v < graph->n_values; v++) {
        const struct sinew_value_info *value = &graph->values[v];
        const sinew_tensor *t = &value->tensor;
        const int64_t *d = t->dims;
        if (!is_parameter(value)) continue;
        char *name = sinew_format("%s%s", prefix, value->name);
        /* Transposed convolutions here have 8 groups. */
        const bool back = strstr(value->name, "deconv") && t->rank == 4;
        const int64_t turned[4] = {d[0], d[3], d[1], d[2]};
        const int64_t turned_back[4] = {d[3] * 8, d[0] / 8, d[1], d[2]};
        float *to = sinew_weights_add(&set, span(name), t->rank,
                                      back           ? turned_back
                                      : t->rank == 4 ? turned
                                                     : d);
        assert_non_null(to);
        const float *from = t->data;
        for (int64_t i = 0; i < sinew_tensor_count(t); i++) {
            int64_t at = i;
            if (t->rank == 4) {
                const int64_t c = i % d[3], x = i / d[3] % d[2];
                const int64_t y = i / d[3] / d[2] % d[1];
                const int64_t o = i / d[3] / d[2] / d[1];
                const int64_t each = d[0] / 8;
                at = back ? (((o / each * d[3] + c) * each + o % each) * d[1] +
                             y) * d[2] +
                                x
                          : ((o * d[3] + c) * d[1] + y) * d[2] + x;
            }
            to[at] = from[i];
        }
        sinew_free(name);
    }
    return set;
}

static void same_weights(const sinew_graph *a, const sinew_graph *b) {
    assert_int_equal(a->n_values, b->n_values);
    for (int v = 0; v < a->n_values; v++)
        if (is_parameter(&a->values[v]))
            assert_memory_equal(a->values[v].tensor.data,
                                b->values[v].tensor.data,
                                sinew_tensor_bytes(&a->values[v].tensor));
}

static void back_into_networks(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"levitpose-t", ""},
        {"levitpose-t", "state_dict.module."},
        {"rtmpose-t", "state_dict."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_graph *from = build(rows[i][0], 1), *to = build(rows[i][0], 2);
        struct sinew_weights set = weights_of(from, rows[i][1]);
        if (sinew_network_load(to, &set) < 0)
            fail_msg("%s: %s", rows[i][0], sinew_error_message());
        same_weights(from, to);
        sinew_weights_free(&set);
        sinew_graph_free(&from);
        sinew_graph_free(&to);
    }
}

/* The heads of RTMDet share their weights, which a checkpoint has once for each
 * level; those of a network whose heads differ find no place. */
static void shared_weights_have_many_names(void **state) {
    (void)state;
    static const char first[] = "bbox_head.cls_convs.0.1.conv.weight";
    for (int differ = 0; differ < 2; differ++) {
        sinew_graph *graph = build("rtmdet-tiny", 1);
        struct sinew_weights set = weights_of(graph, "");
        const int at = sinew_names_find(&set.names, span(first));
        assert_true(at >= 0);
        const sinew_tensor from = set.items[at].tensor;
        float *to =
            sinew_weights_add(&set, span("bbox_head.cls_convs.2.1.conv.weight"),
                              from.rank, from.dims);
        assert_non_null(to);
        memcpy(to, from.data, sinew_tensor_bytes(&from));
        to[7] += (float)differ;
        assert_int_equal(sinew_network_load(graph, &set),
                         differ ? SINEW_INVALID : SINEW_OK);
        if (differ && !strstr(sinew_error_message(),
                              "no place for 1 weights: "
                              "bbox_head.cls_convs.2.1.conv.weight"))
            fail_msg("says '%s'", sinew_error_message());
        sinew_weights_free(&set);
        sinew_graph_free(&graph);
    }
}

static void refused(void **state) {
    (void)state;
    static const int64_t three[1] = {3}, four[4] = {1, 2, 3, 4};
    static const struct {
        const char *renamed, *says;
        sinew_status status;
        bool extra, reshaped;
    } rows[] = {
        {"stage2.entry.depthwise.bn.bias",
         "1 weights are missing: stage2.entry.depthwise.bn.bias",
         SINEW_NOTFOUND, false, false},
        {NULL, "no place for 1 weights: other.weight", SINEW_INVALID, true,
         false},
        {"stem.conv1.conv.weight",
         "1 weights have another shape than the network's: "
         "stem.conv1.conv.weight",
         SINEW_SHAPE, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        sinew_graph *graph = build("levitpose-t", 1);
        struct sinew_weights all = weights_of(graph, ""), set = {0};
        for (int k = 0; k < all.n; k++) {
            const struct sinew_weight *w = &all.items[k];
            const bool same =
                rows[i].renamed && strcmp(w->name, rows[i].renamed) == 0;
            if (same && !rows[i].reshaped) continue;
            float *to = sinew_weights_add(&set, span(w->name), w->tensor.rank,
                                          same ? four : w->tensor.dims);
            assert_non_null(to);
        }
        if (rows[i].extra)
            assert_non_null(
                sinew_weights_add(&set, span("other.weight"), 1, three));
        assert_int_equal(sinew_network_load(graph, &set), rows[i].status);
        if (!strstr(sinew_error_message(), rows[i].says))
            fail_msg("says '%s'", sinew_error_message());
        sinew_weights_free(&all);
        sinew_weights_free(&set);
        sinew_graph_free(&graph);
    }
}

static void refused_names(void **state) {
    (void)state;
    static const int64_t three[1] = {3}, none[1] = {-1};
    struct sinew_weights set = {0};
    assert_non_null(sinew_weights_add(&set, span("a.weight"), 1, three));
    assert_null(sinew_weights_add(&set, span("a.weight"), 1, three));
    assert_null(sinew_weights_add(&set, span("b.weight"), 1, none));
    assert_int_equal(set.n, 1);
    sinew_weights_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_files), cmocka_unit_test(back_into_networks),
        cmocka_unit_test(shared_weights_have_many_names),
        cmocka_unit_test(refused), cmocka_unit_test(refused_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
