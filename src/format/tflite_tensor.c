/*
 * tflite_tensor.c - tensors of a TFLite file: their descriptions, and constants
 * as the graph wants them.
 *
 * Weights stored as fp16 or quantised to 8 bits become f32 here, value =
 * scale * (q - zero_point) with one scale for all or one for each index of an
 * axis, so that DEQUANTIZE of a constant is no operator at all. A sum of bytes
 * limits what a file may ask for: tensors may name one buffer many times over.
 *
 * Field numbers: tensorflow/lite/schema/schema.fbs.
 */
#include <string.h>
#include "format/tflite.h"
#include "wire/cursor.h"

#define MAX_TENSORS (1u << 20)
#define MAX_NAME    4096

/* Fields of the schema's tables read here. */
enum { BUFFER_DATA, BUFFER_OFFSET };
enum {
    TENSOR_SHAPE,
    TENSOR_TYPE,
    TENSOR_BUFFER,
    TENSOR_NAME,
    TENSOR_QUANTIZATION,
    TENSOR_IS_VARIABLE,
    TENSOR_SPARSITY,
    TENSOR_SHAPE_SIGNATURE
};
enum {
    QUANT_SCALE = 2,
    QUANT_ZERO_POINT,
    QUANT_DETAILS_TYPE,
    QUANT_DETAILS,
    QUANT_AXIS
};

static int32_t dtype_of(int32_t type) {
    switch (type) {
    case TFLITE_FLOAT32:
        return SINEW_F32;
    case TFLITE_FLOAT16:
        return SINEW_F16;
    case TFLITE_INT32:
        return SINEW_I32;
    case TFLITE_INT64:
        return SINEW_I64;
    case TFLITE_UINT8:
        return SINEW_U8;
    case TFLITE_INT8:
        return SINEW_I8;
    case TFLITE_BOOL:
        return SINEW_BOOL;
    default:
        return SINEW_NONE;
    }
}

const char *tflite_type_name(int32_t type) {
    static const char *const names[] = {"float32", "float16", "int32",  "uint8",
                                        "int64",   "string",  "bool",   "int16",
                                        "complex", "int8",    "float64"};
    return type >= 0 && (size_t)type < sizeof names / sizeof *names
               ? names[type]
               : "unknown";
}

static sinew_status read_shape(struct tflite_tensor *tensor,
                               const struct sinew_fb_table *table) {
    const struct sinew_fb_vector shape =
        sinew_fb_vector_at(table, TENSOR_SHAPE, 4);
    const struct sinew_fb_vector open =
        sinew_fb_vector_at(table, TENSOR_SHAPE_SIGNATURE, 4);
    if (shape.count > SINEW_MAX_RANK)
        return sinew_fail(SINEW_LIMIT, "tensor '%s' has %u dimensions",
                          tensor->name, shape.count);
    tensor->rank = (int)shape.count;
    tensor->any_shape = !shape.fb;
    for (uint32_t i = 0; i < shape.count; i++) {
        tensor->dims[i] = sinew_fb_vector_i32(&shape, i);
        if (tensor->dims[i] < 0)
            return sinew_fail(SINEW_FORMAT, "tensor '%s' has size %lld",
                              tensor->name, (long long)tensor->dims[i]);
    }
    for (uint32_t i = 0; i < open.count; i++)
        if (sinew_fb_vector_i32(&open, i) < 0) tensor->any_shape = true;
    return SINEW_OK;
}

/* The bytes of a tensor's buffer; buffer 0 is the empty one. */
static sinew_status read_data(struct tflite_model *model,
                              struct tflite_tensor *tensor, uint32_t index) {
    if (index == 0) return SINEW_OK;
    if (index >= model->buffers.count)
        return sinew_fail(SINEW_FORMAT, "tensor '%s': no buffer %u",
                          tensor->name, index);
    const struct sinew_fb_table buffer =
        sinew_fb_vector_table(&model->buffers, index);
    if (sinew_fb_u64(&buffer, BUFFER_OFFSET, 0) > 1)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "tensor '%s': data outside the flatbuffer",
                          tensor->name);
    const struct sinew_fb_vector data =
        sinew_fb_vector_at(&buffer, BUFFER_DATA, 1);
    if (data.count) {
        tensor->data = data.data;
        tensor->bytes = data.count;
    }
    return SINEW_OK;
}

static sinew_status read_quantization(struct tflite_tensor *tensor,
                                      const struct sinew_fb_table *table) {
    const struct sinew_fb_table quant =
        sinew_fb_table_at(table, TENSOR_QUANTIZATION);
    tensor->scale = sinew_fb_vector_at(&quant, QUANT_SCALE, 4);
    tensor->zero_point = sinew_fb_vector_at(&quant, QUANT_ZERO_POINT, 8);
    tensor->quantized_axis = sinew_fb_i32(&quant, QUANT_AXIS, 0);
    if (sinew_fb_u8(&quant, QUANT_DETAILS_TYPE, 0) != 0)
        return sinew_fail(SINEW_UNSUPPORTED, "tensor '%s': custom quantisation",
                          tensor->name);
    return SINEW_OK;
}

static sinew_status read_tensor(struct tflite_model *model,
                                struct tflite_tensor *tensor,
                                const struct sinew_fb_table *table) {
    sinew_status status;
    tensor->value = SINEW_NO_VALUE;
    tensor->depthwise = SINEW_NO_VALUE;
    tensor->name = sinew_fb_string(table, TENSOR_NAME);
    SINEW_FAIL_IF(!memchr(tensor->name, 0, MAX_NAME), SINEW_LIMIT,
                  "a tensor's name has more than %d characters", MAX_NAME - 1);
    tensor->type = sinew_fb_i8(table, TENSOR_TYPE, TFLITE_FLOAT32);
    tensor->dtype = dtype_of(tensor->type);
    SINEW_FAIL_IF(sinew_fb_u8(table, TENSOR_IS_VARIABLE, 0), SINEW_UNSUPPORTED,
                  "tensor '%s' is a variable", tensor->name);
    SINEW_FAIL_IF(sinew_fb_has(table, TENSOR_SPARSITY), SINEW_UNSUPPORTED,
                  "tensor '%s' is sparse", tensor->name);
    SINEW_TRY(read_shape(tensor, table));
    SINEW_TRY(read_quantization(tensor, table));
    SINEW_TRY(read_data(model, tensor, sinew_fb_u32(table, TENSOR_BUFFER, 0)));
    return SINEW_OK;
fail:
    return status;
}

sinew_status tflite_read_tensors(struct tflite_model *model,
                                 const struct sinew_fb_vector *tensors) {
    if (tensors->count > MAX_TENSORS)
        return sinew_fail(SINEW_LIMIT, "%u tensors", tensors->count);
    model->tensors = sinew_alloc(tensors->count, sizeof *model->tensors);
    if (!model->tensors) return SINEW_NOMEM;
    model->n_tensors = tensors->count;
    for (uint32_t i = 0; i < tensors->count && !model->fb.bad; i++) {
        const struct sinew_fb_table table = sinew_fb_vector_table(tensors, i);
        sinew_status status = read_tensor(model, &model->tensors[i], &table);
        if (status < 0 && !model->fb.bad) return status;
    }
    return SINEW_OK;
}

/* ---- constants ---------------------------------------------------------- */

/* How the scales of a quantised constant lie: index (i / inner) % count. */
struct scales {
    int64_t inner;
    uint32_t count;
};

static sinew_status check_scales(const struct tflite_tensor *tensor,
                                 struct scales *scales) {
    const int32_t axis = tensor->quantized_axis;
    const uint32_t n = tensor->scale.count;
    const uint32_t points = tensor->zero_point.count;
    scales->inner = 1;
    scales->count = n;
    bool fits = points == 0 || points == n;
    if (n > 1) {
        fits =
            fits && axis >= 0 && axis < tensor->rank && tensor->dims[axis] == n;
        for (int i = axis + 1; fits && i < tensor->rank; i++)
            scales->inner *= tensor->dims[i];
    }
    if (!fits)
        return sinew_fail(SINEW_FORMAT,
                          "tensor '%s': %u scales and %u zero points on axis "
                          "%d do not fit its shape",
                          tensor->name, n, points, axis);
    return SINEW_OK;
}

/* 8-bit weights to f32; `q` may be signed or not. */
static sinew_status dequantize(const struct tflite_tensor *tensor, float *out,
                               int64_t count) {
    struct scales scales;
    const bool is_signed = tensor->type == TFLITE_INT8;
    sinew_status status = check_scales(tensor, &scales);
    if (status < 0) return status;
    for (int64_t i = 0; i < count; i++) {
        const uint32_t c = (uint32_t)(i / scales.inner % scales.count);
        const int64_t zero = tensor->zero_point.count
                                 ? sinew_fb_vector_i64(&tensor->zero_point, c)
                                 : 0;
        const int q = is_signed ? (int8_t)tensor->data[i] : tensor->data[i];
        out[i] =
            sinew_fb_vector_f32(&tensor->scale, c) * ((float)q - (float)zero);
    }
    return SINEW_OK;
}

/* Bytes of one element as stored and the constant's type in the graph. */
static sinew_status constant_type(const struct tflite_tensor *tensor,
                                  size_t *stored, int32_t *dtype) {
    const bool byte =
        tensor->type == TFLITE_INT8 || tensor->type == TFLITE_UINT8;
    if (tensor->dtype == SINEW_NONE)
        return sinew_fail(SINEW_UNSUPPORTED, "tensor '%s': elements of type %s",
                          tensor->name, tflite_type_name(tensor->type));
    if (tensor->scale.count && !byte && tensor->dtype != SINEW_F32 &&
        tensor->dtype != SINEW_F16)
        return sinew_fail(SINEW_UNSUPPORTED,
                          "tensor '%s' is quantised to %s: only 8-bit weights "
                          "are supported",
                          tensor->name, tflite_type_name(tensor->type));
    *stored = sinew_dtype_size(tensor->dtype);
    *dtype = tensor->dtype == SINEW_F16 || (byte && tensor->scale.count)
                 ? SINEW_F32
                 : tensor->dtype;
    return SINEW_OK;
}

static sinew_status fill_constant(const struct tflite_tensor *tensor,
                                  int32_t dtype, void *out, int64_t count) {
    float *floats = out;
    if (dtype == tensor->dtype) {
        memcpy(out, tensor->data, tensor->bytes);
    } else if (tensor->dtype == SINEW_F16) {
        for (int64_t i = 0; i < count; i++)
            floats[i] = sinew_f16_to_f32(sinew_load_u16(tensor->data + 2 * i));
    } else {
        return dequantize(tensor, floats, count);
    }
    return SINEW_OK;
}

sinew_status tflite_spend(struct tflite_model *model, uint64_t bytes) {
    if (bytes > model->budget)
        return sinew_fail(SINEW_LIMIT,
                          "more constants and operators than a file of this "
                          "size can hold");
    model->budget -= bytes;
    return SINEW_OK;
}

static sinew_status make_constant(struct tflite_model *model,
                                  struct tflite_tensor *tensor) {
    size_t stored = 0;
    int32_t dtype = SINEW_NONE;
    uint64_t count = 1;
    sinew_status status = constant_type(tensor, &stored, &dtype);
    for (int i = 0; status == SINEW_OK && i < tensor->rank; i++)
        if (!sinew_mul_size(count, (uint64_t)tensor->dims[i], UINT32_MAX,
                            &count))
            status = sinew_fail(SINEW_LIMIT, "tensor '%s' is too large",
                                tensor->name);
    if (status < 0) return status;
    if (count * stored != tensor->bytes)
        return sinew_fail(SINEW_FORMAT,
                          "tensor '%s': its shape takes %llu bytes, its data "
                          "%lu",
                          tensor->name, (unsigned long long)(count * stored),
                          (unsigned long)tensor->bytes);
    status = tflite_spend(model, count * sinew_dtype_size(dtype));
    if (status < 0) return status;
    /* Factors the network was made with are scalars in the file. As vectors of
     * one they broadcast the same and are counted among the weights. */
    const int64_t one = 1;
    const bool scalar = tensor->rank == 0 && dtype == SINEW_F32;
    tensor->value = sinew_graph_add_const(model->graph, tensor->name, dtype,
                                          scalar ? 1 : tensor->rank,
                                          scalar ? &one : tensor->dims, NULL);
    void *out = sinew_graph_const_data(model->graph, tensor->value);
    if (!out) return SINEW_OK;
    status = fill_constant(tensor, dtype, out, (int64_t)count);
    sinew_file_forget(model->graph->file, tensor->data, tensor->bytes);
    return status;
}

sinew_value tflite_value(struct tflite_model *model, uint32_t index) {
    if (model->graph->error < 0) return SINEW_NO_VALUE;
    if (index >= model->n_tensors)
        return sinew_graph_fail(model->graph, SINEW_FORMAT, "no tensor %u",
                                index);
    struct tflite_tensor *tensor = &model->tensors[index];
    if (tensor->value == SINEW_NO_VALUE && tensor->data) {
        sinew_status status = make_constant(model, tensor);
        if (status < 0)
            return sinew_graph_fail(model->graph, status, "%s",
                                    sinew_error_message());
    }
    if (tensor->value == SINEW_NO_VALUE)
        return sinew_graph_fail(model->graph, SINEW_FORMAT,
                                "tensor '%s' is read before it is made",
                                tensor->name);
    return tensor->value;
}

sinew_value tflite_depthwise(struct tflite_model *model, uint32_t index) {
    const sinew_value value = tflite_value(model, index);
    const sinew_tensor from = sinew_graph_tensor(model->graph, value);
    if (value == SINEW_NO_VALUE) return value;
    struct tflite_tensor *tensor = &model->tensors[index];
    if (tensor->depthwise != SINEW_NO_VALUE) return tensor->depthwise;
    if (!from.data || from.dtype != SINEW_F32 || from.rank != 4 ||
        from.dims[0] != 1)
        return sinew_graph_fail(model->graph, SINEW_UNSUPPORTED,
                                "tensor '%s': depthwise weights are no "
                                "constant [1,H,W,C]",
                                tensor->name);
    const int64_t area = from.dims[1] * from.dims[2], c = from.dims[3];
    const int64_t dims[4] = {c, from.dims[1], from.dims[2], 1};
    sinew_status status = tflite_spend(model, (uint64_t)(area * c) * 4);
    if (status < 0)
        return sinew_graph_fail(model->graph, status, "%s",
                                sinew_error_message());
    tensor->depthwise = sinew_graph_add_const(model->graph, tensor->name,
                                              SINEW_F32, 4, dims, NULL);
    float *to = sinew_graph_const_data(model->graph, tensor->depthwise);
    for (int64_t i = 0; to && i < area; i++)
        for (int64_t k = 0; k < c; k++)
            to[k * area + i] = ((const float *)from.data)[i * c + k];
    return tensor->depthwise;
}
