/*
 * augment_pixel.c - colours, blur and holes of training samples.
 *
 * Colours as MMPose's PhotometricDistortion does them, oddities included: a
 * contrast is applied before and again after the change of hue and saturation
 * in one mode, never in the other; hue is an 8 bit number of half degrees that
 * wraps at 256. Every step cuts to 0 ... 255 and
 * drops the fraction. Blurs are those of OpenCV.
 */
#include <math.h>
#include <string.h>

#include "data/augment.h"
#include "image/image.h"

static uint8_t cut(double v) {
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

struct sinew_photometric sinew_photometric_draw(struct sinew_rng *rng) {
    struct sinew_photometric how = {.order = {0, 1, 2}};
    const bool mode = sinew_rng_below(rng, 2);
    how.brighten = sinew_rng_below(rng, 2);
    how.contrast = sinew_rng_below(rng, 2) && mode;
    const int colour = (int)sinew_rng_below(rng, 4);
    how.saturate = colour == 1 || colour == 3;
    how.turn = colour == 2 || colour == 3;
    how.swap = sinew_rng_below(rng, 2);
    how.brightness = -32 + 64 * sinew_rng_uniform(rng);
    how.factor = .5 + sinew_rng_uniform(rng);
    how.saturation = .5 + sinew_rng_uniform(rng);
    how.hue = (int)sinew_rng_below(rng, 36) - 18;
    for (int i = 2; i > 0; i--) {
        int j = (int)sinew_rng_below(rng, (uint64_t)i + 1), t = how.order[i];
        how.order[i] = how.order[j];
        how.order[j] = t;
    }
    return how;
}

/* Every byte v becomes cut(factor v + more). */
static void scale_bytes(const sinew_image *image, double factor, double more) {
    uint8_t table[256];
    for (int v = 0; v < 256; v++)
        table[v] = cut(factor * v + more);
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *row = image_row(image, y);
        for (int32_t i = 0; i < 3 * image->width; i++)
            row[i] = table[row[i]];
    }
}

/* Hue 0 ... 179, saturation and value 0 ... 255. */
static void to_hsv(const uint8_t *rgb, uint8_t *hsv) {
    const int r = rgb[0], g = rgb[1], b = rgb[2];
    const int high = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const int low = r < g ? (r < b ? r : b) : (g < b ? g : b);
    const int range = high - low;
    double h = 0;
    if (range)
        h = high == r   ? 30. * (g - b) / range
            : high == g ? 60 + 30. * (b - r) / range
                        : 120 + 30. * (r - g) / range;
    hsv[0] = (uint8_t)((int)floor(h + (h < 0 ? 180.5 : .5)) % 180);
    hsv[1] = (uint8_t)(high ? (255 * range + high / 2) / high : 0);
    hsv[2] = (uint8_t)high;
}

static void from_hsv(const uint8_t *hsv, uint8_t *rgb) {
    /* which of value, low, falling and rising each of R, G, B is */
    static const uint8_t parts[6][3] = {{0, 3, 1}, {2, 0, 1}, {1, 0, 3},
                                        {1, 2, 0}, {3, 1, 0}, {0, 1, 2}};
    const double h = fmod(hsv[0] / 30., 6), s = hsv[1] / 255., v = hsv[2];
    const int sector = (int)h;
    const double f = h - sector;
    const double values[4] = {v, v * (1 - s), v * (1 - s * f),
                              v * (1 - s * (1 - f))};
    for (int c = 0; c < 3; c++)
        rgb[c] = cut(values[parts[sector][c]] + .5);
}

static void change_colours(const struct sinew_photometric *how,
                           const sinew_image *image) {
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *pixel = image_row(image, y);
        for (int32_t x = 0; x < image->width; x++, pixel += 3) {
            uint8_t hsv[3];
            to_hsv(pixel, hsv);
            if (how->saturate) hsv[1] = cut(hsv[1] * how->saturation);
            if (how->turn) hsv[0] = (uint8_t)(hsv[0] + how->hue);
            from_hsv(hsv, pixel);
        }
    }
}

static void swap_channels(const struct sinew_photometric *how,
                          const sinew_image *image) {
    for (int32_t y = 0; y < image->height; y++) {
        uint8_t *pixel = image_row(image, y);
        for (int32_t x = 0; x < image->width; x++, pixel += 3) {
            const uint8_t was[3] = {pixel[0], pixel[1], pixel[2]};
            for (int c = 0; c < 3; c++)
                pixel[c] = was[how->order[c]];
        }
    }
}

void sinew_photometric_apply(const struct sinew_photometric *how,
                             const sinew_image *image) {
    if (how->brighten) scale_bytes(image, 1, how->brightness);
    if (how->contrast) scale_bytes(image, how->factor, 0);
    if (how->saturate || how->turn) change_colours(how, image);
    if (how->contrast) scale_bytes(image, how->factor, 0);
    if (how->swap) swap_channels(how, image);
}

/* ---- blur ---------------------------------------------------------------- */

/* i mirrored into 0 ... n - 1 about the edge's centre. */
static int32_t mirror(int32_t i, int32_t n) {
    if (n == 1) return 0;
    while (i < 0 || i >= n)
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

static sinew_status copy_of(sinew_image *copy, const sinew_image *image) {
    sinew_status status =
        sinew_image_create(copy, image->width, image->height, 3);
    return status < 0 ? status : sinew_image_copy(copy, image);
}

sinew_status sinew_augment_blur(const sinew_image *image, int size) {
    sinew_image from = {0};
    const int half = size / 2, n = size * size;
    sinew_status status = copy_of(&from, image);
    int32_t *sums = sinew_alloc((uint64_t)image->width, 3 * sizeof(*sums));
    if (status == SINEW_OK && !sums) status = SINEW_NOMEM;
    for (int32_t y = 0; y < image->height && status == SINEW_OK; y++) {
        memset(sums, 0, (size_t)image->width * 3 * sizeof(*sums));
        for (int dy = -half; dy <= half; dy++) {
            const uint8_t *row =
                image_row(&from, mirror(y + dy, image->height));
            for (int32_t i = 0; i < 3 * image->width; i++)
                sums[i] += row[i];
        }
        uint8_t *to = image_row(image, y);
        for (int32_t x = 0; x < image->width; x++)
            for (int c = 0; c < 3; c++) {
                int32_t sum = 0;
                for (int dx = -half; dx <= half; dx++)
                    sum += sums[3 * mirror(x + dx, image->width) + c];
                to[3 * x + c] = (uint8_t)((2 * sum + n) / (2 * n));
            }
    }
    sinew_free(sums);
    sinew_image_free(&from);
    return status;
}

static int32_t clamp(int32_t i, int32_t n) {
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Adds `sign` for each of a column of the window to the histogram. */
static void count_column(int *histogram, const sinew_image *from, int32_t x,
                         int32_t y, int c, int half, int sign) {
    x = clamp(x, from->width);
    for (int dy = -half; dy <= half; dy++)
        histogram[image_row(from, clamp(y + dy, from->height))[3 * x + c]] +=
            sign;
}

sinew_status sinew_augment_median(const sinew_image *image, int size) {
    sinew_image from = {0};
    const int half = size / 2, middle = size * size / 2;
    sinew_status status = copy_of(&from, image);
    for (int32_t y = 0; y < image->height && status == SINEW_OK; y++)
        for (int c = 0; c < 3; c++) {
            int histogram[256] = {0};
            for (int32_t x = -half; x < half; x++)
                count_column(histogram, &from, x, y, c, half, 1);
            for (int32_t x = 0; x < image->width; x++) {
                int below = 0, v = 0;
                count_column(histogram, &from, x + half, y, c, half, 1);
                while ((below += histogram[v]) <= middle)
                    v++;
                image_row(image, y)[3 * x + c] = (uint8_t)v;
                count_column(histogram, &from, x - half, y, c, half, -1);
            }
        }
    sinew_image_free(&from);
    return status;
}

void sinew_augment_dropout(const sinew_image *image, struct sinew_rng *rng) {
    const int32_t h =
        (int32_t)((.2 + .2 * sinew_rng_uniform(rng)) * image->height);
    const int32_t w =
        (int32_t)((.2 + .2 * sinew_rng_uniform(rng)) * image->width);
    const uint64_t free_y = (uint64_t)(image->height - h) + 1;
    const uint64_t free_x = (uint64_t)(image->width - w) + 1;
    const int32_t y = (int32_t)sinew_rng_below(rng, free_y);
    const int32_t x = (int32_t)sinew_rng_below(rng, free_x);
    sinew_image hole = sinew_image_view(image, x, y, w, h);
    if (w > 0 && h > 0) sinew_image_fill(&hole, 0);
}
