/* SPDX-License-Identifier: Apache-2.0
 * Databases of older schema versions are brought to this program's version by the steps in sql/migrate, before the first program of this
 * version writes into them. */
#ifndef HW_STORE_MIGRATE_H
#define HW_STORE_MIGRATE_H

#include "sqlite/connection.h"

/* Brings a database that is open for writing to HW_SCHEMA_VERSION, in one transaction; one that has it already is left alone. Rows and
 * digest stay as they are, views are made anew. Says so by hooks->notice. */
bool hw_store_migrate(hw_store *store, hw_error *err);

/* Makes the views as this program has them: those of an earlier one may lack columns, or write numbers in another way. Within a transaction. */
bool hw_store_remake_views(hw_store *store, hw_error *err);

/* Opens a database that is there for writing (HW_OPEN_WRITE) and migrates it. */
bool hw_store_open_write(const char *path, const hw_hooks *hooks, hw_store **store, hw_error *err);

#endif
