/*
 * loss_heatmap.c - squared error of heatmaps, joints weighed: the mean over all
 * elements (mmpose, EfficientPose), or half its sum over pictures (MobileNetV2
 * CPM and Hourglass). Stages of one network share target and weights.
 */
#include "train/loss.h"
#include "train/loss_map.h"

sinew_value sinew_loss_heatmap(const struct sinew_loss_parts *parts) {
    return sinew_loss_squares(parts, 1);
}
