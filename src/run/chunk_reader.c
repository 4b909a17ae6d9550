/* SPDX-License-Identifier: Apache-2.0 */
#include "run/chunk_reader.h"

#include <inttypes.h>
#include <string.h>

bool hw_chunk_reader_open(hw_chunk_reader *reader, const hw_plan *plan, hw_error *err) {
  *reader = (hw_chunk_reader){.plan = plan};
  return hw_dataset_rewind(plan->dataset, err);
}

static bool begin_counterfactuals(hw_chunk_reader *reader, hw_error *err) {
  reader->counterfactuals = true;
  reader->n_rows = 0;
  return hw_dataset_rewind(reader->plan->dataset, err);
}

static bool copy_field(const hw_field *field, hw_arena *arena, hw_field *copy, hw_error *err) {
  *copy = *field;
  if (field->name && !(copy->name = hw_arena_copy(arena, field->name, strlen(field->name), err))) return false;
  return !field->value || (copy->value = hw_arena_copy(arena, field->value, field->length, err)) != NULL;
}

static bool copy_row(const hw_row *row, hw_arena *arena, hw_row *copy, hw_error *err) {
  *copy = *row;
  if (row->problem && !(copy->problem = hw_arena_copy(arena, row->problem, strlen(row->problem), err))) return false;
  hw_field *others = hw_arena_new(arena, hw_field, row->n_others, err);
  if (!others) return false;
  for (size_t i = 0; i < row->n_others; i++)
    if (!copy_field(&row->others[i], arena, &others[i], err)) return false;
  copy->others = others;
  return copy_field(&row->prompt, arena, &copy->prompt, err) && copy_field(&row->answer, arena, &copy->answer, err) &&
         copy_field(&row->foil, arena, &copy->foil, err) && copy_field(&row->counterfactual, arena, &copy->counterfactual, err);
}

/* The rows of one chunk; copies is NULL for a chunk that is only passed over. */
static bool read_rows(hw_chunk_reader *reader, const hw_plan_chunk *chunk, hw_arena *arena, hw_row_copy *copies, hw_error *err) {
  const char *path = reader->plan->path;
  uint64_t content = 0;
  for (uint32_t i = 0; i < chunk->n_prompts; i++) {
    hw_row row;
    int more = hw_dataset_next(reader->plan->dataset, &row, err);
    if (more < 0) return false;
    if (more == 0)
      return hw_fail(err, HW_ERROR_INPUT, "%s: the file changed during the run: it ends after %" PRId64 " rows, the plan read %" PRId64 "; %s",
                     path, reader->n_rows, reader->plan->n_rows, "chunks that are stored stay valid");
    reader->n_rows++;
    if (!hw_groups_check_row(&reader->plan->groups, &row, arena, err)) return false;
    content = hw_plan_add_content(content, hw_plan_row_content(&row));
    if (copies && !copy_row(&row, arena, &copies[i].row, err)) return false;
  }
  if (content == chunk->content) return true;
  return hw_fail(err, HW_ERROR_INPUT, "%s: the file changed during the run: rows %" PRId64 " to %" PRId64 " have hash %016" PRIx64
                 ", the plan read %016" PRIx64 "; chunks that are stored stay valid",
                 path, reader->n_rows - chunk->n_prompts, reader->n_rows - 1, content, chunk->content);
}

static bool find_groups(const hw_chunk_reader *reader, const hw_plan_chunk *chunk, hw_row_copy *rows, hw_error *err) {
  bool own = !chunk->counterfactual, others = chunk->counterfactual || reader->plan->paired;
  for (uint32_t i = 0; i < chunk->n_prompts; i++)
    if ((own && !hw_groups_find(&reader->plan->groups, &rows[i].row, false, &rows[i].group)) ||
        (others && !hw_groups_find(&reader->plan->groups, &rows[i].row, true, &rows[i].counterfactual_group)))
      return hw_fail(err, HW_ERROR_INPUT, "%s: row %" PRId64 " is in none of the plan's %zu groups", reader->plan->path, rows[i].row.index,
                     reader->plan->groups.n_groups);
  return true;
}

bool hw_chunk_reader_next(hw_chunk_reader *reader, const bool *done, hw_arena *arena, const hw_plan_chunk **chunk, hw_row_copy **rows,
                          hw_error *err) {
  const hw_plan *plan = reader->plan;
  size_t half = plan->n_chunks / 2;
  *chunk = NULL;
  while (reader->next_chunk < (plan->paired ? half : plan->n_chunks)) {
    size_t index = reader->next_chunk++;
    if (plan->paired && done[index]) index += half;
    const hw_plan_chunk *planned = &plan->chunks[index];
    if (!plan->paired && planned->counterfactual && !reader->counterfactuals && !begin_counterfactuals(reader, err)) return false;
    *rows = NULL;
    if (!done[index] && !(*rows = hw_arena_new(arena, hw_row_copy, planned->n_prompts, err))) return false;
    if (!read_rows(reader, planned, arena, *rows, err)) return false;
    if (done[index]) continue;
    *chunk = planned;
    return find_groups(reader, planned, *rows, err);
  }
  return true;
}
