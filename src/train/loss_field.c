/*
 * loss_field.c - squared error of part affinity fields: every limb has one
 * weight and two channels, the x and the y of its direction.
 *
 * Source: Cao et al., "Realtime multi-person 2D pose estimation using part
 * affinity fields" (2017).
 */
#include "train/loss.h"
#include "train/loss_map.h"

sinew_value sinew_loss_field(const struct sinew_loss_parts *parts) {
    return sinew_loss_squares(parts, 2);
}
