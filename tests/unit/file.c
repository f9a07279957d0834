/*
 * file.c - reading whole files, and writing them so that a reader never sees
 * half of one.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/base.h"

/* The state of each test is an empty folder, removed afterwards. */
static char folder[256];
static char *at(const char *name) {
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sinew-file-XXXXXX",
             base ? base : P_tmpdir);
    return mkdtemp(folder) ? 0 : -1;
}

static int entries(void) {
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        n +=
            strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return n;
}

static int remove_folder(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        remove(at(entry->d_name));
    closedir(dir);
    return rmdir(folder);
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(at(name), "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_content(const char *name, const char *text) {
    struct sinew_file file;
    assert_int_equal(sinew_file_open(&file, at(name)), SINEW_OK);
    assert_int_equal(file.size, strlen(text));
    assert_memory_equal(file.data, text, file.size);
    sinew_file_forget(&file, file.data, file.size);
    sinew_file_forget(&file, text, file.size);
    sinew_file_forget(NULL, text, file.size);
    assert_memory_equal(file.data, text, file.size);
    sinew_file_close(&file);
    assert_null(file.data);
}

/* Whole pages, which come back from the file. */
static void forgotten_pages_are_read_again(void **state) {
    (void)state;
    struct sinew_file file;
    char *text = sinew_alloc(100001, 1);
    assert_non_null(text);
    for (int i = 0; i < 100000; i++)
        text[i] = (char)('a' + i % 23);
    put("pages", text);
    assert_int_equal(sinew_file_open(&file, at("pages")), SINEW_OK);
    assert_memory_equal(file.data, text, file.size);
    sinew_file_forget(&file, file.data + 1, file.size - 1);
    assert_memory_equal(file.data, text, file.size);
    sinew_file_close(&file);
    sinew_free(text);
}

static void files_are_read(void **state) {
    (void)state;
    put("a", "muscle");
    assert_content("a", "muscle");
}

static void refusals_name_the_path(void **state) {
    (void)state;
    struct sinew_file file;
    assert_int_equal(sinew_file_open(&file, at("absent")), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "absent: No such file"));
    assert_int_equal(sinew_file_open(&file, folder), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "is a directory"));
    put("empty", "");
    assert_true(sinew_file_open(&file, at("empty")) < 0);
    assert_non_null(strstr(sinew_error_message(), "empty"));
    assert_true(sinew_file_open(&file, "/dev/zero") < 0);
    assert_null(file.data);
}

static void nothing_is_seen_before_commit(void **state) {
    (void)state;
    struct sinew_output *out;
    struct sinew_file file;
    assert_int_equal(sinew_output_open(&out, at("new.csv"), false), SINEW_OK);
    assert_string_not_equal(sinew_output_path(out), at("new.csv"));
    /* Libraries choose the format by the extension. */
    assert_non_null(strstr(sinew_output_path(out), ".csv"));
    assert_int_equal(sinew_output_write(out, "a,b\n", 4), SINEW_OK);
    assert_int_equal(sinew_file_open(&file, at("new.csv")), SINEW_IO);
    assert_int_equal(sinew_output_commit(&out), SINEW_OK);
    assert_null(out);
    assert_content("new.csv", "a,b\n");
    assert_int_equal(entries(), 1);
}

static void abort_leaves_nothing(void **state) {
    (void)state;
    struct sinew_output *out;
    put("old", "kept");
    assert_int_equal(sinew_output_open(&out, at("old"), true), SINEW_OK);
    assert_int_equal(sinew_output_write(out, "half", 4), SINEW_OK);
    sinew_output_abort(&out);
    assert_null(out);
    sinew_output_abort(&out);
    assert_content("old", "kept");
    assert_int_equal(entries(), 1);
}

static void replacing_needs_force(void **state) {
    (void)state;
    struct sinew_output *out;
    put("old", "first");
    assert_int_equal(sinew_output_open(&out, at("old"), false), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "exists"));
    assert_null(out);
    assert_content("old", "first");
    assert_int_equal(sinew_output_open(&out, at("old"), true), SINEW_OK);
    assert_int_equal(sinew_output_write(out, "second", 6), SINEW_OK);
    assert_content("old", "first");
    assert_int_equal(sinew_output_commit(&out), SINEW_OK);
    assert_content("old", "second");
    assert_int_equal(entries(), 1);
}

static void unwritable_places_are_refused(void **state) {
    (void)state;
    struct sinew_output *out;
    assert_int_equal(sinew_output_open(&out, at("none/x"), false), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "none/x"));
    assert_int_equal(sinew_output_open(&out, folder, true), SINEW_IO);
    assert_null(out);
}

static void a_full_disk_is_reported(void **state) {
    (void)state;
    struct sinew_output *out;
    if (access("/dev/full", W_OK) != 0) skip();
    assert_int_equal(sinew_output_open(&out, "/dev/full", false), SINEW_OK);
    assert_int_equal(sinew_output_write(out, "x", 1), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "No space left"));
    sinew_output_abort(&out);
    assert_int_equal(access("/dev/full", F_OK), 0);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(files_are_read),
        TEST(forgotten_pages_are_read_again),
        TEST(refusals_name_the_path),
        TEST(nothing_is_seen_before_commit),
        TEST(abort_leaves_nothing),
        TEST(replacing_needs_force),
        TEST(unwritable_places_are_refused),
        TEST(a_full_disk_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
