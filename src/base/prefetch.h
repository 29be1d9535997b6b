/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ask for a cache line before it is needed.
 *
 * The empty asm statement is there because gcc takes a function that only prefetches for one
 * without effect and drops the call (gcc 12, ipa-pure-const), and with it the speed.
 */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

static inline void prefetch_read(const void *line)
{
	__builtin_prefetch(line, 0, 3);
	__asm__ volatile("");
}

static inline void prefetch_write(const void *line)
{
	__builtin_prefetch(line, 1, 3);
	__asm__ volatile("");
}

#endif
