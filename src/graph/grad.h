/*
 * grad.h - reverse-mode differentiation: what the rules of the operators use.
 *
 * The gradient of a value is itself a value of the same graph, and a rule adds
 * the nodes that carry gradients from a node's outputs to its inputs. Rules
 * are listed in grad.def, one a differentiable operator.
 */
#ifndef SINEW_GRAPH_GRAD_H
#define SINEW_GRAPH_GRAD_H

#include "graph/internal.h"
#include "op/attrs.h"

struct sinew_grad {
    sinew_graph *graph;
    sinew_value *of; ///< [n] gradient so far of each value, or SINEW_NO_VALUE
    bool *wanted;    ///< [n] the value depends on one asked for
    sinew_value *again; ///< [n] the value made anew, or SINEW_NO_VALUE
    int64_t large;      ///< values of so many numbers are made anew
    int n;              ///< values there were before differentiation
};

/* The node being differentiated (a copy: adding nodes moves the list) and the
 * gradient of each of its outputs, SINEW_NO_VALUE where nothing flows. */
typedef void sinew_grad_rule(struct sinew_grad *grad,
                             const struct sinew_node *node,
                             const sinew_value *dy);

#define GRAD(symbol, rule) sinew_grad_rule sinew_grad_of_##rule;
#include "graph/grad.def"
#undef GRAD

/* Whether input i of the node wants a gradient. */
bool sinew_grad_wants(const struct sinew_grad *grad,
                      const struct sinew_node *node, int i);
/* Adds `dx` to the gradient of input i. */
void sinew_grad_give(struct sinew_grad *grad, const struct sinew_node *node,
                    int i, sinew_value dx);
/* `dx`, of the shape of a broadcast result, summed down to the shape of x. */
sinew_value sinew_grad_unbroadcast(struct sinew_grad *grad, sinew_value dx,
                                   sinew_value x);

/* Short forms for the nodes rules add; all on f32. */
sinew_value sinew_grad_mul(struct sinew_grad *grad, sinew_value a,
                           sinew_value b);
sinew_value sinew_grad_scale(struct sinew_grad *grad, sinew_value a, float by);
/* op(a, b) without attributes or with zeroed ones. */
sinew_value sinew_grad_binary(struct sinew_grad *grad, enum sinew_op op,
                              sinew_value a, sinew_value b);
sinew_value sinew_grad_unary(struct sinew_grad *grad, enum sinew_op op,
                             sinew_value a);
/* a in the shape of `like`. */
sinew_value sinew_grad_reshape(struct sinew_grad *grad, sinew_value a,
                               sinew_value like);
sinew_value sinew_grad_sum(struct sinew_grad *grad, sinew_value a, int n_axes,
                           const int32_t *axes, bool keepdims);
/* [start, start + size) of one axis. */
sinew_value sinew_grad_slice(struct sinew_grad *grad, sinew_value a, int axis,
                             int64_t start, int64_t size);

const sinew_tensor *sinew_grad_shape(const struct sinew_grad *grad,
                                     sinew_value value);

#endif
