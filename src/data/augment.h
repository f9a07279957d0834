/*
 * augment.h - a labelled person as a training sample: cut out, moved, coloured
 * and partly hidden at random.
 *
 *     struct sinew_augment how;
 *     sinew_augment_init(&how, 192, 256);
 *     struct sinew_sample sample = {0};
 *     sinew_rng_stream(&rng, seed, sinew_augment_stream(epoch, index));
 *     sinew_augment_sample(&sample, &how, skeleton, &picture, NULL, labels,
 *                          box, &rng);
 *     sinew_sample_free(&sample);
 *
 * Everything is a function of the random state handed in: the same (seed,
 * epoch, index) gives the same bits whoever asks.
 */
#ifndef SINEW_DATA_AUGMENT_H
#define SINEW_DATA_AUGMENT_H

#include "base/rng.h"
#include "data/dataset.h"
#include "media/media.h"

/* Chances are 0 ... 1. */
struct sinew_augment {
    int32_t width, height;      ///< of the network's input
    double padding;             ///< a box is enlarged by this
    double flip;                ///< chance of the mirror image
    double half_body;           ///< chance to look at upper or lower body only
    double shift_chance, shift; ///< at most this share of the box
    double scale_low, scale_high; ///< the box grows by a factor in this range
    double rotate_chance, rotate; ///< at most these degrees
    bool photometric;             ///< brightness, contrast, colours
    double blur, median;          ///< chances
    double dropout;               ///< chance of a black hole
    bool picture; ///< the whole picture is shown, whatever the box: of all the
                  ///< others only `flip` counts (augment_picture.c)
};

/* RTMPose-m and -l, stage 1, for an input of that size; and without any chance
 * in it, as for validation. */
void sinew_augment_init(struct sinew_augment *how, int32_t width,
                        int32_t height);
void sinew_augment_none(struct sinew_augment *how, int32_t width,
                        int32_t height);
/* Turns stage 1 into stage 2, that of the last epochs: no shift, no colours,
 * holes half as often. */
void sinew_augment_settle(struct sinew_augment *how);

/* The number of a sample's stream of random numbers. */
uint64_t sinew_augment_stream(int64_t epoch, int64_t index);

struct sinew_sample {
    sinew_image image;       ///< RGB, the input's size
    sinew_affine to_picture; ///< input pixels to pixels of the picture
    int joints, room;
    struct sinew_label *labels; ///< in input pixels
};
void sinew_sample_free(struct sinew_sample *sample);

/* Makes a sample, reusing its memory. `info` is what sinew_still_read said of
 * the picture, which may have been decoded smaller than the labels and the box
 * say; NULL = it was not.
 * Errors: SINEW_INVALID, SINEW_NOMEM. */
sinew_status sinew_augment_sample(
    struct sinew_sample *sample, const struct sinew_augment *how,
    const struct sinew_skeleton *skeleton, const sinew_image *picture,
    const struct sinew_still_info *info, const struct sinew_label *labels,
    const double box[4], struct sinew_rng *rng) SINEW_NODISCARD;

/* ---- its parts ------------------------------------------------------------
 */

/* What the network is shown: a turned rectangle of the picture, perhaps
 * mirrored. Lengths are pixels of the picture. */
struct sinew_augment_view {
    double center[2], scale[2]; ///< of the picture as it is, or mirrored
    double degrees;
    bool mirrored;
    double width; ///< of the picture
};

struct sinew_augment_view sinew_augment_view_of(const double box[4],
                                                double padding, double width);

/* The mirror image: labels change sides. `swap` has a joint's worth of room for
 * each. */
void sinew_augment_flip(struct sinew_augment_view *view,
                        struct sinew_label *labels, struct sinew_label *swap,
                        const struct sinew_skeleton *skeleton);
/* Upper or lower half where enough is labelled: `coin` decides by 7 to 3. False
 * when the view stays. */
bool sinew_augment_half_body(struct sinew_augment_view *view,
                             const struct sinew_label *labels,
                             const struct sinew_skeleton *skeleton,
                             double coin);
void sinew_augment_move(struct sinew_augment_view *view,
                        const struct sinew_augment *how, struct sinew_rng *rng);
/* A standard normal cut to -1 ... 1 by drawing again. */
double sinew_augment_normal(struct sinew_rng *rng);
/* Input pixels to pixels of the picture, the view widened to the input's
 * aspect. */
sinew_affine sinew_augment_matrix(const struct sinew_augment_view *view,
                                  int32_t width, int32_t height);

/* Of a whole picture: pixels of the picture to input pixels, mirrored or not,
 * and the window (left, top, width, height) of the input that shows it. */
sinew_affine sinew_augment_picture_map(const struct sinew_augment *how,
                                       double width, double height,
                                       struct sinew_rng *rng, bool *mirrored,
                                       double window[4]);
/* The largest upright rectangle in a turned one. */
void sinew_augment_upright(double w, double h, double degrees, double out[2]);
/* One random colour outside the window. */
void sinew_augment_paint(const sinew_image *image, const double window[4],
                         struct sinew_rng *rng);

struct sinew_photometric {
    bool brighten, contrast, swap;
    double brightness, factor; ///< -32 ... 32; .5 ... 1.5
    bool saturate, turn;
    double saturation; ///< .5 ... 1.5
    int hue;           ///< -18 ... 17, of 180
    int order[3];      ///< of the channels
};
struct sinew_photometric sinew_photometric_draw(struct sinew_rng *rng);
void sinew_photometric_apply(const struct sinew_photometric *how,
                             const sinew_image *image);

/* `size` odd, 3 ... 7: mean of the square around, mirrored at the borders;
 * median of it, border repeated. Errors: SINEW_NOMEM. */
sinew_status sinew_augment_blur(const sinew_image *image,
                                int size) SINEW_NODISCARD;
sinew_status sinew_augment_median(const sinew_image *image,
                                  int size) SINEW_NODISCARD;
/* One black rectangle of 0.2 to 0.4 of each side. */
void sinew_augment_dropout(const sinew_image *image, struct sinew_rng *rng);

#endif
