/* SPDX-License-Identifier: Apache-2.0
 * A statement of sql/, bound by name. */
#ifndef HW_SQLITE_BINDER_H
#define HW_SQLITE_BINDER_H

#include "sqlite/connection.h"

/* A statement and whether all of its bindings went well; surplus and misspelt names are errors. */
typedef struct hw_binder {
  hw_store *store;
  const char *file; /* below sql/ */
  sqlite3_stmt *statement;
  int n_bound;
  const char *unknown; /* the first name that is no parameter */
} hw_binder;
bool hw_binder_open(hw_binder *binder, hw_store *store, const char *file, hw_error *err);
void hw_binder_reset(hw_binder *binder);
void hw_bind_integer_as(hw_binder *binder, const char *name, int64_t value); /* name with its colon */
void hw_bind_real_as(hw_binder *binder, const char *name, double value);     /* NaN is NULL */
void hw_bind_text_as(hw_binder *binder, const char *name, const char *text); /* NULL is NULL; must outlive the step */
void hw_bind_null_as(hw_binder *binder, const char *name);
/* One step: *row says whether there is one. Checks at the first that every parameter is bound. */
bool hw_binder_step(hw_binder *binder, bool *row, hw_error *err);
void hw_binder_close(hw_binder *binder);

#endif
