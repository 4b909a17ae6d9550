/* SPDX-License-Identifier: Apache-2.0
 * sqlite3.h, or in the loadable extension the calls that the loading program hands over. */
#ifndef HW_STORE_SQLITE_H
#define HW_STORE_SQLITE_H

#ifdef HW_SQLITE_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3
#else
#include <sqlite3.h>
#endif

/* The code with which a hw_* function complains about the bytes of a column; about another argument it is SQLITE_ERROR. */
#define HW_DAMAGED_BYTES SQLITE_CORRUPT_VTAB

#endif
