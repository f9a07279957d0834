/*
 * case.h - one operator, its inputs, and what must come out, read from a text
 * file (scripts/make_op_cases.py has the form).
 */
#ifndef TESTS_OP_CASE_H
#define TESTS_OP_CASE_H

#include <stdbool.h>
#include <stdio.h>
#include "op/attrs.h"
#include "op/op.h"

enum { CASE_TENSORS = 8, CASE_TEXT = 256, CASE_ATTR = 256 };

struct op_case {
    const char *file;
    int line; ///< where it begins
    char what[CASE_TEXT];
    const struct sinew_op_desc *op;
    _Alignas(8) unsigned char attr[CASE_ATTR];
    int n_in, n_out;
    sinew_tensor in[CASE_TENSORS];  ///< data on the heap; NULL: not known
    sinew_tensor out[CASE_TENSORS]; ///< expected
    double tolerance[CASE_TENSORS]; ///< of the largest magnitude
    /** Derivatives, of the sum of all outputs times case_weight, with respect
     * to inputs; type NONE where the file has none. */
    sinew_tensor grad[CASE_TENSORS];
    double grad_tolerance[CASE_TENSORS];
    sinew_status status;            ///< of infer; SINEW_OK: outputs follow
    char message[CASE_TEXT];        ///< what an error's message has
};

struct case_reader {
    const char *file;
    FILE *stream;
    int line;
};

/* Reads the next case; false at the end of the file. What the file has wrong
 * ends the test. The case is freed with case_free. */
bool case_next(struct case_reader *reader, struct op_case *c);
/* What elements of output k are multiplied by for the derivatives; n floats. */
void case_weights(int k, float *weights, int64_t n);
void case_free(struct op_case *c);

#endif
