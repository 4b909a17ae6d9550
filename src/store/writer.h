/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HW_STORE_WRITER_H
#define HW_STORE_WRITER_H

#include "sqlite/connection.h"
#include "store/encoded.h"

enum { HW_WRITER_CACHE_KILOBYTES = 65536 }; /* of pages, while a run writes */

/* Inside a transaction; the sums are finished. */
bool hw_put_aggregates(hw_store *store, const hw_chunk_sums *sums, hw_error *err);

/* Sets an opened connection up for writing: the journal, the cache, the hw_ functions. */
bool hw_store_set_up_writer(hw_store *store, bool durable, hw_error *err);
/* The tables and views of a new database, inside a transaction. */
bool hw_store_create_tables(hw_store *store, hw_error *err);

#endif
