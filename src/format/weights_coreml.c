/*
 * weights_coreml.c - weights of a Core ML neural network (.mlmodel), by the
 * names of its layers.
 *
 * Field numbers of the public schema (Model.proto, NeuralNetwork.proto):
 *   Model          neuralNetwork 500, -Regressor 303, -Classifier 403
 *   NeuralNetwork  layers 1
 *   Layer          name 1, convolution 100, innerProduct 140, batchnorm 160
 *   Convolution    outputChannels 1, kernelChannels 2, nGroups 10,
 *                  kernelSize 20, isDeconvolution 60, weights 90, bias 91
 *   InnerProduct   inputChannels 1, outputChannels 2, weights 20, bias 21
 *   BatchNorm      channels 1, gamma 15, beta 16, mean 17, variance 18
 *   WeightParams   floatValue 1, float16Value 2
 */
#include "format/weights.h"
#include "wire/protobuf.h"

struct layer {
    struct sinew_span name; ///< without ":0"
    uint32_t kind;          ///< field of its message
    struct sinew_span params;
};

static sinew_status malformed(const struct layer *layer) {
    return sinew_fail(SINEW_FORMAT, "layer '%.*s' is malformed",
                      (int)layer->name.size, (const char *)layer->name.data);
}

/* One WeightParams as "name.part". */
static sinew_status add(struct sinew_weights *set, const struct layer *layer,
                        const char *part, int rank, const int64_t *dims,
                        struct sinew_span params) {
    struct sinew_pb pb = sinew_pb_open(params);
    struct sinew_span values = {0};
    int32_t dtype = SINEW_NONE;
    sinew_tensor shape;
    while (sinew_pb_next(&pb)) {
        if (pb.field != 1 && pb.field != 2) continue;
        dtype = pb.field == 1 ? SINEW_F32 : SINEW_F16;
        values = sinew_pb_bytes(&pb);
    }
    if (pb.bad) return malformed(layer);
    if (dtype == SINEW_NONE)
        return sinew_fail(SINEW_UNSUPPORTED, "layer '%.*s' is quantised",
                          (int)layer->name.size,
                          (const char *)layer->name.data);
    if (sinew_tensor_set(&shape, dtype, rank, dims) < 0 ||
        sinew_tensor_bytes(&shape) != values.size)
        return malformed(layer);
    char *name = sinew_format("%.*s.%s", (int)layer->name.size,
                              (const char *)layer->name.data, part);
    if (!name) return SINEW_NOMEM;
    float *data = sinew_weights_add(
        set, (struct sinew_span){(const uint8_t *)name, strlen(name)}, rank,
        dims);
    sinew_free(name);
    if (!data) return malformed(layer);
    sinew_weights_fill(data, values.data, dtype, sinew_tensor_count(&shape));
    return SINEW_OK;
}

static sinew_status read_convolution(struct sinew_weights *set,
                                     const struct layer *layer) {
    struct sinew_pb pb = sinew_pb_open(layer->params);
    struct sinew_span weights = {0}, bias = {0};
    int64_t out = 0, in = 0, groups = 1, kernel[2] = {3, 3};
    int n = 0;
    bool transposed = false;
    while (sinew_pb_next(&pb)) {
        uint64_t number;
        if (pb.field == 1) out = sinew_pb_int(&pb);
        if (pb.field == 2) in = sinew_pb_int(&pb);
        if (pb.field == 10) groups = sinew_pb_int(&pb);
        while (pb.field == 20 && sinew_pb_each(&pb, SINEW_PB_VARINT, &number))
            if (n < 2) kernel[n++] = (int64_t)number;
        if (pb.field == 60) transposed = sinew_pb_int(&pb) != 0;
        if (pb.field == 90) weights = sinew_pb_bytes(&pb);
        if (pb.field == 91) bias = sinew_pb_bytes(&pb);
    }
    if (pb.bad || groups < 1) return malformed(layer);
    const int64_t plain[4] = {out, in, kernel[0], kernel[1]};
    const int64_t back[4] = {in, out / groups, kernel[0], kernel[1]};
    sinew_status status =
        add(set, layer, "weight", 4, transposed ? back : plain, weights);
    if (status < 0 || bias.size == 0) return status;
    return add(set, layer, "bias", 1, &out, bias);
}

static sinew_status read_product(struct sinew_weights *set,
                                 const struct layer *layer) {
    struct sinew_pb pb = sinew_pb_open(layer->params);
    struct sinew_span weights = {0}, bias = {0};
    int64_t dims[2] = {0, 0};
    while (sinew_pb_next(&pb)) {
        if (pb.field == 1) dims[1] = sinew_pb_int(&pb);
        if (pb.field == 2) dims[0] = sinew_pb_int(&pb);
        if (pb.field == 20) weights = sinew_pb_bytes(&pb);
        if (pb.field == 21) bias = sinew_pb_bytes(&pb);
    }
    if (pb.bad) return malformed(layer);
    sinew_status status = add(set, layer, "weight", 2, dims, weights);
    if (status < 0 || bias.size == 0) return status;
    return add(set, layer, "bias", 1, dims, bias);
}

static sinew_status read_norm(struct sinew_weights *set,
                              const struct layer *layer) {
    static const char *const parts[4] = {"weight", "bias", "running_mean",
                                         "running_var"};
    struct sinew_pb pb = sinew_pb_open(layer->params);
    struct sinew_span params[4] = {{0}};
    int64_t channels = 0;
    while (sinew_pb_next(&pb)) {
        if (pb.field == 1) channels = sinew_pb_int(&pb);
        if (pb.field >= 15 && pb.field <= 18)
            params[pb.field - 15] = sinew_pb_bytes(&pb);
    }
    sinew_status status = pb.bad ? malformed(layer) : SINEW_OK;
    for (int i = 0; i < 4 && status == SINEW_OK; i++)
        if (params[i].size > 0)
            status = add(set, layer, parts[i], 1, &channels, params[i]);
    return status;
}

static sinew_status read_layer(struct sinew_weights *set,
                               struct sinew_span bytes) {
    struct sinew_pb pb = sinew_pb_open(bytes);
    struct layer layer = {{0}, 0, {0}};
    while (sinew_pb_next(&pb)) {
        if (pb.field == 1) layer.name = sinew_pb_bytes(&pb);
        if (pb.field == 100 || pb.field == 140 || pb.field == 160) {
            layer.kind = pb.field;
            layer.params = sinew_pb_bytes(&pb);
        }
    }
    const size_t size = layer.name.size;
    if (size > 2 && memcmp(layer.name.data + size - 2, ":0", 2) == 0)
        layer.name.size -= 2;
    if (pb.bad) return malformed(&layer);
    switch (layer.kind) {
    case 100:
        return read_convolution(set, &layer);
    case 140:
        return read_product(set, &layer);
    case 160:
        return read_norm(set, &layer);
    default:
        return SINEW_OK;
    }
}

static sinew_status read_model(struct sinew_weights *set, const uint8_t *bytes,
                               size_t size) {
    struct sinew_pb pb = sinew_pb_open((struct sinew_span){bytes, size});
    struct sinew_span network = {0};
    set->order = SINEW_ORDER_OIHW;
    while (sinew_pb_next(&pb))
        if (pb.field == 500 || pb.field == 403 || pb.field == 303)
            network = sinew_pb_bytes(&pb);
    if (pb.bad) return sinew_fail(SINEW_FORMAT, "truncated or malformed");
    if (!network.data)
        return sinew_fail(SINEW_UNSUPPORTED, "it holds no neural network");
    pb = sinew_pb_open(network);
    while (sinew_pb_next(&pb)) {
        if (pb.field != 1) continue;
        sinew_status status = read_layer(set, sinew_pb_bytes(&pb));
        if (status < 0) return status;
    }
    return pb.bad ? sinew_fail(SINEW_FORMAT, "truncated or malformed")
                  : SINEW_OK;
}

/* A file begins with its version, as field 1, and a description, field 2. */
static bool probe(const uint8_t *bytes, size_t size) {
    return size > 4 && bytes[0] == 0x08 && bytes[1] < 0x80 && bytes[2] == 0x12;
}

const struct sinew_weight_format sinew_weight_format_coreml = {"Core ML", probe,
                                                               read_model};
