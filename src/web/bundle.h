/* SPDX-License-Identifier: Apache-2.0
 * The files of web/ as the page gets them: modules as few scripts, all styles as one, without comments and needless white space
 * and with short names of variables (minify.h). One request each instead of fifty, and what compresses together is smaller. */
#ifndef HW_WEB_BUNDLE_H
#define HW_WEB_BUNDLE_H

#include "headwater/buffer.h"
#include "headwater/error.h"

enum { HW_BUNDLE_PARTS = 8 }; /* at most */

/* Appends to out[i] the module entries[i] with all that it imports and no entry before it does, those first. Imports within a part are left
 * out, and the word export; a part imports from those before it what it needs of them. What an entry exports keeps its name. */
bool hw_bundle_scripts(const char *const *entries, size_t n, hw_buffer *out, hw_error *err);

/* Appends style sheets one after the other. */
bool hw_bundle_style(const char *const *names, size_t n, hw_buffer *out, hw_error *err);

#endif
