/*
 * sinew/tensor.h - a view of numbers: type, shape and where they lie.
 *
 * Shapes are written [N, H, W, C] (batch, rows, columns, channels); the last
 * dimension is the innermost. A tensor never owns its data.
 */
#ifndef SINEW_TENSOR_H
#define SINEW_TENSOR_H

#include <stddef.h>
#include <stdint.h>
#include <sinew/version.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SINEW_MAX_RANK 8

/* X(name, code, bytes, text): the element types. The text is the one printed
 * and used in files. */
#define SINEW_DTYPE_MAP(X)                                                     \
    X(F32, 1, 4, "f32")                                                        \
    X(F16, 2, 2, "f16")                                                        \
    X(BF16, 3, 2, "bf16")                                                      \
    X(I8, 4, 1, "i8")                                                          \
    X(U8, 5, 1, "u8")                                                          \
    X(I32, 6, 4, "i32")                                                        \
    X(I64, 7, 8, "i64")                                                        \
    X(BOOL, 8, 1, "bool")                                                      \
    X(F64, 9, 8, "f64")

enum sinew_dtype {
    SINEW_NONE = 0, ///< no tensor here (an optional input left out)
#define SINEW_DTYPE_ENUM(name, code, bytes, text) SINEW_##name = (code),
    SINEW_DTYPE_MAP(SINEW_DTYPE_ENUM)
#undef SINEW_DTYPE_ENUM
};

typedef struct sinew_tensor {
    void *data;      ///< first element; NULL when the values are not known
    int32_t dtype;   ///< enum sinew_dtype
    int32_t rank;    ///< number of dimensions; 0 is a scalar
    int64_t dims[SINEW_MAX_RANK];
    /** Elements from one innermost row to the next: dims[rank-1] when dense,
     * more when the tensor is a slice of the channels of a wider one. */
    int64_t row_stride;
} sinew_tensor;

/* Bytes of one element; 0 for SINEW_NONE or an unknown code. */
SINEW_API size_t sinew_dtype_size(int32_t dtype);

/* "f32", "i64", ...; "none" for anything else. */
SINEW_API const char *sinew_dtype_name(int32_t dtype);

/* Number of elements, the product of dims; 1 for a scalar. Shapes inside the
 * library are checked when made, so the product never overflows. */
SINEW_API int64_t sinew_tensor_count(const sinew_tensor *tensor);

#ifdef __cplusplus
}
#endif

#endif
