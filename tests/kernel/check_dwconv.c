/*
 * check_dwconv.c - depthwise convolution: kernels with their own code and
 * others, strides, dilation, pads (negative too), images smaller than the
 * kernel, strided pixels, rows asked for in parts, every activation.
 */
#include "kernel/check.h"
#include "kernel/pack.h"

struct shape {
    int32_t kh, kw, stride, dilation, pad;
    int64_t h, w, channels, gap;
    struct sinew_act act;
};

static const float *pack(struct check *c, const struct sinew_kernels *kernels,
                         const struct sinew_weights *weights) {
    int64_t n =
        sinew_packed_size(kernels, weights->n, weights->kh * weights->kw);
    float *packed = check_block(c, n, sizeof(float));

    sinew_pack_dwconv(kernels, weights, packed);
    return packed;
}

static int64_t out_size(int64_t in, int64_t kernel, const struct shape *s) {
    int64_t reach = (kernel - 1) * s->dilation + 1;
    int64_t room = in + 2 * s->pad - reach;

    return room < 0 ? 0 : room / s->stride + 1;
}

static void check_shape(struct check *c, const struct shape *s) {
    int64_t oh = out_size(s->h, s->kh, s), ow = out_size(s->w, s->kw, s);
    int64_t pixel = s->channels + s->gap;
    int64_t size = (oh * ow - 1) * pixel + s->channels;
    struct sinew_dwconv ref, now;

    if (oh * ow == 0 ||
        !check_case(c, "k=%dx%d s=%d d=%d p=%d %dx%dx%d gap=%d act=%d", s->kh,
                    s->kw, s->stride, s->dilation, s->pad, (int)s->h, (int)s->w,
                    (int)s->channels, (int)s->gap, s->act.kind))
        return;
    const struct sinew_weights weights = {
        .w = check_input(c, s->kh * s->kw * s->channels, -1, 1),
        .bias = check_input(c, s->channels, -1, 1),
        .n = s->channels, .kh = s->kh, .kw = s->kw, .depth = 1,
        .step_p = s->kw * s->channels, .step_q = s->channels, .step_j = 1,
        .alpha = 1.0f};
    ref = (struct sinew_dwconv){
        .x = check_input(c, (s->h * s->w - 1) * pixel + s->channels, -1, 1),
        .x_row = s->w * pixel, .x_col = pixel, .h = s->h, .w = s->w,
        .channels = s->channels, .kh = s->kh, .kw = s->kw,
        .stride_h = s->stride, .stride_w = s->stride,
        .dilation_h = s->dilation, .dilation_w = s->dilation,
        .pad_top = s->pad, .pad_left = s->pad,
        .weights = pack(c, c->ref, &weights), .y = check_output(c, size),
        .y_row = ow * pixel, .y_col = pixel, .ow = ow, .begin = 0, .end = oh,
        .act = s->act};
    now = ref;
    now.weights = pack(c, c->now, &weights);
    now.y = check_output(c, size);
    CHECK_CALL(c, c->ref->f32_dwconv(&ref), c->now->f32_dwconv(&now));
    check_equal(c, ref.y, now.y, oh * ow, s->channels, pixel,
                1 + s->kh * s->kw / 4.0);

    /* the same bits when rows are asked for in two parts */
    struct sinew_dwconv cut = now;
    cut.y = check_output(c, size);
    cut.end = oh / 3;
    CHECK_CALL(c, (void)0, c->now->f32_dwconv(&cut));
    cut.begin = cut.end;
    cut.end = oh;
    CHECK_CALL(c, (void)0, c->now->f32_dwconv(&cut));
    check_same(c, now.y, cut.y, (size_t)size * sizeof(float));
    if (s->h >= 28)
        CHECK_BENCH(c, 2 * oh * ow * s->kh * s->kw * s->channels,
                    c->ref->f32_dwconv(&ref), c->now->f32_dwconv(&now));
}

void check_f32_dwconv(struct check *c) {
    static const int32_t kernels[][2] = {{3, 3}, {5, 5}, {7, 7}, {1, 1},
                                         {2, 2}, {4, 4}, {3, 5}, {9, 1}};
    static const struct sinew_act none = {SINEW_ACT_NONE, 0, 0};
    static const struct sinew_act swish = {SINEW_ACT_SWISH, 1, 0};
    int64_t lanes = c->now->lanes;
    const int64_t channels[] = {1, lanes - 1, lanes, 2 * lanes + 3};

    for (int k = 0; k < 8; k++) {
        struct shape s = {kernels[k][0], kernels[k][1], 1, 1, 0, 0, 0, 0, 0,
                          none};
        for (int i = 0; i < 4 * 2 * 2 * 3 * 3; i++) {
            s.channels = channels[i % 4];
            s.gap = i % 4 == 2 ? 5 : 0;
            s.stride = 1 + i / 4 % 2;
            s.dilation = 1 + i / 8 % 2;
            s.pad = i / 16 % 3 == 2 ? -1 : i / 16 % 3 * (s.kw / 2);
            s.h = (const int64_t[]){1, 6, 12}[i / 48];
            s.w = (const int64_t[]){2, 5, 23}[i / 48];
            if (s.channels > 0) check_shape(c, &s);
        }
    }
    for (int kind = 0; kind < SINEW_ACT_COUNT; kind++)
        check_shape(
            c, &(struct shape){
                   3, 3, 1, 1, 1, 6, 13, lanes + 1, 2, {kind, 0.5f, 0.75f}});
    check_shape(c, &(struct shape){3, 3, 1, 1, 1, 112, 112, 32, 0, none});
    check_shape(c, &(struct shape){3, 3, 2, 1, 1, 112, 112, 96, 0, none});
    check_shape(c, &(struct shape){3, 3, 1, 1, 1, 56, 56, 144, 0, none});
    check_shape(c, &(struct shape){5, 5, 2, 1, 2, 56, 56, 144, 0, none});
    check_shape(c, &(struct shape){5, 5, 1, 1, 2, 28, 28, 240, 0, none});
    check_shape(c, &(struct shape){5, 5, 1, 1, 2, 28, 28, 240, 0, swish});
    check_shape(c, &(struct shape){7, 7, 1, 1, 3, 28, 28, 240, 0, none});
    check_shape(c, &(struct shape){5, 5, 1, 2, 4, 28, 28, 240, 0, none});
}
