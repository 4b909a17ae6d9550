/* SPDX-License-Identifier: Apache-2.0
 * Results that are kept in the database until they are replaced or deleted: minings, comparisons, certificates. */
#ifndef HW_STUDY_SAVED_H
#define HW_STUDY_SAVED_H

#include "sqlite/connection.h"

typedef struct hw_saved hw_saved; /* a kind of them */
extern const hw_saved hw_saved_mining, hw_saved_comparison, hw_saved_certificate;

/* Deletes the rows of one; inside a transaction. *there: there was one. */
bool hw_saved_delete(hw_store *store, const hw_saved *kind, int64_t id, bool *there, hw_error *err);

/* The same for a database at `path`. Errors: INPUT when there is none of this number. */
bool hw_saved_delete_from(const char *path, const hw_saved *kind, int64_t id, const hw_hooks *hooks, hw_error *err);

#endif
