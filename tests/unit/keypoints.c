/*
 * keypoints.c - files of keypoints: what is written is read again in every
 * format, in its order and number; bad files are refused in one line, damaged
 * ones do no harm.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "data/keypoints.h"
#include "pose/skeleton.h"

#define FRAMES 5

static char folder[256];

static int make_folder(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sinew-keypoints.XXXXXX",
             base ? base : P_tmpdir);
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static const char *path_of(const char *name) {
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *path, const void *data, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Frame f of a video in which person 2 comes later, and point 3 is not seen. */
static void fill(struct sinew_keypoint_frame *frame, int f, int n_names,
                 int persons) {
    assert_int_equal(sinew_keypoint_frame_name(frame, "a, \"b\".mp4"),
                     SINEW_OK);
    frame->index = 3 + f;
    frame->time = (3 + f) / 25.0;
    frame->width = 640;
    frame->height = 480;
    frame->n_persons = 0;
    for (int p = 0; p < (f < 2 ? 1 : persons); p++) {
        assert_int_equal(sinew_keypoint_frame_add(frame, n_names), p);
        frame->persons[p].id = 7 - 3 * p;
        frame->persons[p].score = 0.75f;
        frame->persons[p].box = (sinew_box){1, 2, 30, 40.5f};
        for (int i = 0; i < n_names; i++)
            if (i != 3 + f)
                frame->points[p * n_names + i] =
                    (sinew_keypoint){10.125f * (float)(i + 1) + (float)p,
                                     300.5f - (float)(i * f), 0.25f};
    }
}

/* What a format keeps. */
struct kept {
    const char *format, *file;
    bool times, size, boxes, scores, source;
    int persons;
};

static const struct kept all[] = {
    {"csv", "a.csv", true, false, false, true, true, 2},
    {"jsonl", "a.jsonl", true, true, true, true, true, 2},
    {"openpose", "a/", false, false, false, true, false, 2},
    {"coco", "a.json", false, false, true, true, false, 2},
    {"trc", "a.trc", true, false, false, false, false, 1},
#if SINEW_WITH_ZIP
    {"npz", "a.npz", true, false, false, true, true, 2},
#endif
};
#define N_ALL (sizeof all / sizeof *all)

static const char *const *names_of(const char *set, int *n) {
    static const char *names[SINEW_MAX_KEYPOINTS];
    const struct sinew_skeleton *skeleton = sinew_skeleton_find(set);
    *n = skeleton->n_joints;
    for (int i = 0; i < *n; i++)
        names[i] = skeleton->joints[i].name;
    return names;
}

static void write_all(const struct kept *kept, const char *set) {
    struct sinew_keypoint_options options = {.force = true};
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_writer *writer;
    int n;
    const char *const *names = names_of(set, &n);
    assert_int_equal(sinew_keypoint_writer_open(&writer, path_of(kept->file),
                                                names, n, &options),
                     SINEW_OK);
    assert_string_equal(writer->format->name, kept->format);
    for (int f = 0; f < FRAMES; f++) {
        fill(&frame, f, n, kept->persons);
        assert_int_equal(sinew_keypoint_write(writer, &frame), SINEW_OK);
    }
    assert_int_equal(sinew_keypoint_writer_close(&writer, true), SINEW_OK);
    assert_null(writer);
    sinew_keypoint_frame_free(&frame);
}

static void compare(const struct kept *kept,
                    const struct sinew_keypoint_frame *got,
                    const struct sinew_keypoint_frame *want, int n) {
    assert_int_equal(got->index, want->index);
    assert_true(fabs(got->time - want->time) < 1e-6);
    assert_int_equal(got->width, kept->size ? want->width : 0);
    assert_int_equal(got->n_persons, want->n_persons);
    if (kept->source) assert_string_equal(got->source, want->source);
    for (int p = 0; p < want->n_persons; p++) {
        const struct sinew_keypoint_person *a = &got->persons[p];
        const struct sinew_keypoint_person *b = &want->persons[p];
        if (strcmp(kept->format, "trc") != 0) assert_int_equal(a->id, b->id);
        if (kept->boxes) assert_true(a->box.height == b->box.height);
        if (kept->boxes) assert_true(a->score == b->score);
        for (int i = 0; i < n; i++) {
            const sinew_keypoint *x = &got->points[p * n + i];
            const sinew_keypoint *y = &want->points[p * n + i];
            assert_int_equal(sinew_keypoint_placed(x),
                             sinew_keypoint_placed(y));
            if (!sinew_keypoint_placed(y)) continue;
            assert_true(fabsf(x->x - y->x) < 6e-4f);
            assert_true(fabsf(x->y - y->y) < 6e-4f);
            if (kept->scores) assert_true(fabsf(x->score - y->score) < 1e-4f);
        }
    }
}

static void formats_give_back_what_they_got(void **state) {
    (void)state;
    static const char *const sets[] = {"halpe26", "coco17", "body25", "mpii16"};
    for (size_t k = 0; k < N_ALL; k++)
        for (int s = 0; s < 4; s++) {
            const struct kept *kept = &all[k];
            struct sinew_keypoint_options options = {.rate = 25};
            struct sinew_keypoint_frame got = {0}, want = {0};
            struct sinew_keypoint_reader *reader;
            bool more;
            int n, f = 0;
            char command[600];
            snprintf(command, sizeof command, "rm -rf '%s'",
                     path_of(kept->file));
            assert_int_equal(system(command), 0);
            write_all(kept, sets[s]);
            const char *const *names = names_of(sets[s], &n);
            struct sinew_file file;
            if (strcmp(kept->format, "openpose") != 0) {
                assert_int_equal(
                    sinew_keypoint_load(&file, path_of(kept->file)), SINEW_OK);
                assert_true(sinew_keypoint_probe(&file));
                sinew_file_close(&file);
            }
            assert_int_equal(sinew_keypoint_reader_open(
                                 &reader, path_of(kept->file), &options),
                             SINEW_OK);
            assert_string_equal(reader->format->name, kept->format);
            assert_int_equal(reader->n_names, n);
            for (int i = 0; i < n; i++)
                assert_int_equal(sinew_part_find(reader->names[i]),
                                 sinew_part_find(names[i]));
            while (sinew_keypoint_next(reader, &got, &more) == SINEW_OK &&
                   more) {
                fill(&want, f++, n, kept->persons);
                compare(kept, &got, &want, n);
            }
            assert_int_equal(f, FRAMES);
            assert_string_equal(reader->note, "");
            sinew_keypoint_reader_close(&reader);
            sinew_keypoint_frame_free(&got);
            sinew_keypoint_frame_free(&want);
        }
}

static void times_that_are_not_there_are_told(void **state) {
    (void)state;
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_reader *reader;
    bool got;
    write_all(&all[3], "halpe26");
    assert_int_equal(
        sinew_keypoint_reader_open(&reader, path_of("a.json"), NULL), SINEW_OK);
    assert_int_equal(sinew_keypoint_next(reader, &frame, &got), SINEW_OK);
    assert_true(fabs(frame.time - 0.1) < 1e-12);
    assert_non_null(strstr(reader->note, "30 frames a second"));
    sinew_keypoint_reader_close(&reader);
    sinew_keypoint_frame_free(&frame);
}

static void trc_has_markers_and_metres(void **state) {
    (void)state;
    struct sinew_keypoint_options options = {
        .force = true, .scale = 0.005, .person = 4};
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_writer *writer;
    struct sinew_file file;
    int n;
    const char *const *names = names_of("halpe26", &n);
    assert_int_equal(sinew_keypoint_writer_open(&writer, path_of("m.trc"),
                                                names, n, &options),
                     SINEW_OK);
    for (int f = 0; f < FRAMES; f++) {
        fill(&frame, f, n, 2);
        assert_int_equal(sinew_keypoint_write(writer, &frame), SINEW_OK);
    }
    assert_int_equal(sinew_keypoint_writer_close(&writer, true), SINEW_OK);
    assert_int_equal(sinew_file_open(&file, path_of("m.trc")), SINEW_OK);
    char *text = sinew_alloc(file.size + 1, 1);
    memcpy(text, file.data, file.size);
    assert_non_null(
        strstr(text, "PathFileType\t4\t(X/Y/Z)\tm.trc\nDataRate\t"));
    assert_non_null(strstr(text, "\n25.000\t25.000\t5\t26\tm\t25.000\t1\t5\n"));
    assert_non_null(strstr(text, "Frame#\tTime\tNose\t\t\tLEye\t\t\tREye"));
    assert_non_null(strstr(text, "\tHead\t\t\tNeck\t\t\tHip\t\t\tLBigToe"));
    assert_non_null(strstr(text, "\tRHeel\n\t\tX1\tY1\tZ1\tX2"));
    /* Person 4 is not in the first two frames. */
    assert_non_null(strstr(text, "\n3\t0.120000\t\t\t\t\t"));
    /* x = 11.125 and y = 300.5 pixels. */
    assert_non_null(strstr(text, "\n5\t0.200000\t0.0556"));
    sinew_free(text);
    sinew_file_close(&file);
    /* Without a choice two people are one too many. */
    options.person = 0;
    assert_int_equal(sinew_keypoint_writer_open(&writer, path_of("m.trc"),
                                                names, n, &options),
                     SINEW_OK);
    assert_int_equal(sinew_keypoint_write(writer, &frame), SINEW_INVALID);
    assert_int_equal(sinew_keypoint_writer_close(&writer, false), SINEW_OK);
    assert_int_equal(access(path_of("m.trc"), R_OK), 0); /* the old one */
    sinew_keypoint_frame_free(&frame);
}

/* A file's name and content, and what the one line about it must hold. */
static const char *const bad_files[][3] = {
    {"b.csv", "frame,keypoint,x_px\n", "no column y_px"},
    {"b.csv", "frame,keypoint,x_px,y_px\n0,a,1,2\n0,b,x,3\n",
     "line 3: x_px: 'x' is no number"},
    {"b.csv", "frame,keypoint,x_px,y_px\n0,a,1\n", "line 2: another number"},
    {"b.csv", "frame,keypoint,x_px,y_px\nno,a,1,2\n", "line 2: frame: 'no'"},
    {"b.csv", "frame,keypoint,x_px,y_px\n0,a,1,2\n1,b,1,2\n",
     "line 3: a keypoint that the first person lacks"},
    {"b.csv", "frame,keypoint,x_px,y_px\n0,,1,2\n", "no keypoint name"},
    {"b.jsonl", "{\"persons\":[}\n", "line 1: unexpected token"},
    {"b.jsonl", "{\"persons\":3}\n", "line 1: no list of persons"},
    {"b.jsonl", "{\"persons\":[{\"keypoints\":[{\"x\":1}]}]}\n",
     "line 1: a keypoint without a name"},
    {"b.jsonl",
     "{\"persons\":[{\"keypoints\":[{\"name\":\"a\",\"x\":\"1\"}]}]}\n",
     "line 1: a keypoint is no number"},
    {"b.json", "[{\"image_id\":1,\"keypoints\":[1,2]}]",
     "no list of keypoints"},
    {"b.json", "[{\"image_id\":1,\"keypoints\":[1,2,3]}]", "of no known set"},
    {"b.json", "[{\"image_id\":1,", "line 1: "},
    {"b.trc", "PathFileType\n", "the header ends early"},
    {"b.trc", "PathFileType\nx\n30 30 many\nFrame#\tTime\tA\n\n",
     "no number of frames"},
    {"b.trc", "PathFileType\nx\n30 30 1 1 m\nFrame#\tTime\n\n", "no markers"},
    {"b.trc", "PathFileType\nx\n30 30 1 1 m\nFrame#\tTime\tA\tB\n\n",
     "not three columns apart"},
    {"b.trc",
     "PathFileType\nx\n30 30 2 1 m\nFrame#\tTime\tA\n\n0\t0\t1\t2\t3\n",
     "1 frames, though the header says 2"},
    {"b.trc",
     "PathFileType\nx\n30 30 1 1 m\nFrame#\tTime\tA\n\n0\t0\t1\tb\t3\n",
     "line 6: 'b' is no number"},
    {"b.txt", "hello\n", "no keypoints in a format known"},
};

static sinew_status read_whole(const char *path) {
    struct sinew_keypoint_frame frame = {0};
    struct sinew_keypoint_reader *reader;
    struct sinew_keypoint_options options = {.rate = 30};
    bool got = true;
    sinew_status status = sinew_keypoint_reader_open(&reader, path, &options);
    while (status == SINEW_OK && got)
        status = sinew_keypoint_next(reader, &frame, &got);
    sinew_keypoint_reader_close(&reader);
    sinew_keypoint_frame_free(&frame);
    return status;
}

static void bad_files_are_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++) {
        const char *path = path_of(bad_files[i][0]);
        write_file(path, bad_files[i][1], strlen(bad_files[i][1]));
        if (read_whole(path) == SINEW_OK) fail_msg("read: %s", bad_files[i][1]);
        const char *message = sinew_error_message();
        if (!strstr(message, bad_files[i][2]) || strchr(message, '\n') ||
            strncmp(message, folder, strlen(folder)) != 0)
            fail_msg("%s, not %s", message, bad_files[i][2]);
    }
    assert_int_equal(read_whole(path_of("nothing.csv")), SINEW_IO);
    char *empty = strdup(path_of("empty"));
    mkdir(empty, 0777);
    assert_int_equal(read_whole(empty), SINEW_FORMAT);
    free(empty);
}

static void openpose_files_may_be_bad(void **state) {
    (void)state;
    char *dir = strdup(path_of("op"));
    mkdir(dir, 0777);
    char *path = sinew_format("%s/x_000000000001_keypoints.json", dir);
    static const char *const texts[][2] = {
        {"{}", "no list of people"},
        {"{\"people\":[{\"pose_keypoints_2d\":[1,2,3]}]}", "of no known set"},
        {"[", "line 1"},
    };
    for (int i = 0; i < 3; i++) {
        write_file(path, texts[i][0], strlen(texts[i][0]));
        assert_int_equal(read_whole(dir), SINEW_FORMAT);
        assert_non_null(strstr(sinew_error_message(), texts[i][1]));
    }
    sinew_free(path);
    free(dir);
}

/* Every file cut short and every byte changed: anything may come of it but
 * harm, which the sanitizers would see. */
static void damage_does_no_harm(void **state) {
    (void)state;
    for (size_t k = 0; k < N_ALL; k++) {
        struct sinew_file file;
        if (!strcmp(all[k].format, "openpose")) continue;
        write_all(&all[k], "mpii16");
        assert_int_equal(sinew_file_open(&file, path_of(all[k].file)),
                         SINEW_OK);
        uint8_t *copy = sinew_alloc(file.size, 1);
        int fine = 0;
        size_t step = 1 + file.size / 150;
        for (size_t i = 1; i < file.size; i += step) {
            memcpy(copy, file.data, file.size);
            write_file(path_of("damaged"), copy, i);
            fine += read_whole(path_of("damaged")) == SINEW_OK;
            copy[i] ^= (uint8_t)(1 + i % 255);
            write_file(path_of("damaged"), copy, file.size);
            fine += read_whole(path_of("damaged")) == SINEW_OK;
        }
        printf("%s: %d damaged files could be read\n", all[k].format, fine);
        sinew_free(copy);
        sinew_file_close(&file);
    }
}

static void files_are_not_replaced_unasked(void **state) {
    (void)state;
    struct sinew_keypoint_writer *writer;
    int n;
    const char *const *names = names_of("coco17", &n);
    write_all(&all[0], "coco17");
    assert_int_equal(
        sinew_keypoint_writer_open(&writer, path_of("a.csv"), names, n, NULL),
        SINEW_IO);
    assert_null(writer);
    assert_int_equal(
        sinew_keypoint_writer_open(&writer, path_of("a.doc"), names, n, NULL),
        SINEW_UNSUPPORTED);
    assert_non_null(strstr(sinew_error_message(), ".trc"));
    assert_int_equal(
        sinew_keypoint_writer_open(&writer, path_of("new.csv"), names, n, NULL),
        SINEW_OK);
    assert_int_equal(sinew_keypoint_writer_close(&writer, false), SINEW_OK);
    assert_int_not_equal(access(path_of("new.csv"), F_OK), 0);
}

static void formats_are_listed(void **state) {
    (void)state;
    for (int i = 0; sinew_keypoint_format_at(i); i++)
        assert_ptr_equal(
            sinew_keypoint_format_find(sinew_keypoint_format_at(i)->name),
            sinew_keypoint_format_at(i));
    assert_null(sinew_keypoint_format_at(-1));
    assert_null(sinew_keypoint_format_find("c3d"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_give_back_what_they_got),
        cmocka_unit_test(times_that_are_not_there_are_told),
        cmocka_unit_test(trc_has_markers_and_metres),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(openpose_files_may_be_bad),
        cmocka_unit_test(damage_does_no_harm),
        cmocka_unit_test(files_are_not_replaced_unasked),
        cmocka_unit_test(formats_are_listed),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
