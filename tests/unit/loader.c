/*
 * loader.c - batches do not depend on the number of threads; broken pictures
 * are named, counted, replaced, and too many of them end the run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "data/loader.h"
#include "media/media.h"

#define PICTURES 12
#define JOINTS   3

static char folder[] = "build-test-loader.XXXXXX";

static void path_of(char *path, size_t size, int i) {
    snprintf(path, size, "%s/p%02d.png", folder, i);
}

/* Pictures of noise, and a set with two people on each. */
static int make_files(void **state) {
    char path[256];
    sinew_image image = {0};
    struct sinew_rng rng;
    (void)state;
    if (!mkdtemp(folder)) return -1;
    sinew_rng_seed(&rng, 1);
    for (int i = 0; i < PICTURES; i++) {
        if (sinew_image_create(&image, 60 + i, 50, 3) < 0) return -1;
        for (int64_t j = 0; j < image.stride * image.height; j++)
            image.data[j] = (uint8_t)sinew_rng_next(&rng);
        path_of(path, sizeof path, i);
        if (sinew_still_write(path, &image, 0, true) < 0) return -1;
        sinew_image_free(&image);
    }
    snprintf(path, sizeof path, "%s/set.json", folder);
    FILE *file = fopen(path, "wb");
    if (!file) return -1;
    fputs("{\"categories\":[{\"keypoints\":[\"nose\",\"left_eye\","
          "\"right_eye\"]}],\"images\":[",
          file);
    for (int i = 0; i < PICTURES; i++)
        fprintf(file, "%s{\"id\":%d,\"file_name\":\"p%02d.png\"}", i ? "," : "",
                i, i);
    fputs("],\"annotations\":[", file);
    for (int i = 0; i < 2 * PICTURES; i++)
        fprintf(file,
                "%s{\"id\":%d,\"image_id\":%d,\"bbox\":[%d,5,20,30],"
                "\"keypoints\":[%d,10,2,20,%d,2,0,0,0]}",
                i ? "," : "", i, i / 2, i % 5, 10 + i, 12 + i);
    fputs("]}", file);
    fclose(file);
    return 0;
}

static int remove_files(void **state) {
    char path[256];
    (void)state;
    for (int i = 0; i < PICTURES; i++) {
        path_of(path, sizeof path, i);
        remove(path);
    }
    snprintf(path, sizeof path, "%s/set.json", folder);
    remove(path);
    return rmdir(folder);
}

static void read_set(struct sinew_dataset *set) {
    char path[256];
    snprintf(path, sizeof path, "%s/set.json", folder);
    if (sinew_dataset_read(set, path, NULL, NULL) < 0)
        fail_msg("%s", sinew_error_message());
}

static struct sinew_loader *create(const struct sinew_loader_options *options) {
    struct sinew_loader *loader;
    if (sinew_loader_create(&loader, options) < 0)
        fail_msg("%s", sinew_error_message());
    return loader;
}

static void start(struct sinew_loader *loader, int64_t epoch, int64_t first) {
    if (sinew_loader_start(loader, epoch, first) < 0)
        fail_msg("%s", sinew_error_message());
}

static const struct sinew_batch *next(struct sinew_loader *loader) {
    const struct sinew_batch *batch;
    if (sinew_loader_next(loader, &batch) < 0)
        fail_msg("%s", sinew_error_message());
    return batch;
}

/* FNV-1a of everything a batch holds. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t hash_batch(uint64_t hash, const struct sinew_batch *batch) {
    hash = hash_bytes(hash, batch->persons,
                      (size_t)batch->n * sizeof(*batch->persons));
    for (int i = 0; i < batch->n; i++) {
        const struct sinew_sample *s = &batch->samples[i];
        for (int y = 0; y < s->image.height; y++)
            hash = hash_bytes(hash, s->image.data + y * s->image.stride,
                              (size_t)s->image.width * 3);
        hash = hash_bytes(hash, s->labels, JOINTS * sizeof(*s->labels));
    }
    return hash;
}

/* All batches of two epochs. */
static uint64_t hash_run(const struct sinew_dataset *set, int workers,
                         int ahead, uint64_t seed) {
    struct sinew_loader_options options;
    uint64_t hash = UINT64_C(14695981039346656037);
    sinew_loader_options_init(&options, set, 24, 32);
    options.workers = workers;
    options.ahead = ahead;
    options.seed = seed;
    options.batch = 5;
    options.broken_share = .5;
    struct sinew_loader *loader = create(&options);
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        const struct sinew_batch *batch;
        start(loader, epoch, 0);
        assert_int_equal(sinew_loader_batches(loader), 2 * PICTURES / 5);
        int64_t n = 0;
        for (; (batch = next(loader)) != NULL; n++) {
            assert_int_equal(batch->index, n);
            assert_int_equal(batch->epoch, epoch);
            hash = hash_batch(hash, batch);
        }
        assert_int_equal(n, 2 * PICTURES / 5);
    }
    sinew_loader_free(&loader);
    assert_null(loader);
    return hash;
}

static void does_not_depend_on_threads(void **state) {
    (void)state;
    struct sinew_dataset set;
    read_set(&set);
    const uint64_t one = hash_run(&set, 1, 3, 7);
    assert_true(hash_run(&set, 8, 3, 7) == one);
    assert_true(hash_run(&set, 0, 1, 7) == one);
    assert_true(hash_run(&set, 4, 1, 7) == one);
    assert_true(hash_run(&set, 1, 3, 8) != one);
    sinew_dataset_free(&set);
}

static void goes_on_in_the_middle(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_loader_options options;
    uint64_t whole = 0, part = 0;
    read_set(&set);
    sinew_loader_options_init(&options, &set, 24, 32);
    options.batch = 6;
    options.workers = 3;
    struct sinew_loader *loader = create(&options);
    start(loader, 5, 0);
    for (int i = 0; i < 4; i++) {
        const struct sinew_batch *batch = next(loader);
        if (i >= 2) whole = hash_batch(whole, batch);
    }
    start(loader, 4, 1); /* left alone in the middle */
    next(loader);
    start(loader, 5, 2);
    part = hash_batch(part, next(loader));
    part = hash_batch(part, next(loader));
    assert_null(next(loader));
    assert_null(next(loader));
    assert_true(part == whole);
    sinew_loader_free(&loader);
    sinew_dataset_free(&set);
}

static void shows_people_by_weight(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_loader_options options;
    const struct sinew_batch *batch;
    int n[2 * PICTURES] = {0};
    read_set(&set);
    set.persons[0].weight = 3;
    set.persons[1].weight = .25f;
    set.persons[2].weight = 0;
    set.persons[3].iscrowd = true;
    sinew_loader_options_init(&options, &set, 6, 8);
    options.batch = 1;
    options.workers = 0;
    struct sinew_loader *loader = create(&options);
    for (int64_t epoch = 0; epoch < 40; epoch++) {
        start(loader, epoch, 0);
        while ((batch = next(loader)) != NULL)
            n[batch->persons[0]]++;
    }
    assert_int_equal(n[0], 120);
    assert_in_range(n[1], 3, 18);
    assert_int_equal(n[2] + n[3], 0);
    assert_int_equal(n[4], 40);
    sinew_loader_free(&loader);
    sinew_dataset_free(&set);
}

static void count_words(void *user, const char *text) {
    int *n = user;
    n[0]++;
    n[1] += strstr(text, "p03.png") != NULL || strstr(text, "p07.png") != NULL;
}

static void replaces_broken_pictures(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_loader_options options;
    const struct sinew_batch *batch;
    char path[256];
    int said[2] = {0};
    read_set(&set);
    path_of(path, sizeof path, 3);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("this is no picture", file);
    fclose(file);
    path_of(path, sizeof path, 7);
    remove(path);
    assert_true(hash_run(&set, 1, 3, 7) == hash_run(&set, 8, 3, 7));

    sinew_loader_options_init(&options, &set, 24, 32);
    options.batch = 4;
    options.workers = 4;
    options.broken_share = .2;
    options.warn = count_words;
    options.user = said;
    struct sinew_loader *loader = create(&options);
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        start(loader, epoch, 0);
        while ((batch = next(loader)) != NULL)
            for (int i = 0; i < batch->n; i++) {
                int64_t picture = set.persons[batch->persons[i]].picture;
                assert_true(picture != 3 && picture != 7);
            }
    }
    assert_int_equal(sinew_loader_broken(loader), 2);
    assert_true(said[0] == 2 && said[1] == 2);
    sinew_loader_free(&loader);

    options.broken_share = .1;
    loader = create(&options);
    start(loader, 0, 0);
    sinew_status status;
    while ((status = sinew_loader_next(loader, &batch)) == SINEW_OK && batch)
        continue;
    assert_int_equal(status, SINEW_FORMAT);
    assert_non_null(strstr(sinew_error_message(), "2 of 12 pictures"));
    sinew_loader_free(&loader);
    sinew_dataset_free(&set);
}

static void refuses_nonsense(void **state) {
    (void)state;
    struct sinew_dataset set;
    struct sinew_loader_options options;
    struct sinew_loader *loader;
    read_set(&set);
    sinew_loader_options_init(&options, &set, 24, 32);
    options.batch = 0;
    assert_int_equal(sinew_loader_create(&loader, &options), SINEW_INVALID);
    assert_null(loader);
    options.batch = 4;
    for (int64_t i = 0; i < set.n_persons; i++)
        set.persons[i].weight = 0;
    loader = create(&options);
    assert_int_equal(sinew_loader_start(loader, 0, 0), SINEW_INVALID);
    sinew_loader_free(&loader);
    sinew_dataset_free(&set);
}

/* Two parts of three are the batches of one loader of six. */
static void parts_make_a_whole(void **state) {
    struct sinew_loader_options options;
    struct sinew_loader *loaders[3];
    struct sinew_dataset set;
    (void)state;
    read_set(&set);
    for (int i = 0; i < 3; i++) {
        sinew_loader_options_init(&options, &set, 24, 32);
        options.seed = 3;
        options.batch = i == 2 ? 6 : 3;
        options.parts = i == 2 ? 1 : 2;
        options.part = i % 2;
        loaders[i] = create(&options);
        start(loaders[i], 1, 0);
        assert_int_equal(sinew_loader_batches(loaders[i]), 2 * PICTURES / 6);
    }
    for (int b = 0; b < 2 * PICTURES / 6; b++) {
        const struct sinew_batch *whole = next(loaders[2]);
        for (int i = 0; i < 2; i++) {
            const struct sinew_batch *part = next(loaders[i]);
            struct sinew_batch same = {
                .n = 3,
                .samples = whole->samples + 3 * i,
                .persons = whole->persons + 3 * i,
            };
            assert_true(hash_batch(1, part) == hash_batch(1, &same));
        }
    }
    for (int i = 0; i < 3; i++)
        sinew_loader_free(&loaders[i]);
    options.part = 2;
    assert_int_equal(sinew_loader_create(&loaders[0], &options), SINEW_INVALID);
    sinew_dataset_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_depend_on_threads),
        cmocka_unit_test(goes_on_in_the_middle),
        cmocka_unit_test(shows_people_by_weight),
        cmocka_unit_test(parts_make_a_whole),
        cmocka_unit_test(refuses_nonsense),
        cmocka_unit_test(replaces_broken_pictures),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
