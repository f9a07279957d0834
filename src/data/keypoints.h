/*
 * keypoints.h - files of people's keypoints, read and written a frame at a
 * time.
 *
 *     struct sinew_keypoint_reader *reader;
 *     struct sinew_keypoint_frame frame = {0};
 *     bool got;
 *     sinew_keypoint_reader_open(&reader, "walk.csv", NULL);
 *     while (sinew_keypoint_next(reader, &frame, &got) == SINEW_OK && got)
 *         ...
 *     sinew_keypoint_frame_free(&frame);
 *     sinew_keypoint_reader_close(&reader);
 *
 * Coordinates are pixels, y downwards, the centre of the top-left pixel being
 * (0, 0); metres in TRC files that have a scale. Formats are rows of the table
 * in keypoints.c, one file each.
 */
#ifndef SINEW_DATA_KEYPOINTS_H
#define SINEW_DATA_KEYPOINTS_H

#include <sinew/pose.h>
#include "wire/cursor.h"

#define SINEW_KEYPOINT_PERSONS 1024 ///< most in a frame

struct sinew_keypoint_person {
    int64_t id;    ///< from 1
    float score;   ///< NAN = the file does not say
    sinew_box box; ///< width NAN likewise
};

/* All zero is an empty one, reused from frame to frame. */
struct sinew_keypoint_frame {
    char *source;          ///< name of the picture or video
    int64_t index;         ///< from 0
    double time;           ///< seconds
    int32_t width, height; ///< of the picture; 0 unknown
    int n_persons;
    struct sinew_keypoint_person *persons;
    sinew_keypoint *points; ///< [n_persons][n_names]; NAN = not found
    int room;
};
void sinew_keypoint_frame_free(struct sinew_keypoint_frame *frame);

/* One person more, its points all not found; gives its number in the frame, -1
 * with the failure recorded. */
int sinew_keypoint_frame_add(struct sinew_keypoint_frame *frame, int n_names);

/* Puts a copy of the text as the source. */
sinew_status sinew_keypoint_frame_name(struct sinew_keypoint_frame *frame,
                                       const char *source) SINEW_NODISCARD;

struct sinew_keypoint_format;

/* What reading and writing may be told; all zero is fine. */
struct sinew_keypoint_options {
    const char *format; ///< its name; NULL = by content, or by the path
    const char *set; ///< keypoint set of files without names; NULL = by their
                     ///< number
    double rate;     ///< frames a second where a file has no times; 0 = 30
    bool force;      ///< replace files
    double scale;    ///< metres a pixel in TRC files; 0 = pixels
    int64_t person;  ///< the one written to TRC; 0 = whoever is alone
};

/* ---- reading ------------------------------------------------------------ */

struct sinew_keypoint_reader {
    const struct sinew_keypoint_format *format;
    struct sinew_keypoint_options options;
    char *path;
    struct sinew_file file; ///< unless it is a folder
    int n_names;
    char **names;   ///< known once opened
    void *state;    ///< the format's
    char note[160]; ///< what a user should know, or ""
};

/* The bytes of a file, or of standard input for "-". Errors: as
 * sinew_file_open, which it is closed like. */
sinew_status sinew_keypoint_load(struct sinew_file *file,
                                 const char *path) SINEW_NODISCARD;

/* Whether a file begins like one of keypoints. */
bool sinew_keypoint_probe(const struct sinew_file *file);

/* Opens a file, a folder, or "-" for standard input.
 * Errors: SINEW_IO, SINEW_FORMAT, SINEW_UNSUPPORTED (no such format),
 * SINEW_LIMIT, SINEW_NOMEM. */
sinew_status sinew_keypoint_reader_open(
    struct sinew_keypoint_reader **reader, const char *path,
    const struct sinew_keypoint_options *options) SINEW_NODISCARD;

/* The same with the bytes of `path` at hand, which become the reader's whatever
 * comes of it; *file is zero then. */
sinew_status sinew_keypoint_reader_take(
    struct sinew_keypoint_reader **reader, const char *path,
    struct sinew_file *file,
    const struct sinew_keypoint_options *options) SINEW_NODISCARD;

/* The next frame; *got false at the end. */
sinew_status sinew_keypoint_next(struct sinew_keypoint_reader *reader,
                                 struct sinew_keypoint_frame *frame,
                                 bool *got) SINEW_NODISCARD;
void sinew_keypoint_reader_close(struct sinew_keypoint_reader **reader);

/* ---- writing ------------------------------------------------------------ */

struct sinew_keypoint_writer {
    const struct sinew_keypoint_format *format;
    struct sinew_keypoint_options options;
    char *path;
    int n_names;
    char **names;
    struct sinew_output *out; ///< unless it is a folder
    struct sinew_bytes text;  ///< of a frame, or of everything
    int64_t frames;
    void *state;
};

/* The format is that of the options, else of the path: .csv, .jsonl, .json
 * (COCO results), .trc, .npz, a folder for OpenPose. Names are copied. */
sinew_status sinew_keypoint_writer_open(
    struct sinew_keypoint_writer **writer, const char *path,
    const char *const *names, int n_names,
    const struct sinew_keypoint_options *options) SINEW_NODISCARD;
sinew_status
sinew_keypoint_write(struct sinew_keypoint_writer *writer,
                     const struct sinew_keypoint_frame *frame) SINEW_NODISCARD;
/* Ends the file, or with `keep` false removes it; frees *writer either way. */
sinew_status sinew_keypoint_writer_close(struct sinew_keypoint_writer **writer,
                                         bool keep) SINEW_NODISCARD;

/* ---- formats ------------------------------------------------------------ */

struct sinew_keypoint_format {
    const char *name, *title;
    const char *extension; ///< ".csv"; NULL = a folder
    /* Whether a file begins like one of its own. */
    bool (*probe)(struct sinew_span head);
    /* Sets names, and state; next and end as above. */
    sinew_status (*open)(struct sinew_keypoint_reader *reader);
    sinew_status (*next)(struct sinew_keypoint_reader *reader,
                         struct sinew_keypoint_frame *frame, bool *got);
    void (*end)(struct sinew_keypoint_reader *reader);
    /* `begin` may be NULL; `finish` writes what is left into writer->text. */
    sinew_status (*begin)(struct sinew_keypoint_writer *writer);
    sinew_status (*add)(struct sinew_keypoint_writer *writer,
                        const struct sinew_keypoint_frame *frame);
    sinew_status (*finish)(struct sinew_keypoint_writer *writer);
    void (*release)(struct sinew_keypoint_writer *writer);
    bool whole; ///< text is kept until the end, not written frame by frame
};

/* By number from 0, NULL past the end; by name, NULL when there is none. */
const struct sinew_keypoint_format *sinew_keypoint_format_at(int i);
const struct sinew_keypoint_format *
sinew_keypoint_format_find(const char *name);

/* ---- for the formats ---------------------------------------------------- */

/* Adds a name to a reader. */
sinew_status sinew_keypoint_add_name(struct sinew_keypoint_reader *reader,
                                     const char *name) SINEW_NODISCARD;
/* Names for `n` keypoints without any: of the set in the options, else of the
 * set that has as many. Errors: SINEW_FORMAT, SINEW_NOTFOUND. */
sinew_status sinew_keypoint_name_set(struct sinew_keypoint_reader *reader,
                                     int n) SINEW_NODISCARD;
/* The keypoint of a name, tried first at `guess`; -1 = unknown. */
int sinew_keypoint_index(const struct sinew_keypoint_reader *reader,
                         struct sinew_span name, int guess);
/* Frames a second of a file without times, and the note that tells of it. */
double sinew_keypoint_rate(struct sinew_keypoint_reader *reader);

/* Whether a keypoint has a place. */
bool sinew_keypoint_placed(const sinew_keypoint *keypoint);

/* The last part of a path, and how much of it stands before the extension. */
const char *sinew_base_name(const char *path);
int sinew_stem_size(const char *name);

#endif
