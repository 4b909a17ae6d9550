/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_WEB_GZIP_H
#define HW_WEB_GZIP_H

#include "headwater/buffer.h"

/* Appends the gzip form of bytes, level 1 to 9. False when memory is short. */
bool hw_gzip(const void *bytes, size_t length, int level, hw_buffer *out);

#endif
