/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large an epidemic will be, from its first part: I(t) = N / (1 + exp(-(a t + c))).
 *
 * For each N on a grid a and c follow by weighted least squares on logits; the profile of the
 * misfit over N gives the best N and its interval. Early on the profile is flat above: then there
 * is a lower end and no upper one. Pure function, any thread.
 */
#ifndef DETECT_LOGISTIC_H
#define DETECT_LOGISTIC_H

#include <stddef.h>

struct logistic {
	double size, low, high; /* 95 %; size and high INFINITY: cannot be told yet */
	double rate;            /* a, of one step; at the best N */
};

/* Infected at n steps of equal length, with the variance of each. */
void logistic_fit(const double *infected, const double *variance, size_t n, struct logistic *out);

#endif
