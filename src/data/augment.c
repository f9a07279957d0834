/*
 * augment.c - the training pipeline of RTMPose (Jiang et al., 2023; MMPose's
 * configurations): mirror, half body, shift, scale and turn, cut out, colours,
 * blur, a hole. The last epochs (stage 2) leave out shift and colours.
 *
 * Source: specification of ElifPose, section 6.
 */
#include "data/augment.h"

#include <math.h>
#include <string.h>

void sinew_augment_init(struct sinew_augment *how, int32_t width,
                        int32_t height) {
    *how = (struct sinew_augment){.width = width,
                                  .height = height,
                                  .padding = 1.25,
                                  .flip = .5,
                                  .half_body = .3,
                                  .shift_chance = .3,
                                  .shift = .16,
                                  .scale_low = .5,
                                  .scale_high = 1.5,
                                  .rotate_chance = .6,
                                  .rotate = 90,
                                  .photometric = true,
                                  .blur = .1,
                                  .median = .1,
                                  .dropout = 1};
}

void sinew_augment_none(struct sinew_augment *how, int32_t width,
                        int32_t height) {
    *how = (struct sinew_augment){.width = width,
                                  .height = height,
                                  .padding = 1.25,
                                  .scale_low = 1,
                                  .scale_high = 1};
}

void sinew_augment_settle(struct sinew_augment *how) {
    how->shift = 0;
    how->photometric = false;
    how->dropout /= 2;
}

uint64_t sinew_augment_stream(int64_t epoch, int64_t index) {
    return (uint64_t)epoch << 40 ^ (uint64_t)index;
}

void sinew_sample_free(struct sinew_sample *sample) {
    sinew_image_free(&sample->image);
    sinew_free(sample->labels);
    *sample = (struct sinew_sample){0};
}

static bool chance(struct sinew_rng *rng, double probability) {
    return sinew_rng_uniform(rng) < probability;
}

/* Odd, 3 ... 7. */
static int draw_size(struct sinew_rng *rng) {
    return 3 + 2 * (int)sinew_rng_below(rng, 3);
}

static sinew_status change_pixels(const sinew_image *image,
                                  const struct sinew_augment *how,
                                  struct sinew_rng *rng) {
    sinew_status status = SINEW_OK;
    if (how->photometric) {
        struct sinew_photometric colours = sinew_photometric_draw(rng);
        sinew_photometric_apply(&colours, image);
    }
    if (chance(rng, how->blur))
        status = sinew_augment_blur(image, draw_size(rng));
    if (status == SINEW_OK && chance(rng, how->median))
        status = sinew_augment_median(image, draw_size(rng));
    if (status == SINEW_OK && chance(rng, how->dropout))
        sinew_augment_dropout(image, rng);
    return status;
}

/* Labels twice: those of the sample, and room to swap sides. */
static sinew_status make_room(struct sinew_sample *sample, int joints) {
    sample->joints = joints;
    if (joints <= sample->room) return SINEW_OK;
    void *block = sinew_realloc(sample->labels, 2 * (uint64_t)joints,
                                sizeof(*sample->labels));
    if (!block) return SINEW_NOMEM;
    sample->labels = block;
    sample->room = joints;
    return SINEW_OK;
}

/* The picture as it was read is `shrunk` times smaller; pixels cover areas, so
 * that centres move by half a pixel less. */
static sinew_affine to_small(const sinew_affine *to_picture, int shrunk) {
    const double s = 1. / shrunk, shift = .5 * s - .5;
    const sinew_affine shrink = {{s, 0, shift, 0, s, shift}};
    return sinew_affine_then(to_picture, &shrink);
}

/* Labels under the map, sides changed where it mirrors. */
static void move_labels(struct sinew_sample *sample,
                        const struct sinew_skeleton *skeleton,
                        const struct sinew_label *labels,
                        const sinew_affine *map, bool mirrored) {
    for (int k = 0; k < skeleton->n_joints; k++) {
        struct sinew_label label =
            labels[mirrored ? skeleton->joints[k].flip : k];
        double x = label.x, y = label.y;
        sinew_affine_apply(map, &x, &y);
        if (label.seen) {
            label.x = (float)x;
            label.y = (float)y;
        }
        sample->labels[k] = label;
    }
}

static sinew_status show_picture(struct sinew_sample *sample,
                                 const struct sinew_augment *how,
                                 const struct sinew_skeleton *skeleton,
                                 const sinew_image *picture,
                                 const struct sinew_still_info *info,
                                 const struct sinew_label *labels,
                                 struct sinew_rng *rng) {
    bool mirrored;
    double window[4];
    const sinew_affine map = sinew_augment_picture_map(
        how, info ? info->width : picture->width,
        info ? info->height : picture->height, rng, &mirrored, window);
    sinew_status status = sinew_affine_invert(&sample->to_picture, &map);
    if (status < 0) return status;
    move_labels(sample, skeleton, labels, &map, mirrored);
    const sinew_affine look_up =
        to_small(&sample->to_picture, info ? info->divisor : 1);
    status = sinew_image_warp(&sample->image, picture, &look_up,
                              SINEW_RESIZE_AREA, 0);
    if (status == SINEW_OK) sinew_augment_paint(&sample->image, window, rng);
    return status;
}

sinew_status sinew_augment_sample(struct sinew_sample *sample,
                                  const struct sinew_augment *how,
                                  const struct sinew_skeleton *skeleton,
                                  const sinew_image *picture,
                                  const struct sinew_still_info *info,
                                  const struct sinew_label *labels,
                                  const double box[4], struct sinew_rng *rng) {
    sinew_status status;
    sinew_affine from_picture;
    const int joints = skeleton->n_joints;
    const int shrunk = info ? info->divisor : 1;
    SINEW_TRY(make_room(sample, joints));
    SINEW_TRY(sinew_image_reshape(&sample->image, how->width, how->height, 3));
    if (how->picture)
        return show_picture(sample, how, skeleton, picture, info, labels, rng);
    memcpy(sample->labels, labels, (size_t)joints * sizeof(*labels));
    struct sinew_augment_view view = sinew_augment_view_of(
        box, how->padding, info ? info->width : picture->width);
    if (chance(rng, how->flip))
        sinew_augment_flip(&view, sample->labels, sample->labels + joints,
                           skeleton);
    if (chance(rng, how->half_body))
        sinew_augment_half_body(&view, sample->labels, skeleton,
                                sinew_rng_uniform(rng));
    sinew_augment_move(&view, how, rng);
    /* The matrix speaks of the picture as it is; labels may be mirrored. */
    sample->to_picture = sinew_augment_matrix(&view, how->width, how->height);
    struct sinew_augment_view upright = view;
    upright.mirrored = false;
    sinew_affine labelled =
        sinew_augment_matrix(&upright, how->width, how->height);
    SINEW_TRY(sinew_affine_invert(&from_picture, &labelled));
    for (int k = 0; k < joints; k++) {
        struct sinew_label *label = &sample->labels[k];
        double x = label->x, y = label->y;
        if (!label->seen) continue;
        sinew_affine_apply(&from_picture, &x, &y);
        label->x = (float)x;
        label->y = (float)y;
    }
    sinew_affine look_up = to_small(&sample->to_picture, shrunk);
    SINEW_TRY(sinew_image_warp(&sample->image, picture, &look_up,
                               SINEW_RESIZE_BILINEAR, 0));
    SINEW_TRY(change_pixels(&sample->image, how, rng));
fail:
    return status;
}
