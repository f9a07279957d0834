/*
 * nms.c - nms (ONNX NonMaxSuppression): for each image and class, boxes by
 * falling score (equals by index), each kept unless its intersection over
 * union with one kept before is above the threshold, at most `max` of them;
 * out i64 [n, 3] lists image, class, box.
 *
 * Boxes are two opposite corners (y, x, y, x), or with center_point_box the
 * centre, width and height (x, y, w, h). Scores must be above the score
 * threshold where one is given. As in ONNX Runtime, boxes that do not overlap
 * or have no area suppress nothing.
 */
#include <inttypes.h>
#include <math.h>
#include "op/util.h"

enum { BOXES, SCORES, MAX_PER_CLASS, IOU, SCORE };

static const struct sinew_attr_field fields[] = {
    SINEW_FIELD(sinew_nms_attr, BOOL, center_point_box), SINEW_FIELD_END};

static sinew_status check_options(const struct sinew_op_args *args) {
    sinew_status status = SINEW_OK;
    if (sinew_has(args, MAX_PER_CLASS))
        status = sinew_check_scalar(&args->in[MAX_PER_CLASS], "max",
                                    SINEW_TYPES_INDEX);
    if (status == SINEW_OK && sinew_has(args, IOU))
        status = sinew_check_scalar(&args->in[IOU], "iou_threshold",
                                    SINEW_TYPE(F32));
    if (status == SINEW_OK && sinew_has(args, SCORE))
        status = sinew_check_scalar(&args->in[SCORE], "score_threshold",
                                    SINEW_TYPE(F32));
    if (status < 0) return status;
    if (sinew_has(args, IOU) && args->in[IOU].data) {
        float iou = *(const float *)args->in[IOU].data;
        if (!(iou >= 0.0f && iou <= 1.0f))
            return sinew_fail(SINEW_INVALID,
                              "iou_threshold is %g, must be 0 to 1",
                              (double)iou);
    }
    return SINEW_OK;
}

/* Most boxes one class of one image can give. */
static int64_t most_per_class(const struct sinew_op_args *args) {
    const sinew_tensor *max = &args->in[MAX_PER_CLASS];
    int64_t boxes = args->in[BOXES].dims[1], most = 0;
    if (!sinew_has(args, MAX_PER_CLASS)) return 0;
    if (!max->data) return boxes;
    most = sinew_tensor_int(max, 0);
    return most < 0 ? 0 : most < boxes ? most : boxes;
}

static sinew_status infer(const struct sinew_op_args *args) {
    const struct sinew_nms_attr *attr = args->attr;
    const sinew_tensor *boxes = &args->in[BOXES], *scores = &args->in[SCORES];
    char text[SINEW_SHAPE_TEXT], text_scores[SINEW_SHAPE_TEXT];
    sinew_status status =
        sinew_check_choice("center_point_box", attr->center_point_box, 2);
    if (status == SINEW_OK)
        status = sinew_check_type(boxes, "boxes", SINEW_TYPE(F32));
    if (status == SINEW_OK)
        status = sinew_check_type(scores, "scores", SINEW_TYPE(F32));
    if (status == SINEW_OK) status = sinew_check_rank(boxes, "boxes", 3, 3);
    if (status == SINEW_OK) status = sinew_check_rank(scores, "scores", 3, 3);
    if (status == SINEW_OK) status = check_options(args);
    if (status < 0) return status;
    if (boxes->dims[2] != 4 || scores->dims[0] != boxes->dims[0] ||
        scores->dims[2] != boxes->dims[1] || boxes->dims[1] > INT32_MAX)
        return sinew_fail(SINEW_SHAPE,
                          "boxes is %s and scores is %s, need [N, B, 4] and "
                          "[N, C, B]",
                          sinew_tensor_text(boxes, text),
                          sinew_tensor_text(scores, text_scores));
    const int64_t dims[2] = {
        scores->dims[0] * scores->dims[1] * most_per_class(args), 3};
    return sinew_tensor_set(&args->out[0], SINEW_I64, 2, dims);
}

/* ---- geometry ------------------------------------------------------------ */

struct box {
    float x0, y0, x1, y1, area;
};

static float smaller(float a, float b) {
    return a < b ? a : b;
}

static float larger(float a, float b) {
    return a > b ? a : b;
}

static struct box read_box(const float *p, bool centered) {
    struct box b;
    if (centered)
        b = (struct box){p[0] - p[2] / 2, p[1] - p[3] / 2, p[0] + p[2] / 2,
                         p[1] + p[3] / 2, 0};
    else
        b = (struct box){smaller(p[1], p[3]), smaller(p[0], p[2]),
                         larger(p[1], p[3]), larger(p[0], p[2]), 0};
    b.area = (b.x1 - b.x0) * (b.y1 - b.y0);
    return b;
}

static bool overlaps(const struct box *a, const struct box *b,
                     float threshold) {
    float w = smaller(a->x1, b->x1) - larger(a->x0, b->x0);
    float h = smaller(a->y1, b->y1) - larger(a->y0, b->y0);
    if (!(w > 0.0f && h > 0.0f)) return false;
    float common = w * h, all = a->area + b->area - common;
    if (!(a->area > 0.0f && b->area > 0.0f && all > 0.0f)) return false;
    return common / all > threshold;
}

/* ---- candidates: a heap of box indices, the best at its root ------------- */

struct heap {
    const float *scores;
    int32_t *items;
    int64_t n;
};

static bool before(const struct heap *heap, int32_t a, int32_t b) {
    float sa = heap->scores[a], sb = heap->scores[b];
    return sa > sb || (!(sa < sb) && a < b);
}

static void sink(const struct heap *heap, int64_t i) {
    int32_t *items = heap->items, item = items[i];
    for (int64_t child = 2 * i + 1; child < heap->n; child = 2 * i + 1) {
        if (child + 1 < heap->n && before(heap, items[child + 1], items[child]))
            child++;
        if (!before(heap, items[child], item)) break;
        items[i] = items[child];
        i = child;
    }
    items[i] = item;
}

static int32_t pop(struct heap *heap) {
    int32_t best = heap->items[0];
    heap->items[0] = heap->items[--heap->n];
    if (heap->n > 0) sink(heap, 0);
    return best;
}

static void collect(struct heap *heap, int64_t boxes, float threshold,
                    bool all) {
    heap->n = 0;
    for (int64_t i = 0; i < boxes; i++)
        if (all || heap->scores[i] > threshold)
            heap->items[heap->n++] = (int32_t)i;
    for (int64_t i = heap->n / 2 - 1; i >= 0; i--)
        sink(heap, i);
}

/* ---- run ----------------------------------------------------------------- */

struct nms {
    const struct sinew_op_args *args;
    int64_t most;
    float iou;
    struct box *kept; ///< of the class at hand
    int32_t *items;
};

/* Appends the rows of one class of one image from row `n` on; gives the new
 * number of rows. */
static int64_t run_class(const struct nms *nms, int64_t image, int64_t class,
                         int64_t n) {
    const struct sinew_op_args *args = nms->args;
    const struct sinew_nms_attr *attr = args->attr;
    const sinew_tensor *scores = &args->in[SCORES];
    int64_t boxes = scores->dims[2], first = n;
    int64_t(*out)[3] = args->out[0].data;
    const float *box = (const float *)args->in[BOXES].data + image * boxes * 4;
    bool centered = attr->center_point_box != 0, all = !sinew_has(args, SCORE);
    struct heap heap = {.scores = (const float *)scores->data +
                                  (image * scores->dims[1] + class) * boxes,
                        .items = nms->items};
    collect(&heap, boxes, all ? 0.0f : *(const float *)args->in[SCORE].data,
            all);
    while (heap.n > 0 && n - first < nms->most) {
        int32_t item = pop(&heap);
        struct box now = read_box(box + (int64_t)item * 4, centered);
        bool keep = true;
        for (int64_t i = 0; i < n - first && keep; i++)
            keep = !overlaps(&now, &nms->kept[i], nms->iou);
        if (keep) {
            nms->kept[n - first] = now;
            out[n][0] = image;
            out[n][1] = class;
            out[n][2] = item;
            n++;
        }
    }
    return n;
}

static size_t scratch_size(const struct sinew_op_args *args) {
    return (size_t)args->in[BOXES].dims[1] *
           (sizeof(struct box) + sizeof(int32_t));
}

static void run(const struct sinew_op_args *args, int64_t begin, int64_t end,
                void *scratch) {
    const sinew_tensor *scores = &args->in[SCORES];
    struct nms nms = {
        .args = args,
        .most = most_per_class(args),
        .iou = sinew_has(args, IOU) ? *(const float *)args->in[IOU].data : 0.0f,
        .kept = scratch,
        .items = (int32_t *)(void *)((struct box *)scratch +
                                     args->in[BOXES].dims[1])};
    int64_t n = 0;
    if (begin == end) return;
    for (int64_t image = 0; image < scores->dims[0]; image++)
        for (int64_t class = 0; class < scores->dims[1]; class ++)
            n = run_class(&nms, image, class, n);
    args->out[0].dims[0] = n;
}

const struct sinew_op_desc sinew_op_nms = {
    .name = "nms",
    .min_in = 2,
    .max_in = 5,
    .min_out = 1,
    .max_out = 1,
    .flags = SINEW_OP_DATA_SIZED,
    .attr_size = sizeof(struct sinew_nms_attr),
    .fields = fields,
    .infer = infer,
    .scratch = scratch_size,
    .run = run,
};
