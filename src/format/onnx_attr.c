/*
 * onnx_attr.c - the attributes of the node being mapped, listed once and found
 * by name each time: nodes have few.
 */
#include "format/onnx_read.h"

/* Makes room for one more. */
static bool grow(struct onnx_node *node) {
    if (node->n_attr < node->cap_attr) return true;
    int room = node->cap_attr ? node->cap_attr * 2 : 8;
    struct onnx_attribute *list =
        sinew_realloc(node->attr, (uint64_t)room, sizeof *list);
    if (!list) return false;
    node->attr = list;
    node->cap_attr = room;
    return true;
}

void onnx_add_attr(struct onnx_reader *r, struct sinew_span body) {
    struct onnx_node *node = &r->node;
    struct onnx_attribute attr = {.body = body};
    struct sinew_pb pb = sinew_pb_open(body);
    while (sinew_pb_next(&pb)) {
        if (pb.field == ATTR_NAME)
            attr.name = sinew_pb_bytes(&pb);
        else if (pb.field == ATTR_TYPE)
            attr.type = sinew_pb_int(&pb);
        else if (pb.field == ATTR_G || pb.field == ATTR_GRAPHS)
            onnx_fail(r, SINEW_UNSUPPORTED,
                      "a graph within a node (control flow)");
    }
    if (pb.bad)
        onnx_fail(r, SINEW_FORMAT, "malformed attribute");
    else if (!grow(node))
        sinew_graph_fail(r->graph, SINEW_NOMEM, "out of memory");
    else
        node->attr[node->n_attr++] = attr;
}

/* The last attribute of that name, which must have that type, 0 = any. */
static bool find(struct onnx_reader *r, const char *name, int64_t type,
                 struct sinew_span *body) {
    for (int i = r->node.n_attr - 1; i >= 0; i--) {
        const struct onnx_attribute *attr = &r->node.attr[i];
        if (!sinew_span_is(attr->name, name)) continue;
        if (type && attr->type && attr->type != type)
            onnx_fail(r, SINEW_FORMAT, "attribute '%s' has the wrong type",
                      name);
        *body = attr->body;
        return true;
    }
    return false;
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
