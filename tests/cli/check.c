/*
 * check.c - checks the files that `sinew track` writes, with another reader
 * than ours where there is one (jansson).
 *
 *     cli_check json FILE      JSON Lines of the documented form; prints the
 *                              number of frames and of persons
 *     cli_check csv FILE       table of the documented form; prints the number
 *                              of rows
 *     cli_check openpose FILE POINTS
 *                              OpenPose 1.3 with so many keypoints a person;
 *                              prints the number of persons
 *     cli_check same CSV JSON  both hold the same numbers
 *     cli_check expected REFERENCE JSON NETWORK
 *                              compares with what the original program gives:
 *                              normalised corner coordinates for every picture;
 *                              prints joints compared, the share within one
 *                              pixel of the network's output, and the share of
 *                              scores within 0.01
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>

static const char *file;
static long line_number;

static void wrong(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%ld: ", file, line_number);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(1);
}

static FILE *open_file(const char *path) {
    file = path;
    line_number = 0;
    FILE *in = fopen(path, "rb");
    if (!in) wrong("cannot be opened");
    return in;
}

/* A line without its end; 0 when there is none. */
static int next_line(FILE *in, char *line, size_t size) {
    if (!fgets(line, (int)size, in)) return 0;
    line_number++;
    size_t n = strlen(line);
    if (n == 0 || line[n - 1] != '\n') wrong("line without end, or too long");
    line[n - 1] = 0;
    return 1;
}

/* The fields of an object are exactly these, in this order. */
static void has_keys(json_t *object, const char *const *keys) {
    const char *key;
    json_t *value;
    size_t n = 0;
    if (!json_is_object(object)) wrong("not an object");
    json_object_foreach(object, key, value) {
        if (!keys[n] || strcmp(key, keys[n])) wrong("unexpected key %s", key);
        n++;
    }
    if (keys[n]) wrong("no key %s", keys[n]);
}

static double number(json_t *object, const char *key, double low, double high) {
    json_t *value = json_object_get(object, key);
    double v = json_number_value(value);
    if (!json_is_number(value) || v < low || v > high)
        wrong("%s is not a number from %g to %g", key, low, high);
    return v;
}

static void check_person(json_t *person) {
    static const char *const keys[] = {"id", "score", "box", "keypoints", NULL};
    static const char *const point[] = {"name", "x", "y", "score", NULL};
    has_keys(person, keys);
    if (!json_is_integer(json_object_get(person, "id"))) wrong("id");
    number(person, "score", 0, 1);
    json_t *box = json_object_get(person, "box");
    if (json_array_size(box) != 4) wrong("box is not four numbers");
    json_t *points = json_object_get(person, "keypoints");
    if (json_array_size(points) == 0) wrong("no keypoints");
    for (size_t i = 0; i < json_array_size(points); i++) {
        json_t *p = json_array_get(points, i);
        has_keys(p, point);
        if (!json_is_string(json_object_get(p, "name"))) wrong("name");
        number(p, "score", 0, 1);
        if (json_is_null(json_object_get(p, "x")) !=
            json_is_null(json_object_get(p, "y")))
            wrong("half a keypoint");
        if (!json_is_null(json_object_get(p, "x"))) {
            number(p, "x", -1e5, 1e5);
            number(p, "y", -1e5, 1e5);
        }
    }
}

static char line[1 << 20];

static json_t *next_frame(FILE *in) {
    static const char *const keys[] = {"source", "frame",   "time_s", "width",
                                       "height", "persons", NULL};
    json_error_t error;
    if (!next_line(in, line, sizeof(line))) return NULL;
    json_t *frame = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (!frame) wrong("not JSON: %s", error.text);
    has_keys(frame, keys);
    if (!json_is_string(json_object_get(frame, "source"))) wrong("source");
    if (!json_is_integer(json_object_get(frame, "frame"))) wrong("frame");
    number(frame, "frame", 0, 1e12);
    number(frame, "time_s", 0, 1e9);
    number(frame, "width", 1, 1e5);
    number(frame, "height", 1, 1e5);
    return frame;
}

static void check_json(const char *path) {
    FILE *in = open_file(path);
    size_t persons = 0;
    long frames = 0;
    for (json_t *frame; (frame = next_frame(in)); frames++) {
        json_t *list = json_object_get(frame, "persons");
        if (!json_is_array(list)) wrong("persons is not an array");
        for (size_t i = 0; i < json_array_size(list); i++)
            check_person(json_array_get(list, i));
        persons += json_array_size(list);
        json_decref(frame);
    }
    fclose(in);
    printf("%ld %zu\n", frames, persons);
}

/* Splits a row in place by RFC 4180. */
static int split(char *row, char **fields, int max) {
    int n = 0;
    for (char *from = row, *to = row;; n++) {
        if (n == max) wrong("more than %d fields", max);
        fields[n] = to;
        if (*from == '"') {
            for (from++; *from != '"' || *++from == '"';) {
                if (!*from) wrong("quotes without end");
                *to++ = *from++;
            }
        } else {
            while (*from && *from != ',')
                *to++ = *from++;
        }
        int more = *from++ == ',';
        *to++ = 0;
        if (!more) return n + 1;
    }
}

static double field(const char *text, double low, double high) {
    char *end;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= low && v <= high))
        wrong("'%s' is not a number from %g to %g", text, low, high);
    return v;
}

static int next_row(FILE *in, char **fields) {
    if (line_number == 0 &&
        (!next_line(in, line, sizeof(line)) ||
         strcmp(line,
                "source,frame,time_s,person_id,keypoint,x_px,y_px,score")))
        wrong("wrong head");
    if (!next_line(in, line, sizeof(line))) return 0;
    if (split(line, fields, 8) != 8) wrong("not eight fields");
    field(fields[1], 0, 1e12);
    field(fields[2], 0, 1e9);
    field(fields[3], 1, 1e12);
    if (!*fields[4]) wrong("no keypoint name");
    if (!*fields[5] != !*fields[6]) wrong("half a keypoint");
    if (*fields[5]) {
        field(fields[5], -1e5, 1e5);
        field(fields[6], -1e5, 1e5);
    }
    field(fields[7], 0, 1);
    return 1;
}

static void check_csv(const char *path) {
    char *fields[8];
    FILE *in = open_file(path);
    long rows = 0;
    while (next_row(in, fields))
        rows++;
    fclose(in);
    printf("%ld\n", rows);
}

static void check_openpose(const char *path, size_t points) {
    static const char *const top[] = {"version", "people", NULL};
    static const char *const keys[] = {"person_id",
                                       "pose_keypoints_2d",
                                       "face_keypoints_2d",
                                       "hand_left_keypoints_2d",
                                       "hand_right_keypoints_2d",
                                       "pose_keypoints_3d",
                                       "face_keypoints_3d",
                                       "hand_left_keypoints_3d",
                                       "hand_right_keypoints_3d",
                                       NULL};
    json_error_t error;
    file = path;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!root) wrong("not JSON: %s", error.text);
    has_keys(root, top);
    number(root, "version", 1.3, 1.3);
    json_t *people = json_object_get(root, "people");
    for (size_t i = 0; i < json_array_size(people); i++) {
        json_t *person = json_array_get(people, i);
        has_keys(person, keys);
        json_t *pose = json_object_get(person, "pose_keypoints_2d");
        if (json_array_size(pose) != 3 * points)
            wrong("%zu numbers a person", json_array_size(pose));
    }
    printf("%zu\n", json_array_size(people));
    json_decref(root);
}

static void same_number(const char *text, json_t *value) {
    if (!*text != json_is_null(value) ||
        (*text && fabs(atof(text) - json_number_value(value)) > 1e-9))
        wrong("%s in one, %g in the other", text, json_number_value(value));
}

/* Every keypoint of the JSON is the next row of the table. */
static void check_same(const char *csv, const char *lines) {
    char *fields[8];
    static char row[sizeof(line)];
    FILE *table = fopen(csv, "rb"), *in = open_file(lines);
    if (!table || !fgets(row, sizeof(row), table)) wrong("no table");
    for (json_t *frame; (frame = next_frame(in)); json_decref(frame)) {
        json_t *persons = json_object_get(frame, "persons");
        for (size_t i = 0; i < json_array_size(persons); i++) {
            json_t *points =
                json_object_get(json_array_get(persons, i), "keypoints");
            for (size_t k = 0; k < json_array_size(points); k++) {
                json_t *p = json_array_get(points, k);
                if (!fgets(row, sizeof(row), table)) wrong("rows are missing");
                row[strcspn(row, "\n")] = 0;
                split(row, fields, 8);
                if (strcmp(fields[0], json_string_value(
                                          json_object_get(frame, "source"))) ||
                    strcmp(fields[4],
                           json_string_value(json_object_get(p, "name"))))
                    wrong("other names: %s %s", fields[0], fields[4]);
                same_number(fields[1], json_object_get(frame, "frame"));
                same_number(fields[2], json_object_get(frame, "time_s"));
                same_number(fields[5], json_object_get(p, "x"));
                same_number(fields[6], json_object_get(p, "y"));
                same_number(fields[7], json_object_get(p, "score"));
            }
        }
    }
    if (fgets(row, sizeof(row), table)) wrong("rows that the JSON lacks");
    fclose(table);
    fclose(in);
}

/* One picture: how many joints there are, how many lie within an output pixel
 * and how many scores are right. */
static void compare(json_t *reference, json_t *frame, long counts[3]) {
    double w = json_number_value(json_object_get(frame, "width"));
    double h = json_number_value(json_object_get(frame, "height"));
    json_t *still = json_object_get(reference, "still");
    json_t *peak = json_object_get(reference, "peak");
    json_t *shape = json_object_get(reference, "shape");
    double side = json_number_value(json_array_get(shape, 1));
    double pixel = (w > h ? w : h) / side;
    json_t *person = json_array_get(json_object_get(frame, "persons"), 0);
    json_t *points = json_object_get(person, "keypoints");
    if (json_array_size(points) != json_object_size(still))
        wrong("%zu keypoints", json_array_size(points));
    for (size_t k = 0; k < json_array_size(points); k++) {
        json_t *p = json_array_get(points, k);
        json_t *want = json_object_get(
            still, json_string_value(json_object_get(p, "name")));
        if (!want) wrong("keypoint %zu has another name", k);
        double x = json_number_value(json_array_get(want, 0)) * w - 0.5;
        double y = json_number_value(json_array_get(want, 1)) * h - 0.5;
        double dx = json_number_value(json_object_get(p, "x")) - x;
        double dy = json_number_value(json_object_get(p, "y")) - y;
        double score = json_number_value(json_object_get(p, "score"));
        counts[0]++;
        counts[1] += fabs(dx) <= 1.001 * pixel && fabs(dy) <= 1.001 * pixel;
        counts[2] +=
            fabs(score - json_number_value(json_array_get(peak, k))) <= 0.01;
    }
}

static void check_expected(const char *path, const char *lines,
                           const char *network) {
    json_error_t error;
    json_t *all = json_load_file(path, 0, &error);
    FILE *in = open_file(lines);
    long counts[3] = {0};
    if (!all) wrong("no reference");
    for (json_t *frame; (frame = next_frame(in)); json_decref(frame)) {
        const char *name = json_string_value(json_object_get(frame, "source"));
        const char *slash = strrchr(name, '/');
        json_t *picture = json_object_get(all, slash ? slash + 1 : name);
        if (!picture) wrong("%s is not in the reference", name);
        compare(json_object_get(picture, network), frame, counts);
    }
    fclose(in);
    json_decref(all);
    if (!counts[0]) wrong("nothing to compare");
    printf("%ld %.4f %.4f\n", counts[0], (double)counts[1] / (double)counts[0],
           (double)counts[2] / (double)counts[0]);
}

int main(int argc, char **argv) {
    if (argc == 3 && !strcmp(argv[1], "json"))
        check_json(argv[2]);
    else if (argc == 3 && !strcmp(argv[1], "csv"))
        check_csv(argv[2]);
    else if (argc == 4 && !strcmp(argv[1], "openpose"))
        check_openpose(argv[2], (size_t)atol(argv[3]));
    else if (argc == 4 && !strcmp(argv[1], "same"))
        check_same(argv[2], argv[3]);
    else if (argc == 5 && !strcmp(argv[1], "expected"))
        check_expected(argv[2], argv[3], argv[4]);
    else
        return 2;
    return 0;
}
