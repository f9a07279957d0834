/*
 * video.c - videos written and read back: frames, times, sizes, colours, sound,
 * damage, and what is left behind when writing fails.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <libavformat/avformat.h>
#include "clip.h"

static const struct sinew_writer_options plain = {0};

static void frames_and_times_come_back(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double exact; /* largest error of a time */
        bool timed;
    } kinds[] = {
        {"a.mp4", 2e-5, true},  {"a.mkv", 6e-4, true},  {"a.mov", 2e-5, true},
        {"a.webm", 6e-4, true}, {"a.avi", 1e-9, false}, {"a.y4m", 1e-9, false},
        {"a.ts", 2e-5, true},   {"a.flv", 6e-4, true},  {"a.mpg", 2e-5, false}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (int uneven = 0; uneven <= kinds[i].timed; uneven++) {
            double (*const times)(int) = uneven ? uneven_times : even_times;
            struct reading r;
            put_clip(at(kinds[i].name), 64, 48, 12, times, plain);
            read_clip(&r, at(kinds[i].name));
            assert_int_equal(r.status, SINEW_OK);
            assert_int_equal(r.count, 12);
            assert_int_equal(r.kind, SINEW_MEDIA_VIDEO);
            assert_int_equal(r.width, 64);
            assert_int_equal(r.height, 48);
            assert_int_equal(r.info.width, 64);
            assert_int_equal(warnings, 0);
            for (int k = 0; k < 12; k++) {
                assert_int_equal(r.number[k], k);
                if (fabs(r.time[k] - times(k)) > kinds[i].exact)
                    fail_msg("%s: frame %d at %.6f, not %.6f", kinds[i].name, k,
                             r.time[k], times(k));
            }
            if (!uneven) assert_true(fabs(r.info.rate - 25) < 0.01);
        }
}

static void last_frame_has_its_length(void **state) {
    (void)state;
    struct reading r;
    put_clip(at("a.mp4"), 64, 48, 10, even_times, plain);
    read_clip(&r, at("a.mp4"));
    assert_true(fabs(r.info.duration - 0.4) < 1e-3);
    assert_int_equal(r.info.frames, 10);
    assert_string_equal(r.path, at("a.mp4"));
}

static void times_that_stand_still_move_on(void **state) {
    (void)state;
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {0};
    struct reading r;
    static const double times[] = {0, 0.1, 0.1, 0.05, NAN, 0.3};
    assert_ok(sinew_image_create(&frame.image, 32, 32, 3));
    assert_ok(sinew_writer_open(&writer, at("a.mp4"), 32, 32, NULL));
    for (int i = 0; i < 6; i++) {
        frame.time = times[i];
        assert_ok(sinew_writer_write(writer, &frame));
    }
    assert_ok(sinew_writer_close(&writer));
    read_clip(&r, at("a.mp4"));
    assert_int_equal(r.count, 6);
    for (int i = 1; i < 6; i++)
        assert_true(r.time[i] > r.time[i - 1]);
    assert_true(fabs(r.time[5] - 0.3) < 1e-4);
    sinew_frame_free(&frame);
}

static void odd_sizes_are_padded(void **state) {
    (void)state;
    struct reading r;
    put_clip(at("a.mp4"), 33, 17, 3, even_times, plain);
    read_clip(&r, at("a.mp4"));
    assert_int_equal(r.count, 3);
    assert_int_equal(r.width, 34);
    assert_int_equal(r.height, 18);
    assert_int_equal(r.number[2], 2);
    put_clip(at("b.mp4"), 1, 1, 3, even_times, plain);
    read_clip(&r, at("b.mp4"));
    assert_int_equal(r.width, 2);
}

static void other_sizes_are_resized(void **state) {
    (void)state;
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {0};
    struct reading r;
    assert_ok(sinew_writer_open(&writer, at("a.mkv"), 64, 48, NULL));
    for (int i = 0; i < 4; i++) {
        assert_ok(sinew_image_reshape(&frame.image, 50 + 20 * i, 90, 3));
        draw_frame(&frame.image, i);
        frame.time = even_times(i);
        assert_ok(sinew_writer_write(writer, &frame));
    }
    assert_ok(sinew_writer_close(&writer));
    read_clip(&r, at("a.mkv"));
    assert_int_equal(r.count, 4);
    assert_int_equal(r.width, 64);
    assert_int_equal(r.number[3], 3);
    sinew_frame_free(&frame);
}

/* Colour bars through every container's own matrix and range. */
static void colours_survive(void **state) {
    (void)state;
    static const uint8_t bars[4][3] = {
        {220, 30, 40}, {30, 200, 60}, {40, 50, 210}, {240, 240, 240}};
    static const char *const names[] = {"a.mp4", "a.mkv", "a.avi", "a.y4m"};
    for (int tall = 0; tall < 2; tall++)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            struct sinew_writer *writer = NULL;
            struct sinew_source *source = NULL;
            struct sinew_frame frame = {0};
            bool got;
            /* y4m has no tag: what is tall is then read as BT.709. */
            assert_ok(sinew_image_create(&frame.image, 64, tall ? 640 : 64, 3));
            for (int y = 0; y < frame.image.height; y++)
                for (int x = 0; x < 64; x++)
                    memcpy(pixel(&frame.image, x, y), bars[x / 16], 3);
            assert_ok(sinew_writer_open(
                &writer, at(names[i]), 64, frame.image.height,
                &(struct sinew_writer_options){.force = true}));
            assert_ok(sinew_writer_write(writer, &frame));
            assert_ok(sinew_writer_close(&writer));
            assert_ok(sinew_media_open(&source, at(names[i]), NULL));
            assert_ok(sinew_source_next(source, &frame, &got));
            assert_true(got);
            for (int k = 0; k < 4; k++)
                for (int c = 0; c < 3; c++)
                    if (abs(pixel(&frame.image, 16 * k + 8, 30)[c] -
                            bars[k][c]) > 6)
                        fail_msg("%s: bar %d channel %d is %d", names[i], k, c,
                                 pixel(&frame.image, 16 * k + 8, 30)[c]);
            sinew_source_close(&source);
            sinew_frame_free(&frame);
        }
}

/* Raw video of one colour in Y, U, V. */
static void put_y4m(const char *path, const char *head, int width, int height,
                    const uint8_t yuv[3], int count) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fprintf(file, "YUV4MPEG2 W%d H%d F10:1 Ip A1:1 %s\n", width, height, head);
    for (int i = 0; i < count; i++) {
        fprintf(file, "FRAME\n");
        for (int p = 0; p < 3; p++) {
            const int n = p ? (width / 2) * (height / 2) : width * height;
            for (int k = 0; k < n; k++)
                putc(yuv[p], file);
        }
    }
    assert_int_equal(fclose(file), 0);
}

/* Red by the formulas of ITU-R BT.601 and BT.709, limited and full range. */
static void matrix_and_range_are_right(void **state) {
    (void)state;
    static const struct {
        const char *head;
        int height;
        uint8_t yuv[3];
    } cases[] = {{"C420", 64, {81, 90, 240}},
                 {"C420", 640, {63, 102, 240}},
                 {"C420jpeg XCOLORRANGE=FULL", 64, {76, 85, 255}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct sinew_source *source = NULL;
        struct sinew_frame frame = {0};
        bool got;
        put_y4m(at("a.y4m"), cases[i].head, 64, cases[i].height, cases[i].yuv,
                1);
        assert_ok(sinew_media_open(&source, at("a.y4m"), NULL));
        assert_ok(sinew_source_next(source, &frame, &got));
        assert_true(got);
        const uint8_t *p = pixel(&frame.image, 30, 30);
        if (p[0] < 251 || p[1] > 4 || p[2] > 4)
            fail_msg("case %d: %d %d %d", (int)i, p[0], p[1], p[2]);
        sinew_source_close(&source);
        sinew_frame_free(&frame);
    }
}

/* Copies a video with a display matrix [a b; c d] put beside its stream. */
static void put_matrix(const char *from, const char *to, const int *abcd) {
    AVFormatContext *in = NULL, *out = NULL;
    AVPacket *packet = av_packet_alloc();
    assert_int_equal(avformat_open_input(&in, from, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(in, NULL) >= 0);
    assert_int_equal(avformat_alloc_output_context2(&out, NULL, NULL, to), 0);
    AVStream *stream = avformat_new_stream(out, NULL);
    assert_non_null(stream);
    avcodec_parameters_copy(stream->codecpar, in->streams[0]->codecpar);
    stream->time_base = in->streams[0]->time_base;
    int32_t *matrix = (int32_t *)av_stream_new_side_data(
        stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof *matrix);
    assert_non_null(matrix);
    memset(matrix, 0, 9 * sizeof *matrix);
    for (int i = 0; i < 4; i++)
        matrix[i / 2 * 3 + i % 2] = abcd[i] * 65536;
    matrix[8] = 1 << 30;
    assert_true(avio_open(&out->pb, to, AVIO_FLAG_WRITE) >= 0);
    assert_true(avformat_write_header(out, NULL) >= 0);
    while (av_read_frame(in, packet) >= 0) {
        av_packet_rescale_ts(packet, in->streams[0]->time_base,
                             stream->time_base);
        assert_int_equal(av_interleaved_write_frame(out, packet), 0);
    }
    assert_int_equal(av_write_trailer(out), 0);
    avio_closep(&out->pb);
    avformat_free_context(out);
    avformat_close_input(&in);
    av_packet_free(&packet);
}

/* Phones store frames lying and a matrix that turns them; by EXIF number. */
static void rotation_is_honoured(void **state) {
    (void)state;
    static const int matrices[9][4] = {
        {0, 0, 0, 0},   {1, 0, 0, 1},   {-1, 0, 0, 1},
        {-1, 0, 0, -1}, {1, 0, 0, -1},  {0, 1, 1, 0},
        {0, 1, -1, 0},  {0, -1, -1, 0}, {0, -1, 1, 0}};
    put_clip(at("a.mp4"), 64, 48, 2, even_times, plain);
    for (int o = 1; o <= 8; o++) {
        struct sinew_source *source = NULL;
        struct sinew_frame frame = {0};
        struct sinew_source_info info;
        bool got;
        put_matrix(at("a.mp4"), at("r.mp4"), matrices[o]);
        assert_ok(sinew_media_open(&source, at("r.mp4"), NULL));
        sinew_source_describe(source, &info);
        assert_ok(sinew_source_next(source, &frame, &got));
        assert_true(got);
        const int w = frame.image.width, h = frame.image.height;
        assert_int_equal(w, o >= 5 ? 48 : 64);
        assert_int_equal(h, o >= 5 ? 64 : 48);
        assert_int_equal(info.width, w);
        assert_int_equal(info.height, h);
        /* Where the bright mark of the top left corner comes to lie. */
        const bool right = o == 2 || o == 3 || o == 6 || o == 7;
        const bool low = o == 3 || o == 4 || o == 7 || o == 8;
        const int x = right ? w - 4 : 3, y = low ? h - 4 : 3;
        assert_true(pixel(&frame.image, x, y)[1] > 200);
        assert_true(pixel(&frame.image, w - 1 - x, h - 1 - y)[1] < 60);
        sinew_source_close(&source);
        sinew_frame_free(&frame);
    }
}

/*
 * Sound.
 */
#define SAMPLES 8000

/* One second of 8000 samples, 16 bits, telling their number. */
static void put_wav(const char *path) {
    static uint8_t wav[44 + 2 * SAMPLES] =
        "RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0"
        "\x02\0\x10\0data";
    const uint32_t sizes[2] = {sizeof wav - 8, 2 * SAMPLES};
    for (int i = 0; i < 4; i++) {
        wav[4 + i] = (uint8_t)(sizes[0] >> (8 * i));
        wav[40 + i] = (uint8_t)(sizes[1] >> (8 * i));
    }
    for (int i = 0; i < SAMPLES; i++) {
        wav[44 + 2 * i] = (uint8_t)i;
        wav[45 + 2 * i] = (uint8_t)(i >> 8);
    }
    put_bytes(path, wav, sizeof wav);
}

/* Number of sound streams; the first sample's number, the count of samples and
 * the time of the first. */
static int read_sound(const char *path, int *first, int *count, double *time) {
    AVFormatContext *format = NULL;
    AVPacket *packet = av_packet_alloc();
    int streams = 0, number = -1;
    *first = -1;
    *count = 0;
    assert_int_equal(avformat_open_input(&format, path, NULL, NULL), 0);
    assert_true(avformat_find_stream_info(format, NULL) >= 0);
    for (unsigned i = 0; i < format->nb_streams; i++)
        if (format->streams[i]->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
            number = (int)i;
            streams++;
        }
    while (av_read_frame(format, packet) >= 0) {
        if (packet->stream_index == number) {
            const int n = packet->size / 2;
            for (int k = 0; k < n; k++) {
                const int v = packet->data[2 * k] | packet->data[2 * k + 1]
                                                        << 8;
                if (*first < 0) {
                    *first = v;
                    *time = (double)packet->pts *
                            av_q2d(format->streams[number]->time_base);
                }
                assert_int_equal(v, *first + *count + k);
            }
            *count += n;
        }
        av_packet_unref(packet);
    }
    av_packet_free(&packet);
    avformat_close_input(&format);
    return streams;
}

static void sound_is_copied(void **state) {
    (void)state;
    struct sinew_writer_options options = {.sound = at("a.wav"),
                                           .warn = keep_warning};
    int first, count;
    double time = -1;
    put_wav(at("a.wav"));
    warnings = 0;
    put_clip(at("a.mkv"), 64, 48, 20, even_times, options);
    assert_int_equal(warnings, 0);
    assert_int_equal(read_sound(at("a.mkv"), &first, &count, &time), 1);
    assert_int_equal(first, 0);
    assert_true(fabs(time) < 1e-3);
    /* 0.8 s of video: sound that begins later is left out. */
    assert_in_range(count, (int)(0.8 * SAMPLES), SAMPLES);
    struct reading r;
    read_clip(&r, at("a.mkv"));
    assert_int_equal(r.count, 20);
    assert_true(fabs(r.time[19] - 0.76) < 1e-3);
}

static void sound_keeps_its_place(void **state) {
    (void)state;
    struct sinew_writer_options options = {.sound = at("a.wav"),
                                           .sound_start = 0.25};
    int first, count;
    double time = -1;
    put_wav(at("a.wav"));
    put_clip(at("a.mkv"), 64, 48, 10, even_times, options);
    assert_int_equal(read_sound(at("a.mkv"), &first, &count, &time), 1);
    assert_true(first >= 0.25 * SAMPLES);
    assert_true(fabs((double)first / SAMPLES - 0.25 - time) < 2e-3);
}

static void sound_that_does_not_fit_is_told(void **state) {
    (void)state;
    struct sinew_writer_options options = {.sound = at("a.wav"),
                                           .warn = keep_warning};
    struct reading r;
    put_wav(at("a.wav"));
    warnings = 0;
    put_clip(at("a.webm"), 64, 48, 5, even_times, options);
    assert_int_equal(warnings, 1);
    assert_non_null(strstr(warned, "without sound"));
    read_clip(&r, at("a.webm"));
    assert_int_equal(r.count, 5);
    /* A silent video has nothing to tell of, a missing file does. */
    put_clip(at("b.mp4"), 64, 48, 5, even_times, plain);
    options.sound = at("b.mp4");
    warnings = 0;
    put_clip(at("c.mp4"), 64, 48, 5, even_times, options);
    assert_int_equal(warnings, 0);
    options.sound = at("missing.mp4");
    put_clip(at("c.mp4"), 64, 48, 5, even_times, options);
    assert_int_equal(warnings, 1);
}

/*
 * Damage.
 */
static void cut(const char *from, const char *to, double part) {
    size_t size;
    uint8_t *bytes = get_bytes(from, &size);
    put_bytes(to, bytes, (size_t)((double)size * part));
    free(bytes);
}

static void a_damaged_tail_costs_only_itself(void **state) {
    (void)state;
    static const char *const names[] = {"a.mp4", "a.mkv", "a.avi"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct sinew_writer *writer = NULL;
        struct sinew_frame frame = {0};
        struct reading r;
        char name[20];
        snprintf(name, sizeof name, "cut%s", names[i] + 1);
        /* Noise, so that every frame weighs the same. */
        assert_ok(sinew_image_create(&frame.image, 96, 64, 3));
        assert_ok(sinew_writer_open(&writer, at(names[i]), 96, 64, NULL));
        for (int k = 0; k < 30; k++) {
            for (int b = 0; b < 96 * 64 * 3; b++)
                frame.image.data[b] = (uint8_t)(rand() >> 7);
            frame.time = even_times(k);
            assert_ok(sinew_writer_write(writer, &frame));
        }
        assert_ok(sinew_writer_close(&writer));
        cut(at(names[i]), at(name), 0.6);
        read_clip(&r, at(name));
        assert_int_equal(r.status, SINEW_OK);
        assert_in_range(r.count, 5, 25);
        if (warnings != 1 || !strstr(warned, name))
            fail_msg("%s: %d warnings, the last: %s", name, warnings, warned);
        sinew_frame_free(&frame);
    }
}

static void garbage_in_the_middle_is_passed(void **state) {
    (void)state;
    struct reading r;
    size_t size;
    put_clip(at("a.avi"), 96, 64, 30, even_times, plain);
    uint8_t *bytes = get_bytes(at("a.avi"), &size);
    for (size_t i = size / 2; i < size / 2 + 40; i++)
        bytes[i] = (uint8_t)(i * 37);
    put_bytes(at("b.avi"), bytes, size);
    read_clip(&r, at("b.avi"));
    assert_int_equal(r.status, SINEW_OK);
    assert_in_range(r.count, 10, 31);
    free(bytes);
}

static void no_frames_is_an_error(void **state) {
    (void)state;
    struct reading r;
    struct sinew_source *source = NULL;
    static const uint8_t grey[3] = {128, 128, 128};
    put_y4m(at("none.y4m"), "C420", 64, 64, grey, 0);
    const sinew_status status = sinew_media_open(&source, at("none.y4m"), NULL);
    if (status == SINEW_OK) {
        read_source(&r, source);
        assert_int_equal(r.count, 0);
        assert_int_equal(r.status, SINEW_FORMAT);
    }
    assert_non_null(strstr(sinew_error_message(), "none.y4m"));
    sinew_source_close(&source);
    put_y4m(at("huge.y4m"), "C420", 60000, 60000, grey, 0);
    assert_int_not_equal(sinew_media_open(&source, at("huge.y4m"), NULL),
                         SINEW_OK);
    assert_null(source);
}

/*
 * Writing that does not come to an end.
 */
static void existing_files_are_kept(void **state) {
    (void)state;
    struct sinew_writer *writer = NULL;
    static const char *const names[] = {"a.mp4", "a.png", "a.xyz", "a"};
    for (int i = 0; i < 2; i++) {
        put_bytes(at(names[i]), "mine", 4);
        assert_int_equal(sinew_writer_open(&writer, at(names[i]), 8, 8, NULL),
                         SINEW_IO);
        assert_non_null(strstr(sinew_error_message(), "exists"));
        size_t size;
        uint8_t *bytes = get_bytes(at(names[i]), &size);
        assert_int_equal(size, 4);
        free(bytes);
    }
    for (int i = 2; i < 4; i++) {
        assert_int_equal(sinew_writer_open(&writer, at(names[i]), 8, 8, NULL),
                         SINEW_UNSUPPORTED);
        assert_null(writer);
    }
    assert_int_equal(sinew_writer_open(&writer, at("b.mp4"), 0, 8, NULL),
                     SINEW_INVALID);
    assert_int_equal(entries(), 2);
}

static void nothing_unfinished_is_left(void **state) {
    (void)state;
    struct sinew_frame frame = {0};
    assert_ok(sinew_image_create(&frame.image, 32, 32, 3));
    static const char *const names[] = {"a.mp4", "a.mkv", "a.avi", "a.png"};
    for (int i = 0; i < 4; i++) {
        struct sinew_writer *writer = NULL;
        assert_ok(sinew_writer_open(&writer, at(names[i]), 32, 32, NULL));
        assert_ok(sinew_writer_write(writer, &frame));
        sinew_writer_abort(&writer);
        assert_null(writer);
        assert_int_equal(entries(), 0);
        /* Closed without one frame. */
        assert_ok(sinew_writer_open(&writer, at(names[i]), 32, 32, NULL));
        assert_ok(sinew_writer_close(&writer));
        assert_int_equal(entries(), 0);
    }
    sinew_writer_abort(&(struct sinew_writer *){NULL});
    sinew_frame_free(&frame);
}

static void one_picture_holds_one_frame(void **state) {
    (void)state;
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {.image = make_picture(32, 20, 3)};
    sinew_image back = {0};
    assert_ok(sinew_writer_open(&writer, at("a.png"), 32, 20, NULL));
    assert_ok(sinew_writer_write(writer, &frame));
    assert_int_equal(sinew_writer_write(writer, &frame), SINEW_INVALID);
    assert_int_equal(access(at("a.png"), F_OK), -1);
    assert_ok(sinew_writer_close(&writer));
    assert_ok(sinew_still_read(&back, at("a.png"), NULL, NULL));
    assert_int_equal(largest_difference(&back, &frame.image), 0);
    sinew_image_free(&back);
    sinew_frame_free(&frame);
}

/* In a process of its own whose files may not grow beyond 20,000 bytes. */
static int write_into_full_disk(const char *path) {
    const struct rlimit limit = {20000, 20000};
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {0};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) < 0) return 10;
    if (sinew_image_create(&frame.image, 160, 120, 3) < 0) return 11;
    if (sinew_writer_open(&writer, path, 160, 120, NULL) < 0) return 12;
    sinew_status status = SINEW_OK;
    for (int i = 0; i < 60 && status == SINEW_OK; i++) {
        for (int b = 0; b < 160 * 120 * 3; b++)
            frame.image.data[b] = (uint8_t)(rand() >> 7);
        frame.time = even_times(i);
        status = sinew_writer_write(writer, &frame);
    }
    if (status == SINEW_OK)
        status = sinew_writer_close(&writer);
    else
        sinew_writer_abort(&writer);
    sinew_frame_free(&frame);
    if (status != SINEW_IO) return 13;
    return strstr(sinew_error_message(), "File too large") ? 0 : 14;
}

static void a_full_disk_is_an_error(void **state) {
    (void)state;
    static const char *const names[] = {"a.mp4", "a.mkv", "a.avi", "a.y4m"};
    for (int i = 0; i < 4; i++) {
        int code = -1;
        const pid_t child = fork();
        if (child == 0) _exit(write_into_full_disk(at(names[i])));
        assert_int_equal(waitpid(child, &code, 0), child);
        if (!WIFEXITED(code) || WEXITSTATUS(code) != 0)
            fail_msg("%s: %d", names[i], WEXITSTATUS(code));
        assert_int_equal(entries(), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(frames_and_times_come_back, empty_folder),
        cmocka_unit_test_teardown(last_frame_has_its_length, empty_folder),
        cmocka_unit_test_teardown(times_that_stand_still_move_on, empty_folder),
        cmocka_unit_test_teardown(odd_sizes_are_padded, empty_folder),
        cmocka_unit_test_teardown(other_sizes_are_resized, empty_folder),
        cmocka_unit_test_teardown(colours_survive, empty_folder),
        cmocka_unit_test_teardown(matrix_and_range_are_right, empty_folder),
        cmocka_unit_test_teardown(rotation_is_honoured, empty_folder),
        cmocka_unit_test_teardown(sound_is_copied, empty_folder),
        cmocka_unit_test_teardown(sound_keeps_its_place, empty_folder),
        cmocka_unit_test_teardown(sound_that_does_not_fit_is_told,
                                  empty_folder),
        cmocka_unit_test_teardown(a_damaged_tail_costs_only_itself,
                                  empty_folder),
        cmocka_unit_test_teardown(garbage_in_the_middle_is_passed,
                                  empty_folder),
        cmocka_unit_test_teardown(no_frames_is_an_error, empty_folder),
        cmocka_unit_test_teardown(existing_files_are_kept, empty_folder),
        cmocka_unit_test_teardown(nothing_unfinished_is_left, empty_folder),
        cmocka_unit_test_teardown(one_picture_holds_one_frame, empty_folder),
        cmocka_unit_test_teardown(a_full_disk_is_an_error, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
