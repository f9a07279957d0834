/*
 * picture.c - pictures for the tests of the program, with answers known
 * beforehand.
 *
 *     cli_picture still FILE W H T  the picture at time T
 *     cli_picture video FILE W H N  N of them, 25 a second
 *     cli_picture blank FILE W H 0  the grey alone
 *     cli_picture truth W H T       where the squares are: "x y" a line
 *
 * Grey, with a red, a green and a blue square, each 5 by 5 pixels of the 64 by
 * 64 that the network of model.c is shown; sizes are multiples of 64, so that
 * the network's maxima are the squares' centres.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "media/writer.h"

#define SIDE 64

/* Centre of a square in input pixels at time t, going round without touching
 * the border or another square. */
static void centre(int colour, int t, int *x, int *y) {
    *x = 8 + 20 * colour + t % 8;
    *y = 8 + (7 * colour + 3 * t) % 48;
}

static void paint(const sinew_image *image, int t) {
    int w = image->width / SIDE, h = image->height / SIDE;
    sinew_image_fill(image, 96);
    for (int colour = 0; colour < 3; colour++) {
        int cx, cy;
        centre(colour, t, &cx, &cy);
        for (int y = (cy - 2) * h; y < (cy + 3) * h; y++)
            for (int x = (cx - 2) * w; x < (cx + 3) * w; x++)
                for (int c = 0; c < 3; c++)
                    image->data[y * image->stride + 3 * x + c] =
                        c == colour ? 240 : 16;
    }
}

/* The centre of an input pixel in pixels of the picture. */
static void print_truth(int width, int height, int t) {
    for (int colour = 0; colour < 3; colour++) {
        int x, y;
        centre(colour, t, &x, &y);
        printf("%.3f %.3f\n", (x + 0.5) * width / SIDE - 0.5,
               (y + 0.5) * height / SIDE - 0.5);
    }
}

static sinew_status make_still(const char *path, int width, int height, int t,
                               bool blank) {
    sinew_image image = {0};
    sinew_status status;
    SINEW_TRY(sinew_image_create(&image, width, height, 3));
    paint(&image, t);
    if (blank) sinew_image_fill(&image, 96);
    SINEW_TRY(sinew_still_write(path, &image, 0, true));
fail:
    sinew_image_free(&image);
    return status;
}

static sinew_status make_video(const char *path, int width, int height, int n) {
    struct sinew_writer_options options = {.force = true, .rate = 25};
    struct sinew_writer *writer = NULL;
    struct sinew_frame frame = {.source = path, .kind = SINEW_MEDIA_VIDEO};
    sinew_status status;
    SINEW_TRY(sinew_image_create(&frame.image, width, height, 3));
    SINEW_TRY(sinew_writer_open(&writer, path, width, height, &options));
    for (int t = 0; t < n; t++) {
        paint(&frame.image, t);
        frame.time = t / 25.0;
        frame.index = t;
        SINEW_TRY(sinew_writer_write(writer, &frame));
    }
    SINEW_TRY(sinew_writer_close(&writer));
fail:
    sinew_writer_abort(&writer);
    sinew_image_free(&frame.image);
    return status;
}

int main(int argc, char **argv) {
    int n[3] = {0};
    sinew_status status;
    if (argc == 5 && !strcmp(argv[1], "truth")) {
        print_truth(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
        return 0;
    }
    if (argc != 6) return 2;
    for (int i = 0; i < 3; i++)
        n[i] = atoi(argv[i + 3]);
    if (strcmp(argv[1], "video"))
        status =
            make_still(argv[2], n[0], n[1], n[2], !strcmp(argv[1], "blank"));
    else
        status = make_video(argv[2], n[0], n[1], n[2]);
    if (status < 0) fprintf(stderr, "picture: %s\n", sinew_error_message());
    return status < 0;
}
