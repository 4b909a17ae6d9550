/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_BASE_MEMORY_H
#define HW_BASE_MEMORY_H

#include <stddef.h>

/* Bytes that this process can still take: what the kernel calls available, less where a control group (of a container, of a Slurm job)
 * allows less. SIZE_MAX where nothing says it. */
size_t hw_memory_available(void);

/* Memory for free(), aligned to 64. From 4 MiB on it lies in pages of 2 MiB where the kernel has them: a fresh page of 4 KiB costs more than
 * filling it, and products read rows that lie further apart than such a page. NULL when memory is short. */
void *hw_memory_large(size_t bytes);

#endif
