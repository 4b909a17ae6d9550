/* SPDX-License-Identifier: Apache-2.0
 * Results that are kept in the database until they are replaced or deleted: minings and comparisons. */
#ifndef HW_STUDY_SAVED_H
#define HW_STUDY_SAVED_H

#include "sqlite/connection.h"

typedef struct hw_saved hw_saved; /* a kind of them */
extern const hw_saved hw_saved_mining, hw_saved_comparison;

/* Deletes the rows of one; inside a transaction. *there: there was one. */
bool hw_saved_delete(hw_store *store, const hw_saved *kind, int64_t id, bool *there, hw_error *err);

#endif
