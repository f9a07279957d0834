/*
 * convert_keypoints.c - `sinew convert keypoints IN OUT`: a file of keypoints
 * in another format, a frame at a time.
 */
#include "convert_keypoints.h"

#include "data/keypoints.h"

static sinew_status copy_frames(struct sinew_keypoint_reader *reader,
                                struct sinew_keypoint_writer *writer,
                                struct convert_count *count) {
    struct sinew_keypoint_frame frame = {0};
    bool got = true;
    sinew_status status = SINEW_OK;
    while (got && !cli_interrupted()) {
        SINEW_TRY(sinew_keypoint_next(reader, &frame, &got));
        if (!got) break;
        SINEW_TRY(sinew_keypoint_write(writer, &frame));
        count->frames++;
        count->persons += frame.n_persons;
    }
fail:
    sinew_keypoint_frame_free(&frame);
    return status;
}

int convert_keypoints(const struct cli *cli,
                      const struct convert_keypoints_options *o, const char *in,
                      const char *out) {
    struct sinew_keypoint_options settings = {.format = o->from,
                                              .set = o->set,
                                              .rate = o->rate,
                                              .force = o->force,
                                              .scale = o->scale,
                                              .person = o->person};
    struct sinew_keypoint_reader *reader = NULL;
    struct sinew_keypoint_writer *writer = NULL;
    struct convert_count count = {0, 0};
    sinew_status status;
    SINEW_TRY(sinew_keypoint_reader_open(&reader, in, &settings));
    settings.format = o->to;
    SINEW_TRY(sinew_keypoint_writer_open(&writer, out,
                                         (const char *const *)reader->names,
                                         reader->n_names, &settings));
    SINEW_TRY(copy_frames(reader, writer, &count));
    if (reader->note[0]) cli_note(cli, "%s: %s", in, reader->note);
    SINEW_TRY(sinew_keypoint_writer_close(&writer, true));
    cli_note(cli, "%s: %lld frames, %lld rows of people", out,
             (long long)count.frames, (long long)count.persons);
fail:
    if (writer && sinew_keypoint_writer_close(&writer, false) < 0)
        writer = NULL;
    sinew_keypoint_reader_close(&reader);
    if (status < 0) return cli_failed(cli);
    return cli_interrupted() ? cli_interrupted() : CODE_DONE;
}
