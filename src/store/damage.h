/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_DAMAGE_H
#define HW_STORE_DAMAGE_H

#include "sqlite/connection.h"

/* Appends whose stored bytes are the first that cannot be read: "the edges of prompt 17, target 3". A pass over the file. */
bool hw_find_damage(hw_store *store, hw_buffer *where);

#endif
