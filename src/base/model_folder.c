/* SPDX-License-Identifier: Apache-2.0 */
#include "base/model_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum { REVISION_DIGITS = 12 }; /* of a commit's hash: enough to tell revisions apart */

static const char repository[] = "models--"; /* the cache's folder of openai-community/gpt2 is models--openai-community--gpt2 */

static bool begins_with(const char *text, const char *beginning) { return strncmp(text, beginning, strlen(beginning)) == 0; }

static bool is_hash(const char *text) {
  size_t n = strspn(text, "0123456789abcdef");
  return n >= 32 && text[n] == '\0';
}

/* "owner/model@revision" of a snapshot in the cache; NULL when memory is short. */
static char *hub_name(const char *folder, const char *revision) {
  const char *text = folder + strlen(repository), *cut = strstr(text, "--");
  size_t size = strlen(text) + REVISION_DIGITS + 2;
  char *name = malloc(size);
  if (!name) return NULL;
  (void)snprintf(name, size, "%.*s%s%s@%.*s", (int)(cut ? cut - text : 0), text, cut ? "/" : "", cut ? cut + 2 : text, REVISION_DIGITS, revision);
  return name;
}

/* The name of a folder whose last component says nothing: the next one above that does. `path` is changed. */
static char *name_above(char *path) {
  const char *revision = NULL;
  for (;;) {
    char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    if (revision && begins_with(last, repository)) return hub_name(last, revision);
    if (*last && !is_hash(last) && strcmp(last, "snapshots") != 0) return strdup(last);
    if (is_hash(last)) revision = last;
    if (!slash) return strdup("model");
    *slash = '\0';
  }
}

static char *name_of(const char *path) {
  const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
  if (*last && strcmp(last, ".") != 0 && strcmp(last, "..") != 0 && !is_hash(last)) return strdup(last);
  char *whole = realpath(path, NULL), *name = whole ? name_above(whole) : NULL;
  free(whole);
  return name;
}

bool hw_model_folder_find(const char *model, hw_model_folder *found, hw_error *err) {
  *found = (hw_model_folder){0};
  if (!hw_folder_exists(model)) return hw_fail(err, HW_ERROR_INPUT, "%s: no such model folder", model);
  found->path = strdup(model);
  for (size_t length = found->path ? strlen(found->path) : 0; length > 1 && found->path[length - 1] == '/'; length--) found->path[length - 1] = '\0';
  found->name = found->path ? name_of(found->path) : NULL;
  if (found->name) return true;
  hw_model_folder_fini(found);
  return hw_fail_memory(err, model);
}

void hw_model_folder_fini(hw_model_folder *found) {
  free(found->path);
  free(found->name);
  *found = (hw_model_folder){0};
}
