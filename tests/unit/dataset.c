/*
 * dataset.c - annotation files of every form, mapping, mixing and writing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "data/dataset.h"

#define PATH "build-test-dataset.json"

static void write_file(const char *text) {
    FILE *file = fopen(PATH, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void read_text(struct sinew_dataset *set, const char *text) {
    write_file(text);
    if (sinew_dataset_read(set, PATH, "pics", NULL) < 0)
        fail_msg("%s", sinew_error_message());
    remove(PATH);
}

/* The text is refused, and the message says where and why. */
static void refused(const char *text, const char *where, const char *why) {
    struct sinew_dataset set;
    write_file(text);
    assert_true(sinew_dataset_read(&set, PATH, NULL, NULL) < 0);
    if (!strstr(sinew_error_message(), PATH) ||
        !strstr(sinew_error_message(), where) ||
        !strstr(sinew_error_message(), why))
        fail_msg("not '%s' and '%s': %s", where, why, sinew_error_message());
    sinew_dataset_free(&set);
    remove(PATH);
}

static void same_label(const struct sinew_label *label, float x, float y,
                       int seen) {
    assert_float_equal(label->x, x, 1e-6);
    assert_float_equal(label->y, y, 1e-6);
    assert_int_equal(label->seen, seen);
}

/* "0,0,0," n times, the last without its comma, into text. */
static const char *zeros(char *text, int n) {
    text[0] = 0;
    for (int i = 0; i < n; i++)
        strcat(text, i + 1 < n ? "0,0,0," : "0,0,0");
    return text;
}

static void reads_coco(void **state) {
    (void)state;
    struct sinew_dataset set;
    char rest[128 * 8], text[4096];
    snprintf(text, sizeof text,
             "{\"images\":[{\"id\":7,\"file_name\":\"b.jpg\",\"width\":64,"
             "\"height\":48},{\"id\":3,\"file_name\":\"a.jpg\"}],"
             "\"annotations\":["
             "{\"id\":1,\"image_id\":3,\"bbox\":[1,2,30,40],\"keypoints\":"
             "[5,6,2,8,9.5,1,%s]},"
             "{\"id\":2,\"image_id\":7,\"bbox\":[0,0,10,10],\"area\":55,"
             "\"iscrowd\":1,\"keypoints\":[%s,4,5,1]},"
             "{\"id\":4,\"image_id\":3,\"bbox\":[0,0,1,1]}]}",
             zeros(rest, 15), zeros(rest + 512, 16));
    read_text(&set, text);
    assert_string_equal(set.skeleton->name, "coco17");
    assert_int_equal(set.n_pictures, 2);
    assert_int_equal(set.n_persons, 3);
    assert_string_equal(set.pictures[0].path, "pics/b.jpg");
    assert_int_equal(set.pictures[0].width, 64);
    assert_int_equal(set.pictures[1].first, 1);
    assert_int_equal(set.pictures[1].n, 2);
    const struct sinew_dataset_person *crowd = &set.persons[0];
    const struct sinew_dataset_person *one = &set.persons[1];
    assert_int_equal(crowd->id, 2);
    assert_true(crowd->iscrowd && !crowd->area_is_estimate);
    assert_true(crowd->area == 55);
    assert_int_equal(one->id, 1);
    assert_int_equal(one->labelled, 2);
    assert_true(one->area_is_estimate && !one->iscrowd);
    assert_float_equal(one->area, .53 * 30 * 40, 1e-9);
    same_label(&sinew_dataset_labels(&set, 1)[0], 5, 6, 2);
    same_label(&sinew_dataset_labels(&set, 1)[1], 8, 9.5f, 1);
    same_label(&sinew_dataset_labels(&set, 1)[2], 0, 0, 0);
    same_label(&sinew_dataset_labels(&set, 0)[16], 4, 5, 1);
    assert_int_equal(set.persons[2].labelled, 0);
    sinew_dataset_free(&set);
}

/* The forms COCO's JSON is used in: which set, and which points of it. */
static void reads_relatives_of_coco(void **state) {
    (void)state;
    static const struct {
        int points;
        const char *feet, *names, *set;
    } cases[] = {
        {136, "", "", "halpe26"},
        {133, "", "", "wholebody23"},
        {14, "", "", "crowdpose14"},
        {17, ",\"foot_kpts\":[1,1,1,2,2,2,3,3,0.5,0,0,0,0,0,0,0,0,0]", "",
         "wholebody23"},
        {2, "",
         ",\"categories\":[{\"keypoints\":[\"left_thing\",\"right_thing\"]}]",
         "own"},
        {14, "",
         ",\"categories\":[{\"keypoints\":[\"right_shoulder\",\"right_elbow\","
         "\"right_wrist\",\"left_shoulder\",\"left_elbow\",\"left_wrist\","
         "\"right_hip\",\"right_knee\",\"right_ankle\",\"left_hip\","
         "\"left_knee\",\"left_ankle\",\"head_top\",\"neck\"]}]",
         "aic14"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sinew_dataset set;
        char rest[136 * 8], text[4096];
        snprintf(text, sizeof text,
                 "{\"images\":[{\"id\":1,\"file_name\":\"a\"}],\"annotations\":"
                 "[{\"image_id\":1,\"keypoints\":[5,6,2,%s]%s}]%s}",
                 zeros(rest, cases[i].points - 1), cases[i].feet,
                 cases[i].names);
        read_text(&set, text);
        assert_string_equal(set.skeleton->name, cases[i].set);
        const struct sinew_label *labels = sinew_dataset_labels(&set, 0);
        same_label(&labels[0], 5, 6, 2);
        assert_int_equal(set.persons[0].labelled, cases[i].feet[0] ? 4 : 1);
        if (cases[i].feet[0]) {
            same_label(&labels[17], 1, 1, 1);
            same_label(&labels[19], 3, 3, 2);
        }
        if (cases[i].points == 2)
            assert_int_equal(set.skeleton->joints[0].flip, 1);
        sinew_dataset_free(&set);
    }
}

static void reads_aic(void **state) {
    (void)state;
    struct sinew_dataset set;
    char rest[128], text[1024];
    snprintf(text, sizeof text,
             "[{\"image_id\":\"abc\",\"human_annotations\":{\"human1\":[10,20,"
             "30,60]},\"keypoint_annotations\":{\"human1\":[1,2,1,3,4,2,9,9,3,"
             "%s]}}]",
             zeros(rest, 11));
    read_text(&set, text);
    assert_string_equal(set.skeleton->name, "aic14");
    assert_string_equal(set.pictures[0].path, "pics/abc.jpg");
    const struct sinew_label *labels = sinew_dataset_labels(&set, 0);
    same_label(&labels[0], 1, 2, 2);
    same_label(&labels[1], 3, 4, 1);
    same_label(&labels[2], 0, 0, 0);
    assert_int_equal(set.persons[0].labelled, 2);
    assert_true(set.persons[0].box[2] == 20 && set.persons[0].box[3] == 40);
    sinew_dataset_free(&set);
}

static void reads_mpii_json(void **state) {
    (void)state;
    struct sinew_dataset set;
    char text[2048] = "[{\"image\":\"m.jpg\",\"scale\":0.5,\"center\":[101,51],"
                      "\"joints_vis\":[1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"
                      "\"joints\":[[31,91],[5,6.5]";
    for (int k = 2; k < 16; k++)
        strcat(text, ",[-1,-1]");
    strcat(text, "]}]");
    read_text(&set, text);
    assert_string_equal(set.skeleton->name, "mpii16");
    const struct sinew_label *labels = sinew_dataset_labels(&set, 0);
    same_label(&labels[0], 30, 90, 2); /* from 1 to 0 */
    same_label(&labels[1], 4, 5.5f, 2);
    assert_int_equal(set.persons[0].labelled, 2);
    /* centre (100, 57.5), side 100 */
    assert_float_equal(set.persons[0].box[0], 50, 1e-9);
    assert_float_equal(set.persons[0].box[1], 7.5, 1e-9);
    assert_float_equal(set.persons[0].box[3], 100, 1e-9);
    sinew_dataset_free(&set);
}

#if SINEW_WITH_MATIO
static void reads_mpii_mat(void **state) {
    (void)state;
    struct sinew_dataset set;
    if (sinew_dataset_read(&set, "tests/data/dataset/mpii.mat", "d/", NULL) < 0)
        fail_msg("%s", sinew_error_message());
    assert_string_equal(set.skeleton->name, "mpii16");
    assert_int_equal(set.n_pictures, 2);
    assert_string_equal(set.pictures[1].path, "d/b.jpg");
    assert_int_equal(set.n_persons, 1);
    assert_int_equal(set.skipped, 1);
    const struct sinew_label *labels = sinew_dataset_labels(&set, 0);
    same_label(&labels[0], 30, 90, 2);
    same_label(&labels[9], 25, 20, 2);
    same_label(&labels[10], 50.5f, 70, 1);
    assert_float_equal(set.persons[0].head, .6 * 50, 1e-5);
    assert_float_equal(set.persons[0].box[0], 50, 1e-9);
    assert_float_equal(set.persons[0].box[1], 7.5, 1e-9);
    sinew_dataset_free(&set);
}

/* Dimensions no file of that size can have are refused before there is room
 * made for them. */
static void refuses_a_mat_of_too_many(void **state) {
    (void)state;
    static const uint8_t dims[] = {3, 0, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0};
    uint8_t bytes[1024];
    struct sinew_dataset set;
    FILE *file = fopen("tests/data/dataset/lsp.mat", "rb");
    assert_non_null(file);
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    size_t at = 0;
    while (at + sizeof dims <= size && memcmp(bytes + at, dims, sizeof dims))
        at++;
    assert_true(at + sizeof dims <= size);
    bytes[at + 11] = 0x40; /* 2^30 people more */
    file = fopen(PATH, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    assert_int_equal(sinew_dataset_read(&set, PATH, NULL, "lsp-mat"),
                     SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "variable 'joints'"));
    sinew_dataset_free(&set);
    remove(PATH);
}

static void reads_lsp_mat(void **state) {
    (void)state;
    struct sinew_dataset set;
    if (sinew_dataset_read(&set, "tests/data/dataset/lspet.mat", NULL, NULL) <
        0)
        fail_msg("%s", sinew_error_message());
    assert_string_equal(set.skeleton->name, "lsp14");
    assert_int_equal(set.n_persons, 2);
    assert_string_equal(set.pictures[1].path, "tests/data/dataset/im00002.jpg");
    same_label(&sinew_dataset_labels(&set, 0)[0], 10.5f, 20.25f, 2);
    same_label(&sinew_dataset_labels(&set, 1)[3], 0, 0, 0);
    same_label(&sinew_dataset_labels(&set, 1)[4], 9, 8, 2);
    assert_float_equal(set.persons[0].box[1], 5, 1e-9);
    sinew_dataset_free(&set);
    if (sinew_dataset_read(&set, "tests/data/dataset/lsp.mat", NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
    assert_string_equal(set.pictures[0].path, "tests/data/dataset/im0001.jpg");
    same_label(&sinew_dataset_labels(&set, 0)[3], 3, 6, 1);
    same_label(&sinew_dataset_labels(&set, 0)[4], 4, 8, 2);
    sinew_dataset_free(&set);
}
#endif

static void refuses_what_cannot_be(void **state) {
    (void)state;
    struct sinew_dataset set;
    refused("{\"images\":[", "line 1", "");
    refused("[1,2]", "", "no format known");
    refused("{\"images\":[]}", "", "no list of annotations");
    refused("{\"images\":[{\"id\":1}],\"annotations\":[]}", "images[0]",
            "file_name");
    refused("{\"images\":[{\"id\":1,\"file_name\":\"a\"},{\"id\":1,"
            "\"file_name\":\"b\"}],\"annotations\":[]}",
            "", "two images");
    refused("{\"images\":[],\"annotations\":[{\"image_id\":4}]}",
            "annotations[0]", "no image 4");
    refused("{\"images\":[{\"id\":1,\"file_name\":\"a\",\"width\":-4}],"
            "\"annotations\":[]}",
            "images[0]", "size");
    refused("{\"images\":[{\"id\":1,\"file_name\":\"a\"}],\"annotations\":"
            "[{\"image_id\":1,\"keypoints\":[1,2]}]}",
            "", "keypoints");
    refused("{\"images\":[{\"id\":1,\"file_name\":\"a\"}],\"annotations\":"
            "[{\"image_id\":1,\"bbox\":[1,2,3,1e30]}]}",
            "annotations[0]", "bbox");
    refused("[{\"image\":\"a\",\"scale\":1,\"center\":[1]}]", "[0]", "center");
    write_file("[]");
    assert_int_equal(sinew_dataset_read(&set, PATH, NULL, "nonsense"),
                     SINEW_UNSUPPORTED);
    sinew_dataset_free(&set);
    remove(PATH);
    assert_int_equal(sinew_dataset_read(&set, "no/such.json", NULL, NULL),
                     SINEW_IO);
    sinew_dataset_free(&set);
}

/* Tables of MMPose's body8 configurations: joint i of the set becomes joint
 * to[i] of Halpe-26, -1 = none. */
static void maps_as_published(void **state) {
    (void)state;
    static const struct {
        const char *set;
        int to[26];
    } cases[] = {
        {"coco17", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
        {"wholebody23", {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11,
                         12, 13, 14, 15, 16, 20, 22, 24, 21, 23, 25}},
        {"aic14", {6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 17, 18}},
        {"mpii16", {16, 14, 12, 11, 13, 15, -1, -1, 18, 17, 10, 8, 6, 5, 7, 9}},
        {"crowdpose14", {5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18}},
        {"jhmdb15", {18, -1, 17, 6, 5, 12, 11, 8, 7, 14, 13, 10, 9, 16, 15}},
        {"posetrack17",
         {0, -1, 17, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}},
        {"lsp14", {16, 14, 12, 11, 13, 15, 10, 8, 6, 5, 7, 9, 18, 17}}};
    const struct sinew_skeleton *halpe = sinew_skeleton_find("halpe26");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sinew_skeleton *set = sinew_skeleton_find(cases[i].set);
        int from[26], expected[26];
        assert_non_null(set);
        sinew_skeleton_map(halpe, set, from);
        for (int k = 0; k < 26; k++)
            expected[k] = -1;
        for (int k = 0; k < set->n_joints; k++)
            if (cases[i].to[k] >= 0) expected[cases[i].to[k]] = k;
        for (int k = 0; k < 26; k++)
            if (from[k] != expected[k])
                fail_msg("%s: joint %d of halpe26 is %d, not %d", cases[i].set,
                         k, from[k], expected[k]);
    }
}

static const char *const sample =
    "{\"images\":[{\"id\":5,\"file_name\":\"x/a.jpg\",\"width\":10,\"height\":"
    "20}],\"categories\":[{\"keypoints\":[\"left_knee\",\"right_knee\"]}],"
    "\"annotations\":[{\"id\":9,\"image_id\":5,\"bbox\":[1.25,2,3,4.5],"
    "\"head_size\":7.5,\"keypoints\":[1.1,2.2,2,3.3,4.4,1]}]}";

static void maps_and_mixes(void **state) {
    (void)state;
    struct sinew_dataset set, mix = {0};
    read_text(&set, sample);
    assert_int_equal(sinew_dataset_add(&mix, &set, 2), SINEW_OK);
    assert_int_equal(sinew_dataset_add(&mix, &set, .5), SINEW_OK);
    assert_int_equal(sinew_dataset_add(&mix, &set, -1), SINEW_INVALID);
    assert_int_equal(mix.n_pictures, 2);
    assert_int_equal(mix.n_persons, 2);
    assert_true(mix.persons[0].weight == 2 && mix.persons[1].weight == .5f);
    assert_int_equal(mix.persons[1].picture, 1);
    assert_int_equal(mix.pictures[1].first, 1);
    same_label(&sinew_dataset_labels(&mix, 1)[1], 3.3f, 4.4f, 1);
    sinew_dataset_free(&mix);
    assert_int_equal(sinew_dataset_map(&set, sinew_skeleton_find("coco17")),
                     SINEW_OK);
    assert_int_equal(set.persons[0].labelled, 2);
    same_label(&sinew_dataset_labels(&set, 0)[13], 1.1f, 2.2f, 2);
    same_label(&sinew_dataset_labels(&set, 0)[14], 3.3f, 4.4f, 1);
    same_label(&sinew_dataset_labels(&set, 0)[0], 0, 0, 0);
    sinew_dataset_free(&set);
}

static void writes_what_it_read(void **state) {
    (void)state;
    struct sinew_dataset set, again;
    read_text(&set, sample);
    if (sinew_dataset_write(&set, PATH, "pics", NULL, true) < 0)
        fail_msg("%s", sinew_error_message());
    assert_int_equal(sinew_dataset_write(&set, PATH, "pics", NULL, false),
                     SINEW_IO);
    assert_int_equal(sinew_dataset_read(&again, PATH, "pics", "coco"),
                     SINEW_OK);
    assert_string_equal(again.pictures[0].path, "pics/x/a.jpg");
    assert_int_equal(again.pictures[0].height, 20);
    assert_int_equal(again.persons[0].id, 9);
    assert_memory_equal(again.persons[0].box, set.persons[0].box,
                        sizeof set.persons[0].box);
    assert_true(again.persons[0].area == set.persons[0].area);
    assert_true(again.persons[0].area_is_estimate);
    assert_true(again.persons[0].head == 7.5f);
    assert_memory_equal(again.labels, set.labels, 2 * sizeof *set.labels);
    assert_string_equal(again.skeleton->joints[1].name, "right_knee");
    sinew_dataset_free(&set);
    sinew_dataset_free(&again);
    remove(PATH);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_coco),
        cmocka_unit_test(reads_relatives_of_coco),
        cmocka_unit_test(reads_aic),
        cmocka_unit_test(reads_mpii_json),
#if SINEW_WITH_MATIO
        cmocka_unit_test(reads_mpii_mat),
        cmocka_unit_test(reads_lsp_mat),
        cmocka_unit_test(refuses_a_mat_of_too_many),
#endif
        cmocka_unit_test(refuses_what_cannot_be),
        cmocka_unit_test(maps_as_published),
        cmocka_unit_test(maps_and_mixes),
        cmocka_unit_test(writes_what_it_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
