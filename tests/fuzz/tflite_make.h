/*
 * tflite_make.h - assembles small TFLite files from text, for tests. A line is
 *
 *   tensor NAME TYPE SIZE,SIZE [WORD=VALUE...] [= NUMBER...]
 *       words: scale=1,2 zero=0,0 axis=0 variable=1 sparse=1 open=-1,3
 *       (the signature); "scalar" stands for no sizes; "NUMBER*3" repeats
 *   op OPERATOR[:VERSION] INPUT,INPUT > OUTPUT,OUTPUT [FIELD=VALUE...]
 *       "-" is an input left out; a value with a point is a float, one in
 *       brackets a list [1,2]; CUSTOM/NAME names a custom operator, a plain
 *       number any operator
 *   in NAME,NAME      out NAME,NAME      schema N      subgraphs N
 *
 * Operands are names of tensors or numbers.
 */
#ifndef SINEW_TESTS_TFLITE_MAKE_H
#define SINEW_TESTS_TFLITE_MAKE_H

#include "wire/cursor.h"

/* The file's bytes; empty when the text is wrong. Free with
 * sinew_bytes_free. */
struct sinew_bytes make_tflite(const char *text);

#endif
