/* SPDX-License-Identifier: Apache-2.0
 * Rows of a statement as an aligned table, as CSV, as JSON. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/json_writer.h"
#include "base/list.h"
#include "base/number.h"
#include "headwater/query.h"
#include "query/select.h"

enum { FLUSH_BYTES = 1 << 16, ROWS_FOR_WIDTHS = 1000 };

const char *const hw_table_format_names[4] = {"table", "csv", "json", NULL};

struct hw_table_cell {
  size_t at, length, width; /* text, in bytes and columns of a terminal */
};

static bool flush(hw_formatter *f, size_t least, hw_error *err) {
  if (!hw_buffer_check(&f->out, err)) return false;
  if (f->out.length < least || !f->out.length) return true;
  bool ok = f->sink(f->context, f->out.data, f->out.length);
  hw_buffer_reset(&f->out);
  return ok ? true : hw_fail(err, HW_ERROR_INTERRUPTED, "stopped");
}

void hw_format_csv(hw_buffer *out, const char *bytes, size_t length) {
  bool quote = length == 0; /* an empty text, unlike NULL */
  for (size_t i = 0; i < length && !quote; i++) quote = strchr(",\"\r\n", bytes[i]) && bytes[i];
  if (!quote) {
    hw_buffer_append(out, bytes, length);
    return;
  }
  hw_buffer_append_byte(out, '"');
  for (size_t i = 0; i < length; i++) {
    if (bytes[i] == '"') hw_buffer_append_byte(out, '"');
    hw_buffer_append_byte(out, (unsigned char)bytes[i]);
  }
  hw_buffer_append_byte(out, '"');
}

static void hex(hw_buffer *out, const unsigned char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hw_buffer_printf(out, "%02x", bytes[i]);
}

static const char *column_bytes(sqlite3_stmt *s, int column, size_t *length) {
  const void *bytes = sqlite3_column_type(s, column) == SQLITE_BLOB ? sqlite3_column_blob(s, column)
                                                                    : (const void *)sqlite3_column_text(s, column);
  *length = bytes ? (size_t)sqlite3_column_bytes(s, column) : 0;
  return bytes ? bytes : "";
}

/* ---- CSV ---- */

static void csv_header(hw_formatter *f, sqlite3_stmt *s) {
  for (int c = 0; c < f->n_columns; c++) {
    const char *name = sqlite3_column_name(s, c);
    if (c) hw_buffer_append_byte(&f->out, ',');
    hw_format_csv(&f->out, name ? name : "", name ? strlen(name) : 0);
  }
  hw_buffer_append_string(&f->out, "\r\n");
}

static void csv_row(hw_formatter *f, sqlite3_stmt *s) {
  for (int c = 0; c < f->n_columns; c++) {
    size_t length;
    if (c) hw_buffer_append_byte(&f->out, ',');
    switch (sqlite3_column_type(s, c)) {
      case SQLITE_NULL: break;
      case SQLITE_INTEGER: hw_buffer_printf(&f->out, "%" PRId64, (int64_t)sqlite3_column_int64(s, c)); break;
      case SQLITE_FLOAT: hw_format_double(&f->out, sqlite3_column_double(s, c)); break;
      case SQLITE_BLOB: {
        const char *bytes = column_bytes(s, c, &length);
        hex(&f->out, (const unsigned char *)bytes, length);
        break;
      }
      default: {
        const char *bytes = column_bytes(s, c, &length);
        hw_format_csv(&f->out, bytes, length);
      }
    }
  }
  hw_buffer_append_string(&f->out, "\r\n");
}

/* ---- JSON ---- */

/* JSON has no word for infinity, and some readers take a number past the range of doubles for the largest one: a text, as in CSV. */
static void json_real(hw_json *json, double value) {
  if (isfinite(value)) hw_json_double(json, value);
  else hw_json_string(json, value > 0 ? "inf" : "-inf");
}

static void json_row(hw_formatter *f, sqlite3_stmt *s) {
  hw_buffer_append_string(&f->out, f->n_rows ? ",\n" : "\n");
  hw_json json;
  hw_json_init(&json, &f->out);
  hw_json_begin_object(&json);
  for (int c = 0; c < f->n_columns; c++) {
    const char *name = sqlite3_column_name(s, c);
    size_t length;
    hw_json_key(&json, name ? name : "");
    switch (sqlite3_column_type(s, c)) {
      case SQLITE_NULL: hw_json_null(&json); break;
      case SQLITE_INTEGER: hw_json_int(&json, sqlite3_column_int64(s, c)); break;
      case SQLITE_FLOAT: json_real(&json, sqlite3_column_double(s, c)); break;
      case SQLITE_BLOB: {
        const char *bytes = column_bytes(s, c, &length);
        hw_buffer_append_byte(&f->out, '"');
        hex(&f->out, (const unsigned char *)bytes, length);
        hw_buffer_append_byte(&f->out, '"');
        json.need_comma = true;
        break;
      }
      default: {
        const char *bytes = column_bytes(s, c, &length);
        hw_json_bytes(&json, bytes, length);
      }
    }
  }
  hw_json_end_object(&json);
}

/* ---- table ---- */

/* Appends the text so that it stays in its cell: control characters (C0, DEL, C1) escaped, what is no UTF-8 as U+FFFD. Returns the columns
 * that it takes on a terminal: two for East Asian wide characters, none for combining ones. */
static size_t put_visible(hw_buffer *out, const char *bytes, size_t length) {
  size_t width = 0, n;
  for (size_t i = 0; i < length; i += n) {
    utf8proc_int32_t point;
    utf8proc_ssize_t taken = utf8proc_iterate((const utf8proc_uint8_t *)bytes + i, (utf8proc_ssize_t)(length - i), &point);
    n = taken > 0 ? (size_t)taken : 1;
    size_t before = out->length;
    if (taken <= 0) {
      hw_buffer_append_string(out, "\xEF\xBF\xBD");
      width++;
    } else if (point == '\n' || point == '\t' || point == '\r') {
      hw_buffer_append_string(out, point == '\n' ? "\\n" : point == '\t' ? "\\t" : "\\r");
      width += 2;
    } else if (point < 0x20 || (point >= 0x7f && point < 0xa0)) {
      hw_buffer_printf(out, "\\x%02x", (unsigned)point);
      width += out->length - before;
    } else {
      hw_buffer_append(out, bytes + i, n);
      width += (size_t)utf8proc_charwidth(point);
    }
  }
  return width;
}

static bool add_text_cell(hw_formatter *f, const char *bytes, size_t length, hw_error *err) {
  if (!hw_list_reserve(f->cells, f->n_cells, 1, f->cells_capacity, NULL, err)) return false;
  struct hw_table_cell *cell = &f->cells[f->n_cells++];
  cell->at = f->text.length;
  cell->width = put_visible(&f->text, bytes, length);
  cell->length = f->text.length - cell->at;
  return true;
}

/* The column after c in a part of the table: the first one, then from ... */
static size_t next_column(size_t c, size_t from) { return c == 0 && from > 0 ? from : c + 1; }

/* Columns from ... to - 1 of the row whose cells begin at `first`, behind the first one, which stands in every part. */
static void put_cells(hw_formatter *f, size_t first, size_t from, size_t to) {
  for (size_t c = 0; c < to; c = next_column(c, from)) {
    const struct hw_table_cell *cell = &f->cells[first + c];
    size_t space = f->widths[c] > cell->width ? f->widths[c] - cell->width : 0;
    if (c) hw_buffer_append_string(&f->out, "  ");
    for (size_t i = 0; i < space && f->numeric[c]; i++) hw_buffer_append_byte(&f->out, ' ');
    if (cell->length) hw_buffer_append(&f->out, f->text.data + cell->at, cell->length);
    for (size_t i = 0; i < space && !f->numeric[c] && c + 1 < to; i++) hw_buffer_append_byte(&f->out, ' ');
  }
  while (f->out.length && f->out.data[f->out.length - 1] == ' ') f->out.data[--f->out.length] = '\0';
  hw_buffer_append_byte(&f->out, '\n');
}

/* The header and the rows so far. */
static bool put_part(hw_formatter *f, size_t from, size_t to, hw_error *err) {
  size_t n = (size_t)f->n_columns;
  put_cells(f, 0, from, to);
  for (size_t c = 0; c < to; c = next_column(c, from)) {
    if (c) hw_buffer_append_string(&f->out, "  ");
    for (size_t i = 0; i < f->widths[c]; i++) hw_buffer_append_byte(&f->out, '-');
  }
  hw_buffer_append_byte(&f->out, '\n');
  for (size_t row = n; row < f->n_cells; row += n) {
    put_cells(f, row, from, to);
    if (!flush(f, FLUSH_BYTES, err)) return false;
  }
  return true;
}

/* Where the part of the table ends that begins with this column: at least one column, and as many as a line holds. */
static size_t part_end(const hw_formatter *f, size_t from) {
  size_t width = from ? f->widths[0] : 0, to = from;
  while (to < (size_t)f->n_columns && (to == from || !f->line_width || width + 2 + f->widths[to] <= f->line_width)) {
    width += f->widths[to] + (width > 0 ? 2 : 0);
    to++;
  }
  return to;
}

/* Widths from the rows so far, which are then written. A table that is wider than a line is written in parts, page by page. */
static bool decide_widths(hw_formatter *f, hw_error *err) {
  size_t n = (size_t)f->n_columns;
  if (!(f->widths = calloc(n + 1, sizeof *f->widths))) return hw_fail_memory(err, "a table");
  for (size_t i = 0; i < f->n_cells; i++)
    if (f->cells[i].width > f->widths[i % n]) f->widths[i % n] = f->cells[i].width;
  if (!hw_buffer_check(&f->text, err)) return false;
  if (part_end(f, 0) == n) return put_part(f, 0, n, err);
  for (size_t from = 0, to; from < n; from = to) {
    to = part_end(f, from);
    if (f->n_pages++) hw_buffer_append_byte(&f->out, '\n');
    if (!put_part(f, from, to, err)) return false;
  }
  free(f->widths);
  f->widths = NULL;
  f->n_cells = n; /* the names, for the next page */
  f->text.length = f->cells[n - 1].at + f->cells[n - 1].length;
  return true;
}

static bool table_row(hw_formatter *f, sqlite3_stmt *s, hw_error *err) {
  if (f->widths) {
    f->n_cells = 0;
    hw_buffer_reset(&f->text);
  }
  for (int c = 0; c < f->n_columns; c++) {
    int type = sqlite3_column_type(s, c);
    size_t length;
    char text[48];
    if (type == SQLITE_TEXT || type == SQLITE_BLOB) {
      if (!f->widths) f->numeric[c] = false;
    }
    if (type == SQLITE_TEXT) {
      const char *bytes = column_bytes(s, c, &length);
      if (!add_text_cell(f, bytes, length, err)) return false;
      continue;
    }
    if (type == SQLITE_INTEGER) (void)snprintf(text, sizeof text, "%" PRId64, (int64_t)sqlite3_column_int64(s, c));
    else if (type == SQLITE_FLOAT) (void)hw_snprintf(text, sizeof text, "%.6g", sqlite3_column_double(s, c));
    else if (type == SQLITE_BLOB) (void)snprintf(text, sizeof text, "<%d bytes>", sqlite3_column_bytes(s, c));
    else text[0] = '\0';
    if (!add_text_cell(f, text, strlen(text), err)) return false;
  }
  if (f->widths) {
    if (!hw_buffer_check(&f->text, err)) return false;
    put_cells(f, 0, 0, (size_t)f->n_columns);
    return true;
  }
  return f->n_cells < (size_t)f->n_columns * (ROWS_FOR_WIDTHS + 1) || decide_widths(f, err);
}

/* ---- the three together ---- */

bool hw_formatter_begin(hw_formatter *f, hw_table_format format, sqlite3_stmt *s, size_t line_width, hw_sink sink, void *context,
                        hw_error *err) {
  *f = (hw_formatter){.format = format, .line_width = line_width, .sink = sink, .context = context, .n_columns = sqlite3_column_count(s)};
  hw_buffer_init(&f->out);
  hw_buffer_init(&f->text);
  if (format == HW_FORMAT_CSV) {
    csv_header(f, s);
  } else if (format == HW_FORMAT_JSON) {
    hw_buffer_append_byte(&f->out, '[');
  } else {
    if (!(f->numeric = calloc((size_t)f->n_columns + 1, sizeof *f->numeric))) return hw_fail_memory(err, "a table");
    for (int c = 0; c < f->n_columns; c++) {
      const char *name = sqlite3_column_name(s, c);
      f->numeric[c] = true;
      if (!add_text_cell(f, name ? name : "", name ? strlen(name) : 0, err)) return false;
    }
  }
  return true;
}

bool hw_formatter_row(hw_formatter *f, sqlite3_stmt *s, hw_error *err) {
  if (f->format == HW_FORMAT_CSV) csv_row(f, s);
  else if (f->format == HW_FORMAT_JSON) json_row(f, s);
  else if (!table_row(f, s, err)) return false;
  f->n_rows++;
  return flush(f, FLUSH_BYTES, err);
}

bool hw_formatter_end(hw_formatter *f, hw_error *err) {
  if (f->format == HW_FORMAT_JSON) hw_buffer_append_string(&f->out, f->n_rows ? "\n]\n" : "]\n");
  if (f->format == HW_FORMAT_TABLE && !f->widths && (f->n_pages == 0 || f->n_cells > (size_t)f->n_columns) && !decide_widths(f, err)) return false;
  if (f->format == HW_FORMAT_TABLE && f->n_rows == 0) hw_buffer_append_string(&f->out, "(no rows)\n");
  return flush(f, 0, err);
}

void hw_formatter_fini(hw_formatter *f) {
  hw_buffer_fini(&f->out);
  hw_buffer_fini(&f->text);
  free(f->cells);
  free(f->widths);
  free(f->numeric);
}
