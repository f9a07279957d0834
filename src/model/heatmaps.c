/*
 * heatmaps.c - options, input, outputs and metadata of networks that give one
 * map a keypoint.
 */
#include "model/heatmaps.h"

sinew_status sinew_heatmap_sizes_read(struct sinew_heatmap_sizes *sizes,
                                      const struct sinew_heatmap_family *family,
                                      const sinew_network_options *options) {
    sinew_status status;
    SINEW_FAIL_IF(options->classes || options->end_to_end, SINEW_INVALID,
                  "a pose network has neither classes nor boxes");
    SINEW_FAIL_IF(!family->scales &&
                      (options->widen != 0 || options->deepen != 0),
                  SINEW_INVALID, "the widths of this network are fixed");
    sizes->batch = options->batch;
    SINEW_TRY(sinew_model_size(options->input_height, family->height,
                               family->step, "height", &sizes->height));
    SINEW_TRY(sinew_model_size(options->input_width, family->width,
                               family->step, "width", &sizes->width));
    status = sinew_model_keypoints(options->keypoints, family->keypoints,
                                   &sizes->keypoints);
fail:
    return status;
}

sinew_value sinew_build_picture(struct sinew_builder *builder,
                                const struct sinew_heatmap_sizes *sizes) {
    const int64_t dims[4] = {sizes->batch, 3, sizes->height, sizes->width};
    return sinew_build_to_nhwc(
        builder,
        sinew_graph_add_input(builder->graph, "input", SINEW_F32, 4, dims),
        "pixels");
}

void sinew_build_map_output(struct sinew_builder *builder, sinew_value x,
                            const char *name) {
    sinew_graph_add_output(builder->graph,
                           sinew_build_to_nchw(builder, x, name), name);
}

sinew_value sinew_build_upsample(struct sinew_builder *builder, sinew_value x,
                                 int32_t scale, const char *name) {
    const struct sinew_resize2d_attr attr = {
        .mode = SINEW_INTERP_BILINEAR,
        .coord = SINEW_COORD_ASYMMETRIC,
        .scale_h = (float)scale,
        .scale_w = (float)scale,
    };
    return sinew_graph_add(builder->graph, SINEW_OP_RESIZE2D, name, &attr,
                           SINEW_IN(x));
}

sinew_status sinew_heatmap_describe(sinew_graph *graph, const char *name,
                                    const struct sinew_heatmap_family *family,
                                    const struct sinew_heatmap_sizes *sizes) {
    const struct sinew_name input =
        sinew_name("%dx%d", sizes->height, sizes->width);
    const char *const entries[][2] = {
        {"sinew.network", name},
        {"sinew.input_size", input.text},
        {"sinew.codec", "heatmap"},
        {"sinew.outputs", "heatmaps"},
        {"sinew.data", "none: random initial weights"},
    };
    sinew_status status;
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
        SINEW_TRY(
            sinew_graph_set_metadata(graph, entries[i][0], entries[i][1]));
    for (int i = 0; family->metadata[i][0]; i++)
        SINEW_TRY(sinew_graph_set_metadata(graph, family->metadata[i][0],
                                           family->metadata[i][1]));
    status = sinew_model_name_keypoints(graph, sizes->keypoints,
                                        family->keypoints, family->set);
fail:
    return status;
}
