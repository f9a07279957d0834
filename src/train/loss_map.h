/*
 * loss_map.h - squared errors of maps, what heatmaps and fields share.
 */
#ifndef SINEW_TRAIN_LOSS_MAP_H
#define SINEW_TRAIN_LOSS_MAP_H

#include "train/loss.h"

/* Sum of w (y - t)^2 over maps [N, h, w, C] of `each` channels a weight, divided
 * as the loss says. */
sinew_value sinew_loss_squares(const struct sinew_loss_parts *parts,
                               int64_t each);

#endif
