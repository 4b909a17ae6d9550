/* SPDX-License-Identifier: Apache-2.0
 * The files of web/ as the page gets them: all modules as one, all styles as one, without comments and needless white space
 * and with short names of variables (minify.h). One request each instead of fifty, and what compresses together is smaller. */
#ifndef HW_WEB_BUNDLE_H
#define HW_WEB_BUNDLE_H

#include "headwater/buffer.h"
#include "headwater/error.h"

/* Appends a module with all that it imports, those first: imports are left out, and the word export. */
bool hw_bundle_script(const char *entry, hw_buffer *out, hw_error *err);

/* Appends style sheets one after the other. */
bool hw_bundle_style(const char *const *names, size_t n, hw_buffer *out, hw_error *err);

#endif
