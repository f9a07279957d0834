/*
 * augment_picture.c - a whole picture as a training sample, as the program of
 * the MobileNetV2 networks makes it: both sides scaled by themselves, turned
 * and cut to the largest upright rectangle within, mirrored, brought to about
 * the input's size, filled up with one colour or cut at random.
 *
 * The steps are one affine map, so that pixels are looked up once; what lies
 * beyond the upright rectangle is painted over. Of a w x h picture turned by a,
 * s = |sin a|, c = |cos a|, the rectangle is
 *     half the shorter side over s and c, where that is less than 2 s c times
 *     the longer one; else ((w c - h s), (h c - w s)) / (c^2 - s^2).
 *
 * Source: specification of the MobileNetV2 networks, section 6.1; the rectangle
 * is well known.
 */
#include <math.h>
#include <string.h>

#include "data/augment.h"

#define STRETCH .2 /* of each side */
#define TURN    15 /* degrees */
#define RADIANS 0.017453292519943295

static double between(struct sinew_rng *rng, double low, double high) {
    return low + (high - low) * sinew_rng_uniform(rng);
}

void sinew_augment_upright(double w, double h, double degrees, double out[2]) {
    const double s = fabs(sin(degrees * RADIANS));
    const double c = fabs(cos(degrees * RADIANS));
    const double longer = fmax(w, h), shorter = fmin(w, h);
    if (shorter <= 2 * s * c * longer || fabs(s - c) < 1e-10) {
        const double half = shorter / 2;
        out[0] = w >= h ? half / s : half / c;
        out[1] = w >= h ? half / c : half / s;
    } else {
        out[0] = (w * c - h * s) / (c * c - s * s);
        out[1] = (h * c - w * s) / (c * c - s * s);
    }
}

/* Of one axis: size within the input, and its first pixel there; the picture is
 * cut where it is larger. */
static double place(double size, int32_t input, struct sinew_rng *rng) {
    const double u = sinew_rng_uniform(rng);
    if (size < input) return floor((input - size) / 2);
    return -floor(u * (size - input + 1));
}

sinew_affine sinew_augment_picture_map(const struct sinew_augment *how,
                                       double width, double height,
                                       struct sinew_rng *rng, bool *mirrored,
                                       double window[4]) {
    const double fx = between(rng, 1 - STRETCH, 1 + STRETCH);
    const double fy = between(rng, 1 - STRETCH, 1 + STRETCH);
    const double w = fmax(floor(width * fx), 1);
    const double h = fmax(floor(height * fy), 1);
    const double degrees = between(rng, -TURN, TURN);
    const double c = cos(degrees * RADIANS), s = sin(degrees * RADIANS);
    double upright[2];
    sinew_augment_upright(w, h, degrees, upright);
    const double wr = fmax(floor(upright[0]), 1);
    const double hr = fmax(floor(upright[1]), 1);
    const double cx = floor(w / 2), cy = floor(h / 2);
    const sinew_affine turned = {
        {c * fx, s * fy, cx - c * cx - s * cy - floor(cx - wr / 2), -s * fx,
         c * fy, cy + s * cx - c * cy - floor(cy - hr / 2)}};
    *mirrored = sinew_rng_uniform(rng) < how->flip;
    const double fit = fmin(how->width / wr, how->height / hr);
    const double side = floor(fmin(wr, hr) * fit + .5);
    const double k =
        fmax(floor(side * between(rng, .95, 1.2)), 1) / fmin(wr, hr);
    window[2] = floor(wr * k);
    window[3] = floor(hr * k);
    window[0] = place(window[2], how->width, rng);
    window[1] = place(window[3], how->height, rng);
    const sinew_affine sized = {{*mirrored ? -k : k, 0,
                                 window[0] + (*mirrored ? wr * k : 0), 0, k,
                                 window[1]}};
    return sinew_affine_then(&turned, &sized);
}

void sinew_augment_paint(const sinew_image *image, const double window[4],
                         struct sinew_rng *rng) {
    const uint64_t bits = sinew_rng_next(rng);
    const uint8_t colour[3] = {(uint8_t)bits, (uint8_t)(bits >> 8),
                               (uint8_t)(bits >> 16)};
    for (int32_t y = 0; y < image->height; y++)
        for (int32_t x = 0; x < image->width; x++)
            if (x < window[0] || x >= window[0] + window[2] || y < window[1] ||
                y >= window[1] + window[3])
                memcpy(image->data + y * image->stride + 3 * x, colour, 3);
}
