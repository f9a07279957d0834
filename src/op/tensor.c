/*
 * tensor.c - types and shapes: sizes, text, broadcasting.
 *
 * Row r of a tensor (all indices but the last, counted as one number) starts
 * at element r * row_stride.
 */
#include <inttypes.h>
#include <stdio.h>
#include "op/op.h"

size_t sinew_dtype_size(int32_t dtype) {
    switch (dtype) {
#define SINEW_DTYPE_CASE(name, code, bytes, text)                              \
    case SINEW_##name:                                                         \
        return bytes;
        SINEW_DTYPE_MAP(SINEW_DTYPE_CASE)
#undef SINEW_DTYPE_CASE
    default:
        return 0;
    }
}

const char *sinew_dtype_name(int32_t dtype) {
    switch (dtype) {
#define SINEW_DTYPE_CASE(name, code, bytes, text)                              \
    case SINEW_##name:                                                         \
        return text;
        SINEW_DTYPE_MAP(SINEW_DTYPE_CASE)
#undef SINEW_DTYPE_CASE
    default:
        return "none";
    }
}

int64_t sinew_tensor_count(const sinew_tensor *tensor) {
    int64_t count = 1;
    for (int i = 0; i < tensor->rank; i++)
        count *= tensor->dims[i];
    return count;
}

sinew_status sinew_tensor_set(sinew_tensor *out, int32_t dtype, int rank,
                              const int64_t *dims) {
    uint64_t bytes = sinew_dtype_size(dtype);
    if (bytes == 0)
        return sinew_fail(SINEW_INVALID, "element type %d is unknown",
                          (int)dtype);
    if (rank < 0 || rank > SINEW_MAX_RANK)
        return sinew_fail(SINEW_LIMIT, "%d dimensions, at most %d are possible",
                          rank, SINEW_MAX_RANK);
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return sinew_fail(SINEW_SHAPE, "dimension %d would be %" PRId64, i,
                              dims[i]);
        /* A size of 0 counts as 1 here, so that the product of any of the
         * dims stays within the limit too. */
        if (dims[i] > 1 &&
            !sinew_mul_size(bytes, (uint64_t)dims[i], SINEW_TENSOR_MAX, &bytes))
            return sinew_fail(SINEW_LIMIT,
                              "a tensor would have more than %" PRIu64 " bytes",
                              (uint64_t)SINEW_TENSOR_MAX);
    }
    out->dtype = dtype;
    out->rank = rank;
    for (int i = 0; i < SINEW_MAX_RANK; i++)
        out->dims[i] = i < rank ? dims[i] : 0;
    out->row_stride = rank > 0 ? dims[rank - 1] : 1;
    return SINEW_OK;
}

size_t sinew_tensor_bytes(const sinew_tensor *tensor) {
    int64_t count = sinew_tensor_count(tensor);
    if (count > 0 && tensor->rank > 0) {
        int64_t n = tensor->dims[tensor->rank - 1];
        count = (count / n - 1) * tensor->row_stride + n;
    }
    return (size_t)count * sinew_dtype_size(tensor->dtype);
}

bool sinew_tensor_dense(const sinew_tensor *tensor) {
    return tensor->rank == 0 ||
           tensor->row_stride == tensor->dims[tensor->rank - 1];
}

bool sinew_tensor_same_shape(const sinew_tensor *a, const sinew_tensor *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i]) return false;
    return true;
}

const char *sinew_tensor_text(const sinew_tensor *tensor, char *text) {
    size_t at = (size_t)snprintf(text, SINEW_SHAPE_TEXT, "%s[",
                                 sinew_dtype_name(tensor->dtype));
    for (int i = 0; i < tensor->rank && at < SINEW_SHAPE_TEXT; i++)
        at += (size_t)snprintf(text + at, SINEW_SHAPE_TEXT - at, "%s%" PRId64,
                               i > 0 ? "," : "", tensor->dims[i]);
    if (at < SINEW_SHAPE_TEXT) snprintf(text + at, SINEW_SHAPE_TEXT - at, "]");
    return text;
}

/* Dimension i of `tensor` seen as one of rank `rank`, missing ones being 1. */
static int64_t padded_dim(const sinew_tensor *tensor, int i, int rank) {
    int missing = rank - tensor->rank;
    return i < missing ? 1 : tensor->dims[i - missing];
}

bool sinew_broadcast(const sinew_tensor *a, const sinew_tensor *b, int *rank,
                     int64_t *dims) {
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (int i = 0; i < *rank; i++) {
        int64_t m = padded_dim(a, i, *rank), n = padded_dim(b, i, *rank);
        if (m != n && m != 1 && n != 1) return false;
        dims[i] = m == 1 ? n : m;
    }
    return true;
}

int64_t sinew_tensor_int(const sinew_tensor *tensor, int64_t i) {
    return tensor->dtype == SINEW_I64 ? ((const int64_t *)tensor->data)[i]
                                      : ((const int32_t *)tensor->data)[i];
}

int sinew_axis(int axis, int rank) {
    if (axis < -rank || axis >= rank) return -1;
    return axis < 0 ? axis + rank : axis;
}
