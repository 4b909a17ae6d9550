/* SPDX-License-Identifier: Apache-2.0
 * Tables as files. They may be large: they are written into a file without a name, which is sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/table.h"
#include "web/data.h"

enum { EXPORT_SECONDS = 60 }; /* a table of all prompts takes longer than what a page waits for */

/* The kernel removes the file when it is closed. */
static bool open_unnamed(int *file, hw_error *err) {
  const char *folder = getenv("TMPDIR");
  if (!folder || !*folder) folder = "/tmp";
  *file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  return *file >= 0 || hw_fail(err, HW_ERROR_IO, "%s: no file for the table: %s", folder, strerror(errno));
}

typedef struct writing {
  int file;
  uint64_t length;
  int error; /* errno of a write that failed */
} writing;

static bool write_bytes(void *context, const char *bytes, size_t length) {
  writing *w = context;
  while (length) {
    ssize_t n = write(w->file, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      w->error = errno;
      return false;
    }
    bytes += n, length -= (size_t)n, w->length += (uint64_t)n;
  }
  return true;
}

static bool write_table(hw_store *store, double time_limit, const char *name, hw_http_reply *reply, bool *found, hw_error *err) {
  writing w = {0};
  if (!open_unnamed(&reply->file, err)) return false;
  w.file = reply->file;
  hw_store_set_timeout(store, time_limit > EXPORT_SECONDS ? time_limit : EXPORT_SECONDS);
  bool ok = hw_export_table(store, name, write_bytes, &w, found, err);
  hw_store_set_timeout(store, time_limit);
  reply->file_length = w.length;
  return ok || (w.error ? hw_fail(err, HW_ERROR_IO, "the table cannot be written: %s", strerror(w.error)) : false);
}

void hw_data_export(hw_web *web, const hw_web_call *call, hw_http_reply *reply) {
  char name[sizeof call->words[0]];
  size_t length = strlen(call->words[0]);
  hw_error err = {0};
  bool found = true;
  if (length <= strlen(".csv") || strcmp(call->words[0] + length - strlen(".csv"), ".csv") != 0) {
    hw_http_reply_error(reply, 404, "not_found", "no table \"%s\", want NAME.csv", call->words[0]);
    return;
  }
  (void)snprintf(name, sizeof name, "%.*s", (int)(length - strlen(".csv")), call->words[0]);
  hw_pool_entry *entry = hw_pool_borrow(&web->pool, &err);
  bool ok = entry && write_table(entry->store, web->pool.time_limit, name, reply, &found, &err);
  if (entry) hw_pool_return(&web->pool, entry, ok || !found);
  if (!found) hw_http_reply_error(reply, 404, "not_found", "%s", err.message);
  else if (!ok) hw_data_error(reply, &err);
  if (!ok) return;
  reply->status = 200;
  reply->type = "text/csv; charset=utf-8";
  (void)snprintf(reply->file_name, sizeof reply->file_name, "%s", call->words[0]);
}
