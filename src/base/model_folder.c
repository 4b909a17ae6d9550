/* SPDX-License-Identifier: Apache-2.0 */
#include "base/model_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/option.h"

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

/* ---- The cache ---- */

/* The value of a variable with `inside` behind it; NULL without memory. "~" is the home folder, as in huggingface_hub. */
static char *with_home(const char *value, const char *inside) {
  const char *home = getenv("HOME");
  if (value[0] != '~' || (value[1] && value[1] != '/') || !home) return *inside ? hw_path_join(value, inside) : strdup(value);
  char *whole = hw_path_join(home, value[1] ? value + 2 : ""), *path = whole ? hw_path_join(whole, inside) : NULL;
  free(whole);
  return path;
}

/* *path: NULL where no variable says it. Errors: MEMORY. */
static bool find_cache(char **path, hw_error *err) {
  static const struct { const char *variable, *inside; } places[] = {
      {"HF_HUB_CACHE", ""}, {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_HOME", "hub"}, {"XDG_CACHE_HOME", "huggingface/hub"},
      {"HOME", ".cache/huggingface/hub"}};
  *path = NULL;
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    const char *value = getenv(places[i].variable);
    if (value && *value) return (*path = with_home(value, places[i].inside)) != NULL || hw_fail_memory(err, places[i].variable);
  }
  return true;
}

/* "gpt2" or "owner/model", as the hub allows them. */
static bool is_hub_name(const char *text, size_t length) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t first = strspn(text, allowed);
  if (first == 0 || text[0] == '.' || text[0] == '-') return false;
  if (first >= length) return first == length;
  return text[first] == '/' && text[first + 1] != '.' && first + 1 < length && first + 1 + strspn(text + first + 1, allowed) == length;
}

/* *n: how many names in the folder end with `ending` and begin with `beginning`; *found: the first by byte value, which the caller frees. Errors:
 * MEMORY. */
static bool find_names(const char *folder, const char *beginning, const char *ending, char **found, size_t *n, hw_error *err) {
  bool ok = true;
  DIR *directory = opendir(folder);
  bool may_be = directory || errno != ENOMEM;
  *found = NULL;
  *n = 0;
  for (const struct dirent *entry; ok && directory && (entry = readdir(directory)) != NULL;) {
    const char *name = entry->d_name;
    size_t length = strlen(name), end = strlen(ending);
    if (name[0] == '.' || !begins_with(name, beginning) || length < strlen(beginning) + end || strcmp(name + length - end, ending) != 0) continue;
    ++*n;
    if (*found && strcmp(*found, name) <= 0) continue;
    free(*found);
    ok = (*found = strdup(name)) != NULL;
  }
  if (directory) closedir(directory);
  return (ok && may_be) || hw_fail_memory(err, folder);
}

/* The commit that refs/REVISION of a cached repository names; NULL where there is no such file. Errors: MEMORY, and those of hw_file_find. */
static bool read_ref(const char *folder, const char *revision, char **commit, hw_error *err) {
  char *refs = hw_path_join(folder, "refs"), *path = refs ? hw_path_join(refs, revision) : NULL;
  hw_file file;
  bool ok = path || hw_fail_memory(err, folder);
  *commit = NULL;
  bool there = false;
  ok = ok && hw_file_find(path, &there, err);
  if (ok && there && (ok = hw_file_open(path, &file, err))) {
    size_t length = 0;
    while (length < file.size && strchr("0123456789abcdef", file.data[length]) && file.data[length]) length++;
    if (length && !(*commit = strndup((const char *)file.data, length))) ok = hw_fail_memory(err, path);
    hw_file_close(&file);
  }
  free(refs);
  free(path);
  return ok;
}

/* The snapshot of a cached repository: of a ref, of the commit that begins so, or the only one. revision: NULL for main. */
static bool take_snapshot(const char *folder, const char *revision, hw_model_folder *found, hw_error *err) {
  enum { LEAST_DIGITS = 4 };
  const char *slash = strrchr(folder, '/'), *wanted = revision ? revision : "main";
  char *snapshots = hw_path_join(folder, "snapshots"), *commit = NULL, *name = NULL;
  size_t n = 0;
  bool ok = snapshots || hw_fail_memory(err, folder);
  ok = ok && (strstr(wanted, "..") || read_ref(folder, wanted, &commit, err));
  bool known = commit != NULL || !revision || strlen(revision) >= LEAST_DIGITS;
  ok = ok && (!known || find_names(snapshots, commit ? commit : revision ? revision : "", "", &name, &n, err));
  if (ok && n > 1)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: more than one snapshot fits revision %s; name one with @ and the first digits of its commit", folder, wanted);
  else if (ok && n == 0)
    ok = hw_fail(err, HW_ERROR_INPUT, "%s: no snapshot of revision %s; hf download brings it", folder, wanted);
  if (ok) {
    found->path = hw_path_join(snapshots, name);
    found->name = hub_name(slash ? slash + 1 : folder, name);
    ok = (found->path && found->name) || hw_fail_memory(err, folder);
  }
  free(snapshots);
  free(commit);
  free(name);
  return ok;
}

/* Errors: MEMORY. */
static bool is_repository(const char *path, bool *is, hw_error *err) {
  const char *slash = strrchr(path, '/');
  *is = begins_with(slash ? slash + 1 : path, repository);
  if (!*is) return true;
  char *snapshots = hw_path_join(path, "snapshots");
  if (!snapshots) return hw_fail_memory(err, path);
  *is = hw_folder_exists(snapshots);
  free(snapshots);
  return true;
}

/* A name of the hub, `length` bytes of `model`: "owner/model", or "model" alone where the cache has one model of that name. */
static bool find_cached(const char *model, size_t length, hw_model_folder *found, hw_error *err) {
  const char *slash = memchr(model, '/', length), *last = slash ? slash + 1 : model, *revision = model[length] ? model + length + 1 : NULL;
  int owner_length = slash ? (int)(slash - model) : 0, last_length = (int)(length - (size_t)(last - model));
  char *cache, *other = NULL, *path = NULL, exact[256], ending[256];
  bool ok = find_cache(&cache, err);
  const char *beginning = begins_with(model, repository) ? "" : repository;
  (void)snprintf(exact, sizeof exact, "%s%.*s%s%.*s", beginning, owner_length, model, slash ? "--" : "", last_length, last);
  (void)snprintf(ending, sizeof ending, "--%.*s", last_length, last);
  if (cache && !(path = hw_path_join(cache, exact))) ok = hw_fail_memory(err, cache);
  if (path && !hw_folder_exists(path)) {
    size_t n;
    free(path);
    path = NULL;
    ok = find_names(cache, "models", ending, &other, &n, err); /* also models--gpt2 itself */
    if (ok && !slash && n == 1 && !(path = hw_path_join(cache, other))) ok = hw_fail_memory(err, cache);
  }
  if (ok && !path)
    ok = hw_fail(err, HW_ERROR_INPUT,
                 "%s: no such model folder, and the Hugging Face cache (%s) does not have it%s%s; hf download %.*s brings it there", model,
                 cache ? cache : "not found", other ? ", but " : "", other ? other : "", (int)length, model);
  ok = ok && take_snapshot(path, revision, found, err);
  free(cache);
  free(other);
  free(path);
  return ok;
}

/* DIR/NAME.gguf; the model is called NAME. */
static bool take_file(const char *model, size_t length, hw_model_folder *found, hw_error *err) {
  const char *slash = strrchr(model, '/'), *last = slash ? slash + 1 : model;
  found->path = slash ? strndup(model, slash == model ? 1 : (size_t)(slash - model)) : strdup(".");
  found->file = strdup(last);
  found->name = strndup(last, length - (size_t)(last - model) - strlen(".gguf"));
  if (found->path && found->file && found->name) return true;
  hw_model_folder_fini(found);
  return hw_fail_memory(err, model);
}

bool hw_model_folder_find(const char *model, hw_model_folder *found, hw_error *err) {
  *found = (hw_model_folder){0};
  if (!hw_given_check("model", model, err)) return false;
  size_t whole = strlen(model);
  if (whole > 5 && strcmp(model + whole - 5, ".gguf") == 0 && !hw_folder_exists(model)) {
    bool there = false;
    if (!hw_file_find(model, &there, err)) return false;
    if (there) return take_file(model, whole, found, err);
  }
  size_t length = strcspn(model, "@");
  if (!hw_folder_exists(model)) {
    bool may_be_cached = !hw_file_exists(model) && is_hub_name(model, length) && (!model[length] || model[length + 1]);
    if (may_be_cached) return find_cached(model, length, found, err);
    return hw_fail(err, HW_ERROR_INPUT, "%s: no such model folder", model);
  }
  found->path = strdup(model);
  for (size_t end = found->path ? strlen(found->path) : 0; end > 1 && found->path[end - 1] == '/'; end--) found->path[end - 1] = '\0';
  bool repository_itself = false;
  if (found->path && !is_repository(found->path, &repository_itself, err)) {
    hw_model_folder_fini(found);
    return false;
  }
  if (repository_itself) {
    char *path = found->path;
    found->path = NULL;
    bool ok = take_snapshot(path, NULL, found, err);
    free(path);
    return ok;
  }
  found->name = found->path ? name_of(found->path) : NULL;
  if (found->name) return true;
  hw_model_folder_fini(found);
  return hw_fail_memory(err, model);
}

void hw_model_folder_fini(hw_model_folder *found) {
  free(found->path);
  free(found->file);
  free(found->name);
  *found = (hw_model_folder){0};
}
