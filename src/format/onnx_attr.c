/*
 * onnx_attr.c - the attributes of the node being mapped, found by name in its
 * message each time: nodes have few.
 */
#include "format/onnx_read.h"

/* The last attribute of that name, and whether its type is `type` (older files
 * leave the type out). */
static bool find(struct onnx_reader *r, const char *name, int64_t type,
                 struct sinew_span *body) {
    struct sinew_pb node = sinew_pb_open(r->node.body);
    bool found = false;
    while (sinew_pb_next(&node)) {
        if (node.field != NODE_ATTRIBUTE) continue;
        struct sinew_span message = sinew_pb_bytes(&node);
        struct sinew_pb attr = sinew_pb_open(message);
        bool named = false;
        int64_t stated = type;
        while (sinew_pb_next(&attr)) {
            if (attr.field == ATTR_NAME)
                named = sinew_span_is(sinew_pb_bytes(&attr), name);
            else if (attr.field == ATTR_TYPE)
                stated = sinew_pb_int(&attr);
        }
        if (attr.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute");
        if (!named || attr.bad) continue;
        if (type && stated != type)
            onnx_fail(r, SINEW_FORMAT, "attribute '%s' has the wrong type",
                      name);
        *body = message;
        found = true;
    }
    return found;
}

bool onnx_attr(struct onnx_reader *r, const char *name,
               struct sinew_span *body) {
    return find(r, name, 0, body);
}

int64_t onnx_int(struct onnx_reader *r, const char *name, int64_t absent) {
    struct sinew_span body;
    if (!find(r, name, ONNX_INT, &body)) return absent;
    struct sinew_pb pb = sinew_pb_open(body);
    int64_t value = 0;
    while (sinew_pb_next(&pb))
        if (pb.field == ATTR_I) value = sinew_pb_int(&pb);
    if (pb.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute '%s'", name);
    return value;
}

int32_t onnx_int_within(struct onnx_reader *r, const char *name, int64_t absent,
                        int64_t lo, int64_t hi) {
    int64_t value = onnx_int(r, name, absent);
    if (value < lo || value > hi) {
        onnx_fail(r, SINEW_FORMAT, "attribute '%s' is %lld", name,
                  (long long)value);
        return (int32_t)lo;
    }
    return (int32_t)value;
}

float onnx_float(struct onnx_reader *r, const char *name, float absent) {
    struct sinew_span body;
    if (!find(r, name, ONNX_FLOAT, &body)) return absent;
    struct sinew_pb pb = sinew_pb_open(body);
    float value = 0;
    while (sinew_pb_next(&pb))
        if (pb.field == ATTR_F) value = sinew_pb_float(&pb);
    if (pb.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute '%s'", name);
    return value;
}

int onnx_ints(struct onnx_reader *r, const char *name, int64_t *out, int max) {
    struct sinew_span body;
    if (!find(r, name, ONNX_INTS, &body)) return -1;
    struct sinew_pb pb = sinew_pb_open(body);
    uint64_t number;
    int n = 0;
    while (sinew_pb_next(&pb))
        while (pb.field == ATTR_INTS &&
               sinew_pb_each(&pb, SINEW_PB_VARINT, &number)) {
            if (n == max) {
                onnx_fail(r, SINEW_FORMAT,
                          "attribute '%s' has more than %d elements", name,
                          max);
                return n;
            }
            out[n++] = (int64_t)number;
        }
    if (pb.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute '%s'", name);
    return n;
}

struct sinew_span onnx_string(struct onnx_reader *r, const char *name,
                              const char *absent) {
    struct sinew_span body;
    struct sinew_span text = {(const uint8_t *)absent, strlen(absent)};
    if (!find(r, name, ONNX_STRING, &body)) return text;
    struct sinew_pb pb = sinew_pb_open(body);
    text = (struct sinew_span){0};
    while (sinew_pb_next(&pb))
        if (pb.field == ATTR_S) text = sinew_pb_bytes(&pb);
    if (pb.bad) onnx_fail(r, SINEW_FORMAT, "malformed attribute '%s'", name);
    return text;
}

int onnx_choice(struct onnx_reader *r, const char *name,
                const char *const *list) {
    struct sinew_span text = onnx_string(r, name, list[0]);
    for (int i = 0; list[i]; i++)
        if (sinew_span_is(text, list[i])) return i;
    onnx_fail(r, SINEW_UNSUPPORTED, "%s '%.*s'", name,
              text.size > 60 ? 60 : (int)text.size,
              text.size ? (const char *)text.data : "");
    return 0;
}

void onnx_only(struct onnx_reader *r, const char *name, int64_t value) {
    int64_t found = onnx_int(r, name, value);
    if (found != value)
        onnx_fail(r, SINEW_UNSUPPORTED, "%s %lld", name, (long long)found);
}
