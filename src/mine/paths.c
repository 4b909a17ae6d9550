/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "mine/mine.h"

/* b can follow a on a path: it reads the line that a wrote, after a. In a parallel block the FFN reads the state before the layer. */
static bool follows(uint32_t a, uint32_t b, bool parallel_block) {
  if (hw_item_target(a) != hw_item_source(b)) return false;
  uint32_t layer_a = hw_item_layer(a), layer_b = hw_item_layer(b);
  return layer_a < layer_b || (layer_a == layer_b && !parallel_block && hw_item_kind(a) == HW_ITEM_ATTENTION && hw_item_kind(b) == HW_ITEM_FFN);
}

/* In a layer attention comes first. */
static int compare_flow(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  if (hw_item_layer(x) != hw_item_layer(y)) return hw_item_layer(x) < hw_item_layer(y) ? -1 : 1;
  return (x > y) - (x < y);
}

static void put_role(hw_buffer *out, uint32_t role, const char *const *names, size_t n) {
  if (role < n && names[role]) hw_buffer_append_string(out, names[role]);
  else hw_buffer_printf(out, "role%u", role);
}

typedef struct step {
  uint32_t item;
  uint32_t length;   /* of the longest path of unused items that begins here */
  size_t next;       /* SIZE_MAX: the path ends */
  bool used;
} step;

/* The first of the longest paths; false when every item is used. */
static bool longest_path(step *steps, size_t n, bool parallel_block, size_t *start) {
  uint32_t longest = 0;
  for (size_t i = n; i-- > 0;) {
    steps[i].length = 1;
    steps[i].next = SIZE_MAX;
    for (size_t k = i + 1; k < n && !steps[i].used; k++) {
      if (steps[k].used || !follows(steps[i].item, steps[k].item, parallel_block) || steps[k].length + 1 <= steps[i].length) continue;
      steps[i].length = steps[k].length + 1;
      steps[i].next = k;
    }
    if (steps[i].used || steps[i].length < longest) continue;
    longest = steps[i].length;
    *start = i;
  }
  return longest > 0;
}

void hw_mine_paths(const uint32_t *items, size_t n, bool parallel_block, const char *const *role_names, size_t n_roles, hw_buffer *out) {
  uint32_t *sorted = calloc(n + 1, sizeof *sorted);
  step *steps = calloc(n + 1, sizeof *steps);
  if (!sorted || !steps) out->failed = true;
  else {
    for (size_t i = 0; i < n; i++) sorted[i] = items[i];
    if (n) qsort(sorted, n, sizeof *sorted, compare_flow);
    for (size_t i = 0; i < n; i++) steps[i].item = sorted[i];
    bool first = true;
    for (size_t at; longest_path(steps, n, parallel_block, &at); first = false) {
      if (!first) hw_buffer_append_string(out, "; ");
      put_role(out, hw_item_source(steps[at].item), role_names, n_roles);
      for (; at != SIZE_MAX; at = steps[at].next) {
        uint32_t item = steps[at].item;
        steps[at].used = true;
        if (hw_item_kind(item) == HW_ITEM_FFN) hw_buffer_printf(out, " -FFN%u- ", hw_item_layer(item));
        else hw_buffer_printf(out, " -L%uH%u-> ", hw_item_layer(item), hw_item_head(item));
        put_role(out, hw_item_target(item), role_names, n_roles);
      }
    }
  }
  free(sorted);
  free(steps);
}
