/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_BASE_MEMORY_H
#define HW_BASE_MEMORY_H

#include <stddef.h>

/* Bytes that this process can still take: what the kernel calls available, less where a control group (of a container, of a Slurm job)
 * allows less. SIZE_MAX where nothing says it. */
size_t hw_memory_available(void);

#endif
