/* SPDX-License-Identifier: Apache-2.0
 * The view prompt_wide: a row a prompt, the data set's columns as its columns. It is made anew when a chunk brings a column. */
#ifndef HW_STORE_WIDE_H
#define HW_STORE_WIDE_H

#include "store/encoded.h"

enum { HW_WIDE_MOST_COLUMNS = 500 }; /* of the data set; those after them are in prompt_value alone */

/* The view for the columns that are stored. */
bool hw_wide_make(hw_store *store, hw_error *err);
/* Makes it anew when the chunk, which is stored already, has a column that it lacks. In the chunk's transaction. */
bool hw_wide_note(hw_store *store, const hw_encoded_chunk *chunk, hw_error *err);
/* After a rollback, and before the store is closed. */
void hw_wide_forget(hw_store *store);

#endif
