/* SPDX-License-Identifier: Apache-2.0 */
#include "base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A pipe, a terminal, /dev/stdout: written as it is, because a rename would put a file in its place. */
static bool is_special(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

bool hw_output_open(hw_output *out, const char *path, hw_error *err) {
  hw_buffer temporary;
  hw_buffer_init(&temporary);
  if (is_special(path)) hw_buffer_append_string(&temporary, path);
  else hw_buffer_printf(&temporary, "%s.%ld.tmp", path, (long)getpid());
  *out = (hw_output){.path = strdup(path), .temporary = temporary.data};
  if (!out->path || temporary.failed) return hw_fail_memory(err, "the name of a file");
  out->file = fopen(out->temporary, "wbe");
  return out->file ? true : hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(errno));
}

bool hw_output_write(void *context, const char *bytes, size_t length) {
  hw_output *out = context;
  if (fwrite(bytes, 1, length, out->file) == length) return true;
  out->error = errno;
  return false;
}

/* Before it takes its name: after a power failure the name could stand for an empty file. */
static bool put_on_disk(FILE *file) {
  return fflush(file) == 0 && (fsync(fileno(file)) == 0 || errno == EINVAL || errno == ENOSYS); /* the file system cannot do it */
}

bool hw_output_close(hw_output *out, bool ok, hw_error *err) {
  bool renames = out->path && out->temporary && strcmp(out->temporary, out->path) != 0;
  if (ok && renames && !out->error && !put_on_disk(out->file)) out->error = errno;
  if (out->file && fclose(out->file) != 0 && !out->error) out->error = errno;
  if (out->error) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(out->error));
  if (ok && renames && rename(out->temporary, out->path) != 0) ok = hw_fail(err, HW_ERROR_IO, "%s: %s", out->path, strerror(errno));
  if (!ok && renames && out->file) (void)unlink(out->temporary);
  free(out->path);
  free(out->temporary);
  return ok;
}

bool hw_output_write_file(const char *path, const hw_buffer *text, hw_error *err) {
  hw_output out;
  if (!hw_buffer_check(text, err)) return false;
  bool ok = hw_output_open(&out, path, err);
  if (ok) (void)hw_output_write(&out, text->data, text->length);
  return hw_output_close(&out, ok, err);
}
