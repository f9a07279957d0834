/*
 * still.c - pictures of every kind in, and pictures out. Files are made here by
 * libpng, libjpeg or byte by byte.
 */
#include <math.h>
#include <stdio.h>
#include <jpeglib.h>
#include <png.h>
#include "picture.h"
#include "media/media.h"
#include "media/still.h"

#define W 37
#define H 23

static int warnings;
static void count_warning(void *user, const char *text) {
    (void)user;
    assert_true(strlen(text) > 0);
    warnings++;
}

static sinew_image read_still(const char *name) {
    sinew_image image = {0};
    assert_ok(sinew_still_read(&image, at(name), NULL, NULL));
    return image;
}

/*
 * PNG.
 */
struct png_case {
    int colour, depth, interlace;
    bool transparent; /* a tRNS chunk */
};

/* The sample of a channel in `depth` bits. */
static unsigned png_sample(const struct png_case *kind, int x, int y, int c) {
    const unsigned v = formula(x, y, c);
    return kind->depth == 16 ? v << 8 | (255 - v) : v >> (8 - kind->depth);
}

static uint8_t png_want(const struct png_case *kind, int x, int y, int c) {
    const bool grey = !(kind->colour & PNG_COLOR_MASK_COLOR);
    const unsigned v = png_sample(kind, x, y, grey ? 0 : c);
    if (kind->colour == PNG_COLOR_TYPE_PALETTE) {
        const unsigned i = png_sample(kind, x, y, 0);
        return (uint8_t)(c == 0 ? i * 3 : c == 1 ? 255 - i : i * 11);
    }
    return kind->depth == 16 ? (uint8_t)(v >> 8)
                             : (uint8_t)(v * 255 / ((1u << kind->depth) - 1));
}

static void pack_row(uint8_t *row, const struct png_case *kind, int channels,
                     int y) {
    int bit = 0;
    memset(row, 0, W * 8);
    for (int x = 0; x < W; x++)
        for (int c = 0; c < channels; c++, bit += kind->depth) {
            const unsigned v = png_sample(kind, x, y, c);
            if (kind->depth == 16) {
                row[bit / 8] = (uint8_t)(v >> 8);
                row[bit / 8 + 1] = (uint8_t)v;
            } else {
                row[bit / 8] |= (uint8_t)(v << (8 - kind->depth - bit % 8));
            }
        }
}

static void put_png(const char *path, const struct png_case *kind,
                    const uint8_t *exif, size_t exif_size) {
    static uint8_t rows[H][W * 8];
    uint8_t *pointers[H];
    FILE *file = fopen(path, "wb");
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    assert_non_null(file);
    png_init_io(png, file);
    png_set_IHDR(png, info, W, H, kind->depth, kind->colour, kind->interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (kind->colour == PNG_COLOR_TYPE_PALETTE) {
        png_color palette[256];
        const int n = 1 << kind->depth;
        for (int i = 0; i < n; i++)
            palette[i] = (png_color){(uint8_t)(i * 3), (uint8_t)(255 - i),
                                     (uint8_t)(i * 11)};
        png_set_PLTE(png, info, palette, n);
    }
    if (kind->transparent) {
        uint8_t alpha[2] = {0, 128};
        png_color_16 colour = {1, 10, 20, 30, 40};
        png_set_tRNS(png, info, alpha, 2, &colour);
    }
    if (exif)
        png_set_eXIf_1(png, info, (png_uint_32)exif_size, (png_bytep)exif);
    png_write_info(png, info);
    for (int y = 0; y < H; y++) {
        pack_row(rows[y], kind, png_get_channels(png, info), y);
        pointers[y] = rows[y];
    }
    png_write_image(png, pointers);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    fclose(file);
}

static void png_of_every_kind(void **state) {
    (void)state;
    static const struct png_case kinds[] = {
        {PNG_COLOR_TYPE_GRAY, 1, 0, 0},
        {PNG_COLOR_TYPE_GRAY, 2, 0, 0},
        {PNG_COLOR_TYPE_GRAY, 4, 1, 0},
        {PNG_COLOR_TYPE_GRAY, 8, 0, 0},
        {PNG_COLOR_TYPE_GRAY, 16, 0, 0},
        {PNG_COLOR_TYPE_GRAY, 8, 0, 1},
        {PNG_COLOR_TYPE_RGB, 8, 0, 0},
        {PNG_COLOR_TYPE_RGB, 8, 1, 1},
        {PNG_COLOR_TYPE_RGB, 16, 0, 0},
        {PNG_COLOR_TYPE_RGB, 16, 1, 0},
        {PNG_COLOR_TYPE_PALETTE, 1, 0, 0},
        {PNG_COLOR_TYPE_PALETTE, 2, 0, 1},
        {PNG_COLOR_TYPE_PALETTE, 4, 1, 0},
        {PNG_COLOR_TYPE_PALETTE, 8, 0, 1},
        {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 0, 0},
        {PNG_COLOR_TYPE_GRAY_ALPHA, 16, 1, 0},
        {PNG_COLOR_TYPE_RGB_ALPHA, 8, 1, 0},
        {PNG_COLOR_TYPE_RGB_ALPHA, 16, 0, 0}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        put_png(at("a.png"), &kinds[i], NULL, 0);
        sinew_image image = read_still("a.png");
        assert_int_equal(image.width, W);
        assert_int_equal(image.height, H);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 3; c++)
                    if (pixel(&image, x, y)[c] != png_want(&kinds[i], x, y, c))
                        fail_msg("kind %d, (%d, %d) channel %d: %d, not %d",
                                 (int)i, x, y, c, pixel(&image, x, y)[c],
                                 png_want(&kinds[i], x, y, c));
        sinew_image_free(&image);
    }
}

/*
 * JPEG.
 */
struct jpeg_case {
    int components, space, h, v;
    bool progressive;
    int restart;
};

static void put_jpeg(const char *path, const struct jpeg_case *kind) {
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    uint8_t row[W * 4];
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = W;
    jpeg.image_height = H;
    jpeg.input_components = kind->components;
    jpeg.in_color_space = kind->components == 4   ? JCS_CMYK
                          : kind->components == 3 ? JCS_RGB
                                                  : JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, (J_COLOR_SPACE)kind->space);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.comp_info[0].h_samp_factor = kind->h;
    jpeg.comp_info[0].v_samp_factor = kind->v;
    jpeg.restart_interval = (unsigned)kind->restart;
    if (kind->progressive) jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < H) {
        /* Smooth: what is lost by compression stays small. */
        for (int x = 0; x < W; x++)
            for (int c = 0; c < kind->components; c++)
                row[x * kind->components + c] =
                    (uint8_t)(40 + 3 * x + 2 * (int)jpeg.next_scanline +
                              20 * c);
        JSAMPROW rows = row;
        jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* As libjpeg decodes when left alone. */
static void plain_decode(const char *path, int space, uint8_t *out) {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_stdio_src(&jpeg, file);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = (J_COLOR_SPACE)space;
    jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = out + (size_t)jpeg.output_scanline * W *
                                 (size_t)jpeg.output_components;
        jpeg_read_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    fclose(file);
}

static const struct jpeg_case jpegs[] = {
    {3, JCS_YCbCr, 2, 2, false, 0}, {3, JCS_YCbCr, 2, 1, false, 0},
    {3, JCS_YCbCr, 1, 1, true, 0},  {3, JCS_YCbCr, 2, 2, true, 1},
    {3, JCS_RGB, 1, 1, false, 2},   {1, JCS_GRAYSCALE, 1, 1, false, 0},
    {4, JCS_CMYK, 1, 1, false, 0},  {4, JCS_YCCK, 1, 1, false, 0}};

static void jpeg_of_every_kind(void **state) {
    (void)state;
    static uint8_t want[W * H * 4];
    for (size_t i = 0; i < sizeof jpegs / sizeof jpegs[0]; i++) {
        const bool ink = jpegs[i].components == 4;
        put_jpeg(at("a.jpg"), &jpegs[i]);
        sinew_image image = read_still("a.jpg");
        assert_int_equal(image.width, W);
        assert_int_equal(image.height, H);
        plain_decode(at("a.jpg"), ink ? JCS_CMYK : JCS_RGB, want);
        for (int k = 0; k < W * H; k++)
            for (int c = 0; c < 3; c++) {
                const int got = image.data[3 * k + c];
                if (!ink) {
                    assert_int_equal(got, want[3 * k + c]);
                    continue;
                }
                /* libjpeg marks the file as Adobe's: ink is inverted. */
                const double rgb = want[4 * k + c] * want[4 * k + 3] / 255.0;
                assert_true(fabs(got - rgb) <= 0.51);
            }
        sinew_image_free(&image);
    }
}

/* A picture of OpenCV's documentation, hashed after PIL decoded it. */
static void jpeg_equals_pil(void **state) {
    (void)state;
    const char *path = "/usr/share/doc/opencv-doc/examples/data/messi5.jpg";
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s not present\n", path);
        skip();
    }
    sinew_image image = {0}, small = {0};
    assert_ok(sinew_still_read(&image, path, NULL, NULL));
    assert_int_equal(picture_hash(&image), 0x63e9b8e5);
    assert_ok(sinew_image_create(&small, 224, 140, 3));
    assert_ok(sinew_image_resize(&small, &image, SINEW_RESIZE_GAUSSIAN));
    assert_int_equal(picture_hash(&small), 0x98ba26ad);
    sinew_image_free(&small);
    sinew_image_free(&image);
}

static void jpeg_scaled_while_decoding(void **state) {
    (void)state;
    static const struct {
        int min_side, divisor;
    } cases[] = {{0, 1},  {300, 1}, {200, 1}, {150, 1}, {100, 2},
                 {51, 2}, {50, 4},  {25, 8},  {1, 8}};
    sinew_image big = make_picture(401, 200, 3), image = {0};
    for (int y = 0; y < 200; y++)
        for (int x = 0; x < 401; x++)
            for (int c = 0; c < 3; c++)
                pixel(&big, x, y)[c] = (uint8_t)(20 + x / 4 + y / 2 + 10 * c);
    assert_ok(sinew_still_write(at("a.jpg"), &big, 95, true));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct sinew_still_options options = {.min_side =
                                                        cases[i].min_side};
        struct sinew_still_info info;
        assert_ok(sinew_still_read(&image, at("a.jpg"), &options, &info));
        const int d = cases[i].divisor;
        assert_int_equal(info.divisor, d);
        assert_int_equal(info.width, 401);
        assert_int_equal(info.height, 200);
        assert_int_equal(image.width, (401 + d - 1) / d);
        assert_int_equal(image.height, (200 + d - 1) / d);
        /* Pixel centres: x of the small one is (x + 1/2) d - 1/2 of the big. */
        const int want = (int)(20 + (19.5 * d - 0.5) / 4 + (9.5 * d - 0.5) / 2);
        assert_true(abs(pixel(&image, 19, 9)[0] - want) <= 3);
    }
    sinew_image_free(&image);
    sinew_image_free(&big);
}

/*
 * Orientation.
 */
static size_t make_exif(uint8_t tiff[32], int orientation, bool big) {
    static const uint8_t little_head[] = "II*\0\x08\0\0\0\x01\0";
    static const uint8_t big_head[] = "MM\0*\0\0\0\x08\0\x01";
    memset(tiff, 0, 32);
    memcpy(tiff, big ? big_head : little_head, 10);
    const uint8_t entry[2][12] = {
        {0x12, 0x01, 3, 0, 1, 0, 0, 0, (uint8_t)orientation, 0, 0, 0},
        {0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (uint8_t)orientation, 0, 0}};
    memcpy(tiff + 10, entry[big], 12);
    return 26;
}

static void add_exif_to_jpeg(const char *from, const char *to, int orientation,
                             bool big) {
    size_t size;
    uint8_t *bytes = get_bytes(from, &size), tiff[32];
    const size_t n = make_exif(tiff, orientation, big);
    FILE *file = fopen(to, "wb");
    const uint8_t head[] = {0xff, 0xd8, 0xff, 0xe1, 0, (uint8_t)(n + 8)};
    assert_int_equal(fwrite(head, 1, sizeof head, file), sizeof head);
    assert_int_equal(fwrite("Exif\0\0", 1, 6, file), 6);
    assert_int_equal(fwrite(tiff, 1, n, file), n);
    assert_int_equal(fwrite(bytes + 2, 1, size - 2, file), size - 2);
    fclose(file);
    free(bytes);
}

/* An uncompressed RGB picture of W x H. */
static void put_tiff(const char *path, int orientation) {
    static uint8_t file[128 + W * H * 3];
    static const uint16_t tags[][3] = {
        /* tag, type, value */
        {0x100, 3, W}, {0x101, 3, H}, {0x102, 3, 122},
        {0x103, 3, 1}, {0x106, 3, 2}, {0x111, 3, 128},
        {0x112, 3, 0}, {0x115, 3, 3}, {0x117, 4, W * H * 3}};
    memset(file, 0, sizeof file);
    memcpy(file, "II*\0\x08\0\0\0\x09\0", 10);
    for (int i = 0; i < 9; i++) {
        uint8_t *entry = file + 10 + 12 * i;
        const int value = tags[i][0] == 0x112 ? orientation : tags[i][2];
        entry[0] = (uint8_t)tags[i][0];
        entry[1] = (uint8_t)(tags[i][0] >> 8);
        entry[2] = (uint8_t)tags[i][1];
        entry[4] = tags[i][0] == 0x102 ? 3 : 1; /* three depths at 122 */
        entry[8] = (uint8_t)value;
        entry[9] = (uint8_t)(value >> 8);
    }
    for (int c = 0; c < 3; c++)
        file[122 + 2 * c] = 8;
    for (int i = 0; i < W * H; i++)
        for (int c = 0; c < 3; c++)
            file[128 + 3 * i + c] = formula(i % W, i / W, c);
    put_bytes(path, file, sizeof file);
}

static void check_turned(const char *name, int orientation,
                         const sinew_image *stored) {
    const bool turned = orientation >= 5;
    const struct sinew_still_options as_stored = {.as_stored = true};
    struct sinew_still_info info;
    sinew_image image = {0};
    sinew_image want = make_picture(turned ? H : W, turned ? W : H, 3);
    assert_ok(sinew_image_orient(&want, stored, orientation));
    assert_ok(sinew_still_read(&image, at(name), NULL, &info));
    assert_int_equal(info.orientation, orientation);
    assert_int_equal(info.width, want.width);
    assert_int_equal(info.height, want.height);
    assert_int_equal(largest_difference(&image, &want), 0);
    assert_ok(sinew_still_read(&image, at(name), &as_stored, &info));
    assert_int_equal(largest_difference(&image, stored), 0);
    sinew_image_free(&want);
    sinew_image_free(&image);
}

static void exif_turns_pictures(void **state) {
    (void)state;
    static const struct png_case rgb = {PNG_COLOR_TYPE_RGB, 8, 0, false};
    uint8_t tiff[32];
    put_jpeg(at("plain.jpg"), &jpegs[0]);
    put_tiff(at("plain.tif"), 1);
    sinew_image jpeg = read_still("plain.jpg");
    sinew_image exact = make_picture(W, H, 3);
    sinew_image from_tiff = read_still("plain.tif");
    assert_int_equal(largest_difference(&from_tiff, &exact), 0);
    for (int o = 1; o <= 8; o++) {
        add_exif_to_jpeg(at("plain.jpg"), at("o.jpg"), o, o & 1);
        check_turned("o.jpg", o, &jpeg);
        put_png(at("o.png"), &rgb, tiff, make_exif(tiff, o, !(o & 1)));
        check_turned("o.png", o, &exact);
        put_tiff(at("o.tif"), o);
        check_turned("o.tif", o, &exact);
    }
    sinew_image_free(&jpeg);
    sinew_image_free(&exact);
    sinew_image_free(&from_tiff);
}

static void exif_is_read_with_care(void **state) {
    (void)state;
    uint8_t tiff[32], webp[64] = "RIFF\x2c\0\0\0WEBPVP8 \x02\0\0\0ab";
    for (int big = 0; big < 2; big++) {
        const size_t n = make_exif(tiff, 6, big);
        assert_int_equal(sinew_exif_orientation(tiff, n), 6);
        assert_int_equal(sinew_exif_find(tiff, n), 6);
        for (size_t cut = 0; cut < 22; cut++)
            assert_int_equal(sinew_exif_orientation(tiff, cut), 1);
        make_exif(tiff, 9, big);
        assert_int_equal(sinew_exif_orientation(tiff, n), 1);
        make_exif(tiff, 0, big);
        assert_int_equal(sinew_exif_orientation(tiff, n), 1);
    }
    /* The directory lies outside. */
    size_t n = make_exif(tiff, 6, false);
    memset(tiff + 4, 0xff, 4);
    assert_int_equal(sinew_exif_orientation(tiff, n), 1);
    /* In WebP: a chunk after the picture, with or without JPEG's prefix. */
    n = make_exif(tiff, 8, false);
    memcpy(webp + 22, "EXIF\x1a\0\0\0", 8);
    memcpy(webp + 30, tiff, n);
    assert_int_equal(sinew_exif_find(webp, 30 + n), 8);
    for (size_t cut = 0; cut < 30 + n; cut++)
        assert_int_equal(sinew_exif_find(webp, cut), 1);
    webp[16] = 0xff; /* a chunk longer than the file */
    webp[19] = 0xff;
    assert_int_equal(sinew_exif_find(webp, 30 + n), 1);
}

/*
 * Writing.
 */
static void written_pictures_come_back(void **state) {
    (void)state;
    static const struct {
        const char *name;
        double most; /* mean difference */
    } kinds[] = {{"a.png", 0},   {"a.bmp", 0},    {"a.tif", 0},
                 {"b.tiff", 0},  {"a.ppm", 0},    {"a.PNG", 0},
                 {"a.jpg", 1.5}, {"b.jpeg", 1.5}, {"a.webp", 5}};
    sinew_image image = make_picture(W, H, 3);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 3; c++)
                pixel(&image, x, y)[c] = (uint8_t)(30 + 4 * x + y + 30 * c);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *name = kinds[i].name;
        assert_ok(sinew_still_write(at(name), &image, 0, false));
        sinew_image back = read_still(name);
        const double d = mean_difference(&image, &back);
        if (d > kinds[i].most) fail_msg("%s: off by %g", name, d);
        sinew_image_free(&back);
        /* What is there stays unless it is forced away. */
        assert_int_equal(sinew_still_write(at(name), &image, 0, false),
                         SINEW_IO);
        assert_ok(sinew_still_write(at(name), &image, 0, true));
    }
    const int before = entries();
    assert_int_equal(sinew_still_write(at("a.xyz"), &image, 0, false),
                     SINEW_UNSUPPORTED);
    assert_int_equal(sinew_still_write(at("c.jpg"), &image, 101, false),
                     SINEW_INVALID);
    assert_int_equal(sinew_still_write(at("no/c.jpg"), &image, 0, false),
                     SINEW_IO);
    assert_int_equal(entries(), before);
    sinew_image_free(&image);
}

static void quality_makes_files_smaller(void **state) {
    (void)state;
    sinew_image image = make_picture(160, 120, 3);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "q.webp" : "q.jpg";
        size_t size[2];
        for (int k = 0; k < 2; k++) {
            assert_ok(sinew_still_write(at(name), &image, k ? 95 : 30, true));
            free(get_bytes(at(name), &size[k]));
        }
        assert_true(size[0] * 3 < size[1] * 2);
    }
    sinew_image_free(&image);
}

/*
 * Bad files.
 */
static void check_refused(const char *name, sinew_status want) {
    sinew_image image = {0};
    const sinew_status status = sinew_still_read(&image, at(name), NULL, NULL);
    if (status != want)
        fail_msg("%s: status %d: %s", name, status, sinew_error_message());
    assert_non_null(strstr(sinew_error_message(), name));
    sinew_image_free(&image);
}

static void bad_files_are_refused(void **state) {
    (void)state;
    put_bytes(at("empty.jpg"), "", 0);
    check_refused("empty.jpg", SINEW_FORMAT);
    put_bytes(at("words.png"), "this is no picture at all\n", 26);
    check_refused("words.png", SINEW_FORMAT);
    check_refused("missing.png", SINEW_IO);
    check_refused(".", SINEW_IO);
    put_bytes(at("head.jpg"), "\xff\xd8\xff\xe0", 4);
    check_refused("head.jpg", SINEW_FORMAT);
    /* A header that promises 60000 x 60000 pixels. */
    static const uint8_t huge[] = {
        0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0, 0,    13,
        'I',  'H', 'D', 'R', 0,    0,    0xea, 0x60, 0,    0, 0xea, 0x60,
        8,    2,   0,   0,   0,    0x0f, 0xb0, 0xe2, 0x15, 0, 0,    0,
        0,    'I', 'D', 'A', 'T',  0x35, 0xaf, 0x06, 0x1e};
    put_bytes(at("huge.png"), huge, sizeof huge);
    check_refused("huge.png", SINEW_LIMIT);
    put_jpeg(at("a.jpg"), &jpegs[0]);
    size_t size;
    uint8_t *bytes = get_bytes(at("a.jpg"), &size);
    for (size_t i = 0; i + 9 < size; i++)
        if (bytes[i] == 0xff && bytes[i + 1] == 0xc0)
            memset(bytes + i + 5, 0xfe, 4);
    put_bytes(at("huge.jpg"), bytes, size);
    check_refused("huge.jpg", SINEW_LIMIT);
    free(bytes);
}

/* However short a file is cut: an error or a picture, and never a crash. */
static void files_cut_anywhere(void **state) {
    (void)state;
    static const char *const names[] = {"a.jpg", "p.jpg", "a.png",  "i.png",
                                        "a.tif", "a.bmp", "a.webp", "a.ppm"};
    static const struct png_case plain = {PNG_COLOR_TYPE_RGB, 8, 0, false};
    static const struct png_case woven = {PNG_COLOR_TYPE_PALETTE, 4, 1, true};
    const struct sinew_still_options options = {.warn = count_warning};
    sinew_image image = make_picture(W, H, 3), out = {0};
    put_jpeg(at("a.jpg"), &jpegs[0]);
    put_jpeg(at("p.jpg"), &jpegs[2]);
    put_png(at("a.png"), &plain, NULL, 0);
    put_png(at("i.png"), &woven, NULL, 0);
    put_tiff(at("a.tif"), 6);
    assert_ok(sinew_still_write(at("a.bmp"), &image, 0, true));
    assert_ok(sinew_still_write(at("a.webp"), &image, 0, true));
    assert_ok(sinew_still_write(at("a.ppm"), &image, 0, true));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t size;
        uint8_t *bytes = get_bytes(at(names[i]), &size);
        const size_t step = i < 4 ? 1 : 37;
        int good = 0;
        warnings = 0;
        for (size_t n = 1; n < size; n += step) {
            /* A block of its own, so that sanitizers see its end. */
            uint8_t *part = malloc(n);
            assert_non_null(part);
            memcpy(part, bytes, n);
            good += sinew_still_decode(&out, part, n, names[i], &options,
                                       NULL) == SINEW_OK;
            free(part);
        }
        if (i < 3 && (good == 0 || warnings < good - 20))
            fail_msg("%s: %d good, %d warnings", names[i], good, warnings);
        assert_true(good < (int)(size / step));
        free(bytes);
    }
    sinew_image_free(&image);
    sinew_image_free(&out);
}

static void memory_is_reused(void **state) {
    (void)state;
    sinew_image image = {0};
    put_jpeg(at("a.jpg"), &jpegs[0]);
    assert_ok(sinew_still_read(&image, at("a.jpg"), NULL, NULL));
    const uint8_t *const before = image.data;
    assert_ok(sinew_still_read(&image, at("a.jpg"), NULL, NULL));
    assert_ptr_equal(image.data, before);
    sinew_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(png_of_every_kind, empty_folder),
        cmocka_unit_test_teardown(jpeg_of_every_kind, empty_folder),
        cmocka_unit_test(jpeg_equals_pil),
        cmocka_unit_test_teardown(jpeg_scaled_while_decoding, empty_folder),
        cmocka_unit_test_teardown(exif_turns_pictures, empty_folder),
        cmocka_unit_test(exif_is_read_with_care),
        cmocka_unit_test_teardown(written_pictures_come_back, empty_folder),
        cmocka_unit_test_teardown(quality_makes_files_smaller, empty_folder),
        cmocka_unit_test_teardown(bad_files_are_refused, empty_folder),
        cmocka_unit_test_teardown(files_cut_anywhere, empty_folder),
        cmocka_unit_test_teardown(memory_is_reused, empty_folder),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
