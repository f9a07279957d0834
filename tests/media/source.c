/*
 * source.c - what a spec opens: lists, pipes, cameras, the network.
 */
#include <pthread.h>
#include <signal.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include "clip.h"

static const struct sinew_writer_options plain = {0};
static const struct sinew_media_options telling = {.warn = keep_warning,
                                                   .timeout = 5};

static void put_still(const char *path, int number) {
    sinew_image image;
    assert_ok(sinew_image_create(&image, 40, 30, 3));
    draw_frame(&image, number);
    assert_ok(sinew_still_write(path, &image, 100, true));
    sinew_image_free(&image);
}

static double now(void) {
    struct timeval time;
    gettimeofday(&time, NULL);
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

/*
 * Lists.
 */
static void a_picture_is_one_frame(void **state) {
    (void)state;
    struct reading r;
    put_still(at("a.jpg"), 7);
    read_clip(&r, at("a.jpg"));
    assert_int_equal(r.count, 1);
    assert_int_equal(r.kind, SINEW_MEDIA_STILL);
    assert_int_equal(r.info.kind, SINEW_MEDIA_STILL);
    assert_int_equal(r.info.frames, 1);
    assert_int_equal(r.info.items, 1);
    assert_int_equal(r.number[0], 7);
    assert_true(r.time[0] == 0);
    assert_string_equal(r.source[0], at("a.jpg"));
    /* The extension is not what decides. */
    assert_int_equal(rename(at("a.jpg"), at("b.png")), 0);
    read_clip(&r, at("b.png"));
    assert_int_equal(r.number[0], 7);
}

static void fill_folder(void) {
    put_still(at("c.bmp"), 3);
    put_still(at("a.png"), 1);
    put_still(at("b.JPG"), 2);
    put_clip(at("d.mkv"), 32, 32, 3, even_times, plain);
    put_bytes(at("notes.txt"), "no picture\n", 11);
    put_bytes(at(".hidden.png"), "no picture\n", 11);
    assert_int_equal(mkdir(at("e.png"), 0777), 0);
}

static void a_folder_is_read_by_name(void **state) {
    (void)state;
    struct reading r;
    static const int numbers[] = {1, 2, 3, 0, 1, 2};
    static const int items[] = {0, 1, 2, 3, 3, 3};
    fill_folder();
    read_clip(&r, folder);
    assert_int_equal(r.count, 6);
    assert_int_equal(r.info.items, 4);
    assert_int_equal(r.failed, 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(r.number[i], numbers[i]);
        assert_int_equal(r.item[i], items[i]);
    }
    assert_non_null(strstr(r.source[4], "d.mkv"));
    assert_true(fabs(r.time[5] - 0.08) < 1e-3);
    rmdir(at("e.png"));
}

static void patterns_and_lists(void **state) {
    (void)state;
    struct reading r;
    char list[1000];
    fill_folder();
    read_clip(&r, at("[ac].*"));
    assert_int_equal(r.count, 2);
    assert_int_equal(r.number[0], 1);
    assert_int_equal(r.number[1], 3);
    snprintf(list, sizeof list, "# comment\n%s\r\n\n%s  \n%s", at("c.bmp"),
             at("a.png"), at("d.mkv"));
    put_bytes(at("list"), list, strlen(list));
    snprintf(list, sizeof list, "@%s", at("list"));
    read_clip(&r, list);
    assert_int_equal(r.count, 5);
    assert_int_equal(r.number[0], 3);
    assert_int_equal(r.number[1], 1);
    /* A name with signs of a pattern that is there is no pattern. */
    put_still(at("x[1].png"), 9);
    read_clip(&r, at("x[1].png"));
    assert_int_equal(r.number[0], 9);
    rmdir(at("e.png"));
}

static void bad_items_are_passed_over(void **state) {
    (void)state;
    struct sinew_source *source = NULL;
    struct reading r;
    put_still(at("a.png"), 1);
    put_bytes(at("b.png"), "no picture\n", 11);
    put_bytes(at("c.png"), "", 0);
    put_bytes(at("d.mp4"), "no video at all\n", 16);
    put_still(at("e.png"), 5);
    warnings = 0;
    assert_ok(sinew_media_open(&source, folder, &telling));
    read_source(&r, source);
    sinew_source_close(&source);
    assert_int_equal(r.status, SINEW_OK);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.number[1], 5);
    assert_int_equal(r.item[1], 4);
    assert_int_equal(r.failed, 3);
    assert_int_equal(warnings, 3);
    assert_non_null(strstr(warned, "d.mp4"));
    /* Nobody to tell is fine too. */
    assert_ok(sinew_media_open(&source, folder, NULL));
    read_source(&r, source);
    assert_int_equal(r.count, 2);
    sinew_source_close(&source);
    /* None good at all is an error. */
    const char *const bad[] = {at("b.png"), at("c.png")};
    sinew_status status = sinew_media_open_list(&source, bad, 2, &telling);
    if (status == SINEW_OK) {
        read_source(&r, source);
        status = r.status;
        sinew_source_close(&source);
    }
    assert_int_equal(status, SINEW_FORMAT);
}

static void what_cannot_be_opened(void **state) {
    (void)state;
    static const struct {
        const char *name;
        sinew_status status;
    } cases[] = {{"missing.mp4", SINEW_NOTFOUND}, {"none*.png", SINEW_NOTFOUND},
                 {"empty.mp4", SINEW_FORMAT},     {"words.mp4", SINEW_FORMAT},
                 {"sound.wav", SINEW_FORMAT},     {".", SINEW_NOTFOUND}};
    struct sinew_source *source = NULL;
    put_bytes(at("empty.mp4"), "", 0);
    put_bytes(at("words.mp4"), "These are words.\n", 17);
    static const uint8_t wav[44 + 800] =
        "RIFF\x44\x03\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0"
        "\x02\0\x10\0data\x20\x03\0";
    put_bytes(at("sound.wav"), wav, sizeof wav);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (i == 5) {
            empty_folder(NULL);
            assert_int_equal(entries(), 0);
        }
        const sinew_status status =
            sinew_media_open(&source, at(cases[i].name), NULL);
        assert_null(source);
        if (status != cases[i].status)
            fail_msg("%s: %d: %s", cases[i].name, status,
                     sinew_error_message());
        assert_non_null(strstr(sinew_error_message(), cases[i].name));
    }
    assert_int_equal(sinew_media_open_list(&source, NULL, 0, NULL),
                     SINEW_INVALID);
}

/*
 * Pipes.
 */
struct feed {
    int fd;
    const char *path; /* opened when not NULL, as soon as somebody reads */
    const uint8_t *bytes;
    size_t size;
};

static void *feed_pipe(void *opaque) {
    struct feed *feed = opaque;
    size_t done = 0;
    if (feed->path) feed->fd = open(feed->path, O_WRONLY);
    while (done < feed->size) {
        const ssize_t n =
            write(feed->fd, feed->bytes + done, feed->size - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    close(feed->fd);
    return NULL;
}

/* Reads "-" with the bytes coming in through a pipe. */
static void read_stdin(struct reading *r, const void *bytes, size_t size) {
    int ends[2];
    pthread_t thread;
    const int before = dup(0);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], 0);
    close(ends[0]);
    struct feed feed = {ends[1], NULL, bytes, size};
    assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &feed), 0);
    read_clip(r, "-");
    /* Whatever was not read any more must not keep the writer waiting. */
    close(0);
    pthread_join(thread, NULL);
    dup2(before, 0);
    close(before);
}

static void standard_input_of_every_kind(void **state) {
    (void)state;
    static const struct {
        const char *name, *format;
        int count;
    } kinds[] = {{"a.y4m", NULL, 12},      {"a.mkv", NULL, 12},
                 {"a.mp4", NULL, 12},      {"a.ts", NULL, 12},
                 {"a.mjpeg", "mjpeg", 12}, {"b.mjpeg", "mjpeg", 2}};
    struct reading r;
    size_t size;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct sinew_writer_options options = {.format = kinds[i].format};
        put_clip(at(kinds[i].name), 64, 48, kinds[i].count, even_times,
                 options);
        uint8_t *bytes = get_bytes(at(kinds[i].name), &size);
        read_stdin(&r, bytes, size);
        free(bytes);
        if (r.count != kinds[i].count || r.kind != SINEW_MEDIA_VIDEO)
            fail_msg("%s: %d frames, kind %d", kinds[i].name, r.count, r.kind);
        assert_int_equal(r.status, SINEW_OK);
        assert_string_equal(r.path, "");
        for (int k = 0; k < r.count; k++)
            assert_int_equal(r.number[k], k);
        assert_true(fabs(r.time[r.count - 1] - even_times(r.count - 1)) < 1e-3);
    }
}

static void one_picture_on_standard_input(void **state) {
    (void)state;
    static const char *const names[] = {"a.jpg", "a.png", "a.webp", "a.bmp"};
    struct reading r;
    size_t size;
    for (int i = 0; i < 4; i++) {
        put_still(at(names[i]), 11);
        uint8_t *bytes = get_bytes(at(names[i]), &size);
        read_stdin(&r, bytes, size);
        free(bytes);
        assert_int_equal(r.count, 1);
        assert_int_equal(r.kind, SINEW_MEDIA_STILL);
        assert_int_equal(r.number[0], 11);
    }
}

static void bad_standard_input(void **state) {
    (void)state;
    static const char words[] = "These words are no video.\n";
    struct sinew_source *source = NULL;
    const int before = dup(0);
    put_bytes(at("words"), words, sizeof words);
    for (int i = 0; i < 2; i++) {
        const int fd = open(i ? "/dev/null" : at("words"), O_RDONLY);
        dup2(fd, 0);
        close(fd);
        assert_int_not_equal(sinew_media_open(&source, "-", NULL), SINEW_OK);
        assert_null(source);
    }
    dup2(before, 0);
    close(before);
}

static void named_pipes_are_streams(void **state) {
    (void)state;
    struct reading r;
    size_t size;
    pthread_t thread;
    put_clip(at("a.mkv"), 64, 48, 5, even_times, plain);
    uint8_t *bytes = get_bytes(at("a.mkv"), &size);
    assert_int_equal(mkfifo(at("fifo"), 0666), 0);
    struct feed feed = {-1, at("fifo"), bytes, size};
    assert_int_equal(pthread_create(&thread, NULL, feed_pipe, &feed), 0);
    read_clip(&r, at("fifo"));
    pthread_join(thread, NULL);
    assert_int_equal(r.count, 5);
    assert_int_equal(r.kind, SINEW_MEDIA_LIVE);
    free(bytes);
}

/* Standard output as a file descriptor of its own, then read back. */
static void standard_output(void **state) {
    (void)state;
    static const struct {
        const char *format, *name;
    } kinds[] = {{NULL, "out.y4m"},
                 {"y4m", "out.y4m"},
                 {"mjpeg", "out.mjpeg"},
                 {"matroska", "out.mkv"},
                 {"mp4", "out.mp4"}};
    struct reading r;
    for (int i = 0; i < 5; i++) {
        struct sinew_writer_options options = {.format = kinds[i].format};
        fflush(stdout);
        const int before = dup(1);
        const int fd =
            open(at(kinds[i].name), O_WRONLY | O_CREAT | O_TRUNC, 0666);
        dup2(fd, 1);
        close(fd);
        put_clip("-", 64, 48, 7, even_times, options);
        dup2(before, 1);
        close(before);
        read_clip(&r, at(kinds[i].name));
        assert_int_equal(r.status, SINEW_OK);
        assert_int_equal(r.count, 7);
        assert_int_equal(r.number[6], 6);
    }
}

static void a_closed_output_is_an_error(void **state) {
    (void)state;
    int ends[2], code = -1;
    assert_int_equal(pipe(ends), 0);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        struct sinew_writer *writer = NULL;
        struct sinew_frame frame = {0};
        signal(SIGPIPE, SIG_IGN);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        sinew_status status = sinew_image_create(&frame.image, 320, 240, 3);
        if (status == SINEW_OK)
            status = sinew_writer_open(&writer, "-", 320, 240, NULL);
        for (int i = 0; i < 20 && status == SINEW_OK; i++)
            status = sinew_writer_write(writer, &frame);
        _exit(status == SINEW_IO && strstr(sinew_error_message(), "Broken pipe")
                  ? 0
                  : 1);
    }
    close(ends[0]);
    close(ends[1]);
    waitpid(child, &code, 0);
    assert_true(WIFEXITED(code));
    assert_int_equal(WEXITSTATUS(code), 0);
}

/*
 * Cameras.
 */
static int frames_before_stop;
static bool stop_after_some(void *user) {
    (void)user;
    return frames_before_stop == 0;
}

static void a_synthetic_camera(void **state) {
    (void)state;
    const struct sinew_media_options options = {.stop = stop_after_some};
    struct sinew_source *source = NULL;
    struct sinew_source_info info;
    struct sinew_frame frame = {0};
    bool got = true;
    int count = 0;
    frames_before_stop = 15;
    assert_ok(sinew_media_open(&source, "lavfi:testsrc=size=320x240:rate=10",
                               &options));
    sinew_source_describe(source, &info);
    assert_int_equal(info.kind, SINEW_MEDIA_LIVE);
    assert_int_equal(info.width, 320);
    assert_true(fabs(info.rate - 10) < 1e-6);
    assert_int_equal(info.frames, 0);
    while (count < 100) {
        assert_ok(sinew_source_next(source, &frame, &got));
        if (!got) break;
        assert_int_equal(frame.kind, SINEW_MEDIA_LIVE);
        assert_int_equal(frame.index, count);
        assert_true(fabs(frame.time - count * 0.1) < 1e-6);
        count++;
        if (frames_before_stop) frames_before_stop--;
    }
    /* It never ends by itself; being asked to stop it does, within a few. */
    if (got) assert_int_equal(count, 100);
    sinew_source_close(&source);
    sinew_frame_free(&frame);
    assert_int_not_equal(sinew_media_open(&source, "lavfi:nosuchfilter", NULL),
                         SINEW_OK);
    assert_null(source);
}

static void a_camera_that_goes_away(void **state) {
    (void)state;
    struct reading r;
    read_clip(&r, "lavfi:testsrc=size=64x48:rate=10:duration=1");
    assert_int_equal(r.status, SINEW_OK);
    assert_int_equal(r.count, 10);
}

static int cameras;
static void see_camera(void *user, const char *spec, const char *name) {
    assert_string_equal(user, "mine");
    assert_int_equal(strncmp(spec, "camera:", 7), 0);
    assert_non_null(name);
    cameras++;
}

static void cameras_by_name(void **state) {
    (void)state;
    struct sinew_source *source = NULL;
    assert_ok(sinew_camera_list(see_camera, "mine"));
    print_message("%d cameras here\n", cameras);
    assert_int_equal(sinew_media_open(&source, "camera:987", NULL),
                     SINEW_NOTFOUND);
    assert_non_null(strstr(sinew_error_message(), "/dev/video987"));
    assert_int_equal(
        sinew_media_open(&source, "camera:no camera has this name", NULL),
        SINEW_NOTFOUND);
    assert_int_equal(sinew_media_open(&source, "camera:/dev/null", NULL),
                     SINEW_IO);
}

/*
 * The network: a server in a thread.
 */
struct server {
    int fd, port;
    const uint8_t *bytes; /* NULL = accepts and says nothing */
    size_t size;
    pthread_t thread;
};

static void *serve(void *opaque) {
    struct server *server = opaque;
    for (int fd; (fd = accept(server->fd, NULL, NULL)) >= 0; close(fd)) {
        char request[4096], head[200];
        if (!server->bytes) {
            /* Until the other side gives up. */
            while (recv(fd, request, sizeof request, 0) > 0)
                continue;
            continue;
        }
        if (recv(fd, request, sizeof request, 0) <= 0) continue;
        const int n = snprintf(head, sizeof head,
                               "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n"
                               "Connection: close\r\n\r\n",
                               server->size);
        if (send(fd, head, (size_t)n, MSG_NOSIGNAL) == n)
            for (size_t done = 0; done < server->size;) {
                const ssize_t put = send(fd, server->bytes + done,
                                         server->size - done, MSG_NOSIGNAL);
                if (put <= 0) break;
                done += (size_t)put;
            }
    }
    return NULL;
}

static void start_server(struct server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(server->fd >= 0);
    assert_int_equal(bind(server->fd, (void *)&address, size), 0);
    assert_int_equal(getsockname(server->fd, (void *)&address, &size), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(listen(server->fd, 4), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void stop_server(struct server *server) {
    shutdown(server->fd, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

static void a_stream_by_http(void **state) {
    (void)state;
    struct server server = {0};
    struct reading r;
    char url[100];
    put_clip(at("a.mkv"), 64, 48, 12, even_times, plain);
    uint8_t *bytes = get_bytes(at("a.mkv"), &server.size);
    server.bytes = bytes;
    start_server(&server);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/a.mkv?x=1", server.port);
    read_clip(&r, url);
    assert_int_equal(r.status, SINEW_OK);
    assert_int_equal(r.count, 12);
    assert_int_equal(r.number[11], 11);
    assert_int_equal(r.kind, SINEW_MEDIA_LIVE);
    stop_server(&server);
    free(bytes);
}

static void a_silent_server_is_left(void **state) {
    (void)state;
    static const char *const schemes[] = {"http", "rtsp", "tcp"};
    const struct sinew_media_options options = {.timeout = 0.7};
    struct sinew_source *source = NULL;
    struct server server = {0};
    char url[100];
    start_server(&server);
    for (int i = 0; i < 3; i++) {
        const double begin = now();
        snprintf(url, sizeof url, "%s://127.0.0.1:%d/x", schemes[i],
                 server.port);
        assert_int_equal(sinew_media_open(&source, url, &options), SINEW_IO);
        assert_non_null(strstr(sinew_error_message(), "no data for 0.7 s"));
        assert_true(now() - begin < 5);
    }
    stop_server(&server);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/x", server.port);
    assert_int_equal(sinew_media_open(&source, url, &options), SINEW_IO);
    assert_non_null(strstr(sinew_error_message(), "refused"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_picture_is_one_frame, empty_folder),
        cmocka_unit_test_teardown(a_folder_is_read_by_name, empty_folder),
        cmocka_unit_test_teardown(patterns_and_lists, empty_folder),
        cmocka_unit_test_teardown(bad_items_are_passed_over, empty_folder),
        cmocka_unit_test_teardown(what_cannot_be_opened, empty_folder),
        cmocka_unit_test_teardown(standard_input_of_every_kind, empty_folder),
        cmocka_unit_test_teardown(one_picture_on_standard_input, empty_folder),
        cmocka_unit_test_teardown(bad_standard_input, empty_folder),
        cmocka_unit_test_teardown(named_pipes_are_streams, empty_folder),
        cmocka_unit_test_teardown(standard_output, empty_folder),
        cmocka_unit_test(a_closed_output_is_an_error),
        cmocka_unit_test(a_synthetic_camera),
        cmocka_unit_test(a_camera_that_goes_away),
        cmocka_unit_test(cameras_by_name),
        cmocka_unit_test_teardown(a_stream_by_http, empty_folder),
        cmocka_unit_test(a_silent_server_is_left),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
