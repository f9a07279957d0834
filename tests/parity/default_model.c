/*
 * default_model.c - the model that comes with sinew says the same however it is
 * run: from its file of 16-bit weights or one of the same in 32 bits, on one
 * thread or two, at every level of this processor.
 *
 * People are the first of the dev sets of ../shared, with PCKh of LSPET's;
 * where that is not there, boxes in a picture made of noise and blocks. Bits
 * are the same but between levels, where sums have another order: there
 * keypoints may move by a tenth of an input pixel, and one in a hundred may
 * jump between two bins of one height.
 *
 *     default_model            the test
 *     default_model crops DIR  writes DIR/0.npy ..., people as the network sees
 *                              them, for tests/parity/default_peer.sh
 *
 * The file is models/elifpose.onnx, or what SINEW_TEST_MODEL says.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sinew/pose.h>
#include "data/evaluate.h"
#include "graph/graph.h"
#include "image/image.h"
#include "kernel/cpu.h"
#include "media/media.h"
#include "parity/shared.h"
#include "pose/crop.h"
#include "wire/npy.h"

enum { PICTURES = 20, MOST = 120, FEW = 4, DRAWN = 12, SIDE = 320, CROPS = 30 };

static const char *model_path(void) {
    const char *path = getenv("SINEW_TEST_MODEL");
    return path ? path : "models/elifpose.onnx";
}

/* ---- people ------------------------------------------------------------ */

static struct {
    struct sinew_dataset lspet;
    int n, n_lspet; ///< LSPET's come first, in the order of the set
    struct {
        sinew_image picture;
        sinew_box box;
    } people[MOST];
} all;

static void add_set(struct sinew_dataset *set, const char *folder) {
    char labels[SHARED_PATH], images[SHARED_PATH], name[64];
    snprintf(name, sizeof name, "%s.json", folder);
    if (sinew_dataset_read(set, shared(labels, name), shared(images, folder),
                           NULL) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_dataset_cut(set, PICTURES);
    for (int64_t i = 0; i < set->n_persons && all.n < MOST; i++) {
        const struct sinew_dataset_person *person = &set->persons[i];
        const double *box = person->box;
        if (!person->labelled || person->iscrowd) continue;
        if (sinew_still_read(&all.people[all.n].picture,
                             set->pictures[person->picture].path, NULL,
                             NULL) < 0)
            fail_msg("%s", sinew_error_message());
        all.people[all.n++].box = (sinew_box){(float)box[0], (float)box[1],
                                              (float)box[2], (float)box[3]};
    }
}

/* Blocks of eight pixels, each of one colour, and noise on them. */
static void draw(sinew_image *picture, uint32_t seed) {
    assert_int_equal(sinew_image_create(picture, SIDE, SIDE, 3), SINEW_OK);
    for (int y = 0; y < SIDE; y++)
        for (int i = 0; i < 3 * SIDE; i++) {
            const uint32_t block =
                (uint32_t)(y / 8 * 991 + i / 24 * 31 + i % 3) * 2654435761u;
            seed = seed * 1664525 + 1013904223;
            picture->data[y * picture->stride + i] =
                (uint8_t)((block >> 25) + (seed >> 25));
        }
}

static int find_people(void **state) {
    (void)state;
    char path[SHARED_PATH];
    struct sinew_dataset coco = {0};
    if (access(shared(path, "data"), R_OK) == 0) {
        add_set(&all.lspet, "data/lspet/dev");
        all.n_lspet = all.n;
        add_set(&coco, "data/coco/dev");
        sinew_dataset_free(&coco);
        return 0;
    }
    puts("../shared not present: boxes in a drawn picture");
    for (; all.n < DRAWN; all.n++) {
        const float at = 8.f * (float)all.n;
        draw(&all.people[all.n].picture, (uint32_t)all.n + 1);
        all.people[all.n].box = (sinew_box){at, at / 2, 100 + at, 150 + at};
    }
    return 0;
}

static int forget_people(void **state) {
    (void)state;
    for (int i = 0; i < all.n; i++)
        sinew_image_free(&all.people[i].picture);
    sinew_dataset_free(&all.lspet);
    return 0;
}

/* ---- what is found ----------------------------------------------------- */

static sinew_person found[3][MOST];

static void find(sinew_person *people, const char *path, int threads,
                 const char *cpu, int n) {
    sinew_pose_options options;
    sinew_pose *pose;
    sinew_pose_options_init(&options);
    options.threads = threads;
    options.cpu = cpu;
    if (sinew_pose_open(&pose, path, &options) < 0)
        fail_msg("%s", sinew_error_message());
    memset(people, 0, (size_t)n * sizeof *people);
    for (int i = 0; i < n; i++)
        if (sinew_pose_estimate(pose, &all.people[i].picture,
                                &all.people[i].box, &people[i]) < 0)
            fail_msg("%s", sinew_error_message());
    sinew_pose_close(&pose);
}

static int joint_of(const sinew_pose *pose, const struct sinew_joint *joint) {
    for (int i = 0; i < sinew_pose_keypoint_count(pose); i++)
        if (sinew_part_find(sinew_pose_keypoint(pose, i).name) == joint->part)
            return i;
    return -1;
}

/* PCKh at 0.5 over the first n of LSPET, in per cent; NAN without them. */
static double pckh(const sinew_person *people, int n) {
    const struct sinew_evaluate_options options = {.metrics =
                                                       1u << SINEW_METRIC_PCKH};
    struct sinew_predictions predictions = {0};
    struct sinew_evaluation result;
    sinew_pose *pose;
    if (all.n_lspet == 0) return NAN;
    assert_int_equal(sinew_pose_open(&pose, model_path(), NULL), SINEW_OK);
    for (int i = 0; i < n && i < all.n_lspet; i++) {
        struct sinew_prediction *item =
            sinew_predictions_new(&predictions, &all.lspet);
        assert_non_null(item);
        item->picture = all.lspet.persons[i].picture;
        item->person = i;
        item->score = 1;
        for (int k = 0; k < all.lspet.skeleton->n_joints; k++) {
            const int j = joint_of(pose, &all.lspet.skeleton->joints[k]);
            if (j >= 0)
                sinew_predictions_points(&predictions, i)[k] =
                    people[i].keypoints[j];
        }
    }
    assert_int_equal(
        sinew_evaluate(&result, &all.lspet, &predictions, &options), SINEW_OK);
    sinew_predictions_free(&predictions);
    sinew_pose_close(&pose);
    return 100 * result.curves[0].mean;
}

static void same_bits(const sinew_person *a, const sinew_person *b, int n) {
    for (int i = 0; i < n; i++)
        assert_memory_equal(a[i].keypoints, b[i].keypoints,
                            sizeof a[i].keypoints);
}

/* ---- the tests --------------------------------------------------------- */

static void it_is_what_is_shipped(void **state) {
    (void)state;
    sinew_pose *pose;
    if (sinew_pose_open(&pose, model_path(), NULL) < 0)
        fail_msg("%s", sinew_error_message());
    const sinew_pose_info info = sinew_pose_describe(pose);
    assert_string_equal(info.keypoint_set, "halpe26");
    assert_string_equal(info.licence, "Apache-2.0");
    assert_true(*info.network && *info.data);
    assert_int_equal(info.width, 192);
    assert_int_equal(info.height, 256);
    assert_int_equal(info.wants_box, 1);
    sinew_pose_close(&pose);
    struct stat file;
    assert_int_equal(stat(model_path(), &file), 0);
    assert_true(file.st_size <= 12000000);
}

static void threads_change_no_bit(void **state) {
    (void)state;
    find(found[0], model_path(), 1, NULL, all.n);
    find(found[1], model_path(), 2, NULL, all.n);
    same_bits(found[0], found[1], all.n);
    print_message("%d people, PCKh %.2f of LSPET's %d\n", all.n,
                  pckh(found[0], all.n), all.n_lspet);
}

/* Nobody labelled small toes (sinew convert --silence). */
static void what_was_not_learnt_is_silent(void **state) {
    static const char *const names[] = {"left_small_toe", "right_small_toe"};
    sinew_pose *pose;
    int silent = 0;
    (void)state;
    assert_int_equal(sinew_pose_open(&pose, model_path(), NULL), SINEW_OK);
    for (int k = 0; k < sinew_pose_keypoint_count(pose); k++) {
        const char *name = sinew_pose_keypoint(pose, k).name;
        const bool is = !strcmp(name, names[0]) || !strcmp(name, names[1]);
        float most = 0;
        for (int i = 0; i < all.n; i++)
            most = fmaxf(most, found[0][i].keypoints[k].score);
        assert_true(is == (most == 0));
        silent += is;
    }
    assert_int_equal(silent, 2);
    sinew_pose_close(&pose);
}

/* The graph as it is run has its weights in 32 bits. */
static void wider_weights_change_no_bit(void **state) {
    static const char *const wide = "default-model-fp32.onnx";
    sinew_graph *graph;
    struct stat half, full;
    (void)state;
    assert_int_equal(sinew_graph_load(&graph, model_path()), SINEW_OK);
    assert_int_equal(sinew_graph_optimize(graph), SINEW_OK);
    if (sinew_graph_save(graph, wide, true) < 0)
        fail_msg("%s", sinew_error_message());
    sinew_graph_free(&graph);
    assert_int_equal(stat(model_path(), &half) + stat(wide, &full), 0);
    assert_true(full.st_size > 3 * (half.st_size / 2));
    find(found[1], wide, 1, NULL, all.n);
    assert_int_equal(unlink(wide), 0);
    same_bits(found[0], found[1], all.n);
}

static void levels_agree(void **state) {
    (void)state;
    for (int level = SINEW_CPU_REF; level < SINEW_CPU_COUNT; level++) {
        const char *name = sinew_cpu_level_name((enum sinew_cpu_level)level);
        /* Plain C takes its time. */
        const int n = level <= SINEW_CPU_SCALAR && all.n > FEW ? FEW : all.n;
        int joints = 0, jumps = 0;
        double worst = 0, score = 0;
        if (!sinew_cpu_has((enum sinew_cpu_level)level)) continue;
        find(found[2], model_path(), 2, name, n);
        for (int i = 0; i < n; i++) {
            const sinew_box *box = &all.people[i].box;
            const double pixel = 1.25 * fmax((double)box->width / 192,
                                             (double)box->height / 256);
            for (int k = 0; k < found[0][i].n_keypoints; k++) {
                const sinew_keypoint *a = &found[0][i].keypoints[k];
                const sinew_keypoint *b = &found[2][i].keypoints[k];
                const double off = fmax(fabs((double)(a->x - b->x)),
                                        fabs((double)(a->y - b->y))) /
                                   pixel;
                joints++;
                jumps += off > .1;
                if (off <= .1) worst = fmax(worst, off);
                score = fmax(score, fabs((double)(a->score - b->score)));
            }
        }
        const double a = pckh(found[0], n), b = pckh(found[2], n);
        print_message("%-7s %2d people: %d of %d keypoints jump, the others "
                      "move by %.4f pixels at most; scores by %.1e; PCKh "
                      "%.2f, %.2f\n",
                      name, n, jumps, joints, worst, score, a, b);
        assert_true(jumps <= 1 + joints / 100);
        assert_true(score < 1e-3);
        assert_true(isnan(a) || fabs(a - b) < .5);
    }
}

/* ---- for the peer ------------------------------------------------------ */

static int write_crops(const char *dir) {
    sinew_graph *graph = NULL;
    struct sinew_pose_spec spec = {0};
    struct sinew_input input = {0};
    struct sinew_warp warp = {{0}, {0}};
    sinew_status status;
    SINEW_TRY(sinew_graph_load(&graph, model_path()));
    SINEW_TRY(sinew_pose_spec_read(&spec, graph));
    SINEW_TRY(sinew_input_init(&input, graph, spec.input, "pose"));
    sinew_input_colors(&input, spec.mean, spec.std, spec.color);
    sinew_tensor tensor = sinew_graph_input(graph, 0);
    tensor.data = sinew_alloc((uint64_t)sinew_tensor_count(&tensor), 4);
    SINEW_FAIL_IF(!tensor.data, SINEW_NOMEM, "out of memory");
    for (int i = 0; i < all.n && i < CROPS && status == SINEW_OK; i++) {
        const sinew_affine map =
            sinew_crop_box(spec.crop, &all.people[i].box, spec.padding,
                           input.width, input.height);
        char path[1024];
        snprintf(path, sizeof path, "%s/%d.npy", dir, i);
        status = sinew_warp_normalise(
            &warp, sinew_input_pixels(&input, &tensor), input.width,
            input.height, &all.people[i].picture, &map, SINEW_RESIZE_AREA, 0,
            &input.normalise);
        sinew_input_finish(&input, &tensor);
        if (status == SINEW_OK) status = sinew_npy_save(&tensor, path, true);
    }
    sinew_free(tensor.data);
fail:
    if (status < 0) puts(sinew_error_message());
    sinew_warp_free(&warp);
    sinew_input_clear(&input);
    sinew_pose_spec_clear(&spec);
    sinew_graph_free(&graph);
    return status < 0;
}

int main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_what_is_shipped),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(what_was_not_learnt_is_silent),
        cmocka_unit_test(wider_weights_change_no_bit),
        cmocka_unit_test(levels_agree),
    };
    if (access(model_path(), R_OK) != 0) {
        printf("skipped: %s is not here\n", model_path());
        return 77;
    }
    if (argc == 3) {
        find_people(NULL);
        const int code = write_crops(argv[2]);
        forget_people(NULL);
        return code;
    }
    return cmocka_run_group_tests_name("default_model", tests, find_people,
                                       forget_people);
}
