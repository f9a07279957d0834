/*
 * op.c - the table of operators, and the names that attribute tables share.
 */
#include <string.h>
#include "op/op.h"
#include "op/util.h"

#define OP(symbol, name) extern const struct sinew_op_desc sinew_op_##name;
#include "op/ops.def"
#undef OP

static const struct sinew_op_desc *const descriptors[] = {
#define OP(symbol, name) [SINEW_OP_##symbol] = &sinew_op_##name,
#include "op/ops.def"
#undef OP
};

const struct sinew_op_desc *sinew_op_desc(enum sinew_op op) {
    return descriptors[op];
}

int sinew_op_find(const char *name) {
    for (int i = 0; i < SINEW_OP_COUNT; i++)
        if (strcmp(descriptors[i]->name, name) == 0) return i;
    return -1;
}

const char *const sinew_act_names[] = {
#define SINEW_ACT_NAME(name, text) [SINEW_ACT_##name] = text,
    SINEW_ACT_MAP(SINEW_ACT_NAME)
#undef SINEW_ACT_NAME
};

const char *const sinew_dtype_names[] = {[SINEW_NONE] = "none",
#define SINEW_DTYPE_TEXT(name, code, bytes, text) [SINEW_##name] = text,
                                         SINEW_DTYPE_MAP(SINEW_DTYPE_TEXT)
#undef SINEW_DTYPE_TEXT
};
