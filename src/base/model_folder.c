/* SPDX-License-Identifier: Apache-2.0 */
#include "base/model_folder.h"

#include <dirent.h>
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

/* ---- The cache ---- */

/* The value of a variable with `inside` behind it; NULL where it is not set. "~" is the home folder, as in huggingface_hub. */
static char *from_environment(const char *variable, const char *inside) {
  const char *value = getenv(variable), *home = getenv("HOME");
  if (!value || !*value) return NULL;
  if (value[0] != '~' || (value[1] && value[1] != '/') || !home) return *inside ? hw_path_join(value, inside) : strdup(value);
  char *whole = hw_path_join(home, value[1] ? value + 2 : ""), *path = whole ? hw_path_join(whole, inside) : NULL;
  free(whole);
  return path;
}

static char *cache_folder(void) {
  static const struct { const char *variable, *inside; } places[] = {
      {"HF_HUB_CACHE", ""}, {"HUGGINGFACE_HUB_CACHE", ""}, {"HF_HOME", "hub"}, {"XDG_CACHE_HOME", "huggingface/hub"},
      {"HOME", ".cache/huggingface/hub"}};
  char *path = NULL;
  for (size_t i = 0; !path && i < sizeof places / sizeof *places; i++) path = from_environment(places[i].variable, places[i].inside);
  return path;
}

/* "gpt2" or "owner/model", as the hub allows them. */
static bool is_hub_name(const char *text, size_t length) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  size_t first = strspn(text, allowed);
  if (first == 0 || text[0] == '.' || text[0] == '-') return false;
  if (first >= length) return first == length;
  return text[first] == '/' && text[first + 1] != '.' && first + 1 < length && first + 1 + strspn(text + first + 1, allowed) == length;
}

/* How many names in the folder end with `ending` and begin with `beginning`; *found: the first by byte value, which the caller frees. */
static size_t find_names(const char *folder, const char *beginning, const char *ending, char **found) {
  size_t n = 0;
  DIR *directory = opendir(folder);
  *found = NULL;
  for (const struct dirent *entry; directory && (entry = readdir(directory)) != NULL;) {
    const char *name = entry->d_name;
    size_t length = strlen(name), end = strlen(ending);
    if (name[0] == '.' || !begins_with(name, beginning) || length < strlen(beginning) + end || strcmp(name + length - end, ending) != 0) continue;
    n++;
    if (*found && strcmp(*found, name) <= 0) continue;
    free(*found);
    *found = strdup(name);
  }
  if (directory) closedir(directory);
  return n;
}

/* The commit that refs/REVISION of a cached repository names; NULL where there is no such file. */
static char *read_ref(const char *folder, const char *revision) {
  char *refs = hw_path_join(folder, "refs"), *path = refs ? hw_path_join(refs, revision) : NULL, *commit = NULL;
  hw_file file;
  hw_error ignored;
  if (path && hw_file_exists(path) && hw_file_open(path, &file, &ignored)) {
    size_t length = 0;
    while (length < file.size && strchr("0123456789abcdef", file.data[length]) && file.data[length]) length++;
    if (length) commit = strndup((const char *)file.data, length);
    hw_file_close(&file);
  }
  free(refs);
  free(path);
  return commit;
}

/* The snapshot of a cached repository: of a ref, of the commit that begins so, or the only one. revision: NULL for main. */
static bool take_snapshot(const char *folder, const char *revision, hw_model_folder *found, hw_error *err) {
  enum { LEAST_DIGITS = 4 };
  const char *slash = strrchr(folder, '/'), *wanted = revision ? revision : "main";
  char *snapshots = hw_path_join(folder, "snapshots"), *commit = strstr(wanted, "..") ? NULL : read_ref(folder, wanted), *name = NULL;
  bool known = commit != NULL || !revision || strlen(revision) >= LEAST_DIGITS;
  size_t n = known && snapshots ? find_names(snapshots, commit ? commit : revision ? revision : "", "", &name) : 0;
  if (n == 1 && name) {
    found->path = hw_path_join(snapshots, name);
    found->name = hub_name(slash ? slash + 1 : folder, name);
  }
  bool ok = found->path && found->name;
  if (n > 1)
    hw_fail(err, HW_ERROR_INPUT, "%s: more than one snapshot fits revision %s; name one with @ and the first digits of its commit",
            folder, wanted);
  else if (n == 0)
    hw_fail(err, HW_ERROR_INPUT, "%s: no snapshot of revision %s; hf download brings it", folder, wanted);
  else if (!ok)
    hw_fail_memory(err, folder);
  free(snapshots);
  free(commit);
  free(name);
  return ok;
}

static bool is_repository(const char *path) {
  const char *slash = strrchr(path, '/');
  char *snapshots = begins_with(slash ? slash + 1 : path, repository) ? hw_path_join(path, "snapshots") : NULL;
  bool is = snapshots && hw_folder_exists(snapshots);
  free(snapshots);
  return is;
}

/* A name of the hub, `length` bytes of `model`: "owner/model", or "model" alone where the cache has one model of that name. */
static bool find_cached(const char *model, size_t length, hw_model_folder *found, hw_error *err) {
  const char *slash = memchr(model, '/', length), *last = slash ? slash + 1 : model, *revision = model[length] ? model + length + 1 : NULL;
  int owner_length = slash ? (int)(slash - model) : 0, last_length = (int)(length - (size_t)(last - model));
  char *cache = cache_folder(), *other = NULL, *path = NULL, exact[256], ending[256];
  const char *beginning = begins_with(model, repository) ? "" : repository;
  (void)snprintf(exact, sizeof exact, "%s%.*s%s%.*s", beginning, owner_length, model, slash ? "--" : "", last_length, last);
  (void)snprintf(ending, sizeof ending, "--%.*s", last_length, last);
  if (cache) path = hw_path_join(cache, exact);
  if (path && !hw_folder_exists(path)) {
    free(path);
    path = NULL;
    size_t n = find_names(cache, "models", ending, &other); /* also models--gpt2 itself */
    if (!slash && n == 1 && other) path = hw_path_join(cache, other);
  }
  bool ok = path && take_snapshot(path, revision, found, err);
  if (!path)
    hw_fail(err, HW_ERROR_INPUT,
            "%s: no such model folder, and the Hugging Face cache (%s) does not have it%s%s; hf download %.*s brings it there", model,
            cache ? cache : "not found", other ? ", but " : "", other ? other : "", (int)length, model);
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
  size_t whole = strlen(model);
  if (whole > 5 && strcmp(model + whole - 5, ".gguf") == 0 && hw_file_exists(model)) return take_file(model, whole, found, err);
  size_t length = strcspn(model, "@");
  if (!hw_folder_exists(model)) {
    bool may_be_cached = !hw_file_exists(model) && is_hub_name(model, length) && (!model[length] || model[length + 1]);
    if (may_be_cached) return find_cached(model, length, found, err);
    return hw_fail(err, HW_ERROR_INPUT, "%s: no such model folder", model);
  }
  found->path = strdup(model);
  for (size_t end = found->path ? strlen(found->path) : 0; end > 1 && found->path[end - 1] == '/'; end--) found->path[end - 1] = '\0';
  if (found->path && is_repository(found->path)) {
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
