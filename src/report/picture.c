/* SPDX-License-Identifier: Apache-2.0 */
#include "report/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Lengths are SVG user units: pixels on a page at its usual size. */
enum { LEFT = 56, TOP = 94, RIGHT = 120, BAR = 26, SHOWN_WIDTH = 1100, WIDEST_COLUMN = 84, NARROWEST_COLUMN = 22, UPRIGHT_COLUMN = 52 };
enum { LONGEST_TOKEN = 16, MOST_LABELS = 200, LETTER = 6, LINE = 12 };
static const double least_label = 0.02; /* flow of an edge that gets a label */

typedef struct area { double x0, y0, x1, y1; } area;

typedef struct edge { /* all heads of one source together */
  const hw_edge *first;
  size_t n;
  double flow;
} edge;

typedef struct drawing {
  const hw_picture *picture;
  const hw_graph_frame *frame;
  const hw_graph *graph;
  hw_buffer *out;
  double *x;    /* [n_tokens] of the column; NAN when it is folded away */
  double column; /* width of one */
  double layer; /* height of one */
  double width, base; /* right end of the columns; y of the tokens' states */
  edge *edges;
  size_t n_edges;
  area *labels;
  size_t n_labels;
} drawing;

/* Text of XML: what no XML may hold, and bytes that are no UTF-8, become U+FFFD; a space at the start, which only tokens have, a middle
 * dot. At most so many characters, then an ellipsis. */
static void put_text(hw_buffer *out, const char *bytes, size_t length, size_t most) {
  size_t characters = 0;
  for (size_t i = 0; i < length;) {
    size_t left = length - i, step = 1, control = hw_control_length(bytes + i, left);
    if (characters++ == most) {
      hw_buffer_append_string(out, "\xE2\x80\xA6");
      return;
    }
    while (step < left && ((unsigned char)bytes[i + step] & 0xC0) == 0x80) step++;
    if (bytes[i] == '\n') hw_buffer_append_string(out, "\xE2\x86\xB5");
    else if (i == 0 && bytes[i] == ' ') hw_buffer_append_string(out, "\xC2\xB7");
    else if (bytes[i] == '&') hw_buffer_append_string(out, "&amp;");
    else if (bytes[i] == '<') hw_buffer_append_string(out, "&lt;");
    else if (bytes[i] == '>') hw_buffer_append_string(out, "&gt;");
    else if (bytes[i] == '"') hw_buffer_append_string(out, "&quot;");
    else if (control || hw_utf8_valid_prefix(bytes + i, step) != step || (step == 3 && memcmp(bytes + i, "\xEF\xBF", 2) == 0 && (unsigned char)bytes[i + 2] >= 0xBE))
      hw_buffer_append_string(out, "\xEF\xBF\xBD");
    else hw_buffer_append(out, bytes + i, step);
    i += control > step ? control : step;
  }
}

static void put_token(const drawing *d, int32_t id) {
  const char *bytes;
  size_t length;
  if (d->picture->piece(d->picture->context, id, &bytes, &length)) put_text(d->out, bytes, length, LONGEST_TOKEN);
  else hw_buffer_printf(d->out, "#%d", id);
}

/* ---- where things are ---- */

static double y_of(const drawing *d, uint32_t layer, hw_state state) {
  static const double height[HW_N_STATES] = {[HW_STATE_POST] = 1, [HW_STATE_MID] = 0.64, [HW_STATE_PRE] = 0};
  return d->base - d->layer * (layer + height[state]);
}

static double y_above(const drawing *d, const hw_part *part) { return y_of(d, part->layer, hw_graph_node_of(d->frame, part->kind)->whole); }
static double y_below(const drawing *d, const hw_part *part) { return y_of(d, part->layer, hw_graph_node_of(d->frame, part->kind)->below); }

/* Folded away, and not the first of such a run: the run has one gap. */
static bool is_hidden(const drawing *d, uint32_t i) { return i > 0 && isnan(d->x[i]) && isnan(d->x[i - 1]); }

/* Columns side by side; when that is too wide, those without flow are folded: a run of them becomes a gap. */
static void place_columns(drawing *d) {
  uint32_t n = d->frame->n_tokens, shown = 0;
  bool fold = n * (double)NARROWEST_COLUMN > SHOWN_WIDTH;
  for (uint32_t i = 0; i < n; i++) d->x[i] = fold ? NAN : 0;
  for (size_t e = 0; e < d->n_edges; e++) d->x[d->edges[e].first->part.source] = d->x[d->edges[e].first->part.target] = 0;
  d->x[d->frame->target] = 0;
  for (uint32_t i = 0; i < n; i++) shown += !is_hidden(d, i);
  d->column = fmax(NARROWEST_COLUMN, fmin(WIDEST_COLUMN, (double)SHOWN_WIDTH / shown));
  d->width = LEFT;
  for (uint32_t i = 0; i < n; i++) {
    if (is_hidden(d, i)) continue;
    if (!isnan(d->x[i])) d->x[i] = d->width + d->column / 2;
    d->width += d->column;
  }
  d->layer = fmax(26, fmin(130, 900.0 / d->frame->n_layers));
  d->base = TOP + d->layer * d->frame->n_layers;
}

/* The heads of one source, whose rows stand together, as one edge. */
static void gather_edges(drawing *d) {
  for (size_t e = 0; e < d->graph->n_edges; e++) {
    const hw_edge *row = &d->graph->edges[e];
    edge *last = d->n_edges ? &d->edges[d->n_edges - 1] : NULL;
    bool joins = last && row->part.kind == HW_PART_ATTENTION && last->first->part.kind == HW_PART_ATTENTION && last->first->part.layer == row->part.layer &&
                 last->first->part.target == row->part.target && last->first->part.source == row->part.source;
    if (!joins) d->edges[d->n_edges++] = (edge){.first = row};
    d->edges[d->n_edges - 1].n++;
    d->edges[d->n_edges - 1].flow += row->flow;
  }
}

static int by_flow(const void *a, const void *b) { /* strongest first; of equals in the order of the graph's edges */
  const edge *x = a, *y = b;
  if (x->flow > y->flow || x->flow < y->flow) return x->flow > y->flow ? -1 : 1;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* Control points of an attention edge: it leaves upward and arrives level; one from a position to itself bows left. */
static void curve_of(const drawing *d, const hw_part *part, double x[4], double y[4]) {
  double source = d->x[part->source], target = d->x[part->target], low = y_below(d, part), high = y_above(d, part);
  bool own = part->source == part->target;
  double bow = fmin(18, d->column * 0.4);
  x[0] = source, x[1] = own ? source - bow : source, x[2] = own ? source - bow : (source + target) / 2, x[3] = target;
  y[0] = low, y[1] = own ? low - (low - high) / 3 : (low + 2 * high) / 3, y[2] = own ? high + (low - high) / 3 : high, y[3] = high;
}

static double curve_at(const double p[4], double t) {
  double s = 1 - t;
  return s * s * s * p[0] + 3 * s * s * t * p[1] + 3 * s * t * t * p[2] + t * t * t * p[3];
}

/* ---- what is drawn ---- */

static void put_stroke(const drawing *d, const char *class, double flow) {
  hw_buffer_printf(d->out, "\" class=\"%s\" stroke-width=\"%.2f\" stroke-opacity=\"%.2f\"/>\n", class, 0.7 + 8 * sqrt(flow), 0.4 + 0.6 * sqrt(flow));
}

static void put_edge(const drawing *d, const edge *e) {
  const hw_part *part = &e->first->part;
  double x[4], y[4];
  if (part->kind == HW_PART_ATTENTION) {
    curve_of(d, part, x, y);
    hw_buffer_printf(d->out, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x[0], y[0], x[1], y[1], x[2], y[2], x[3], y[3]);
    put_stroke(d, "a", e->flow);
    return;
  }
  double at = d->x[part->target], low = y_below(d, part), high = y_above(d, part), bow = fmin(16, d->column * 0.35);
  if (hw_part_is_residual(part)) {
    hw_buffer_printf(d->out, "<path d=\"M%.1f %.1fV%.1f", at, low, high);
    put_stroke(d, "r", e->flow);
    return;
  }
  hw_buffer_printf(d->out, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", at, low, at + bow * 1.33, low, at + bow * 1.33, high, at, high);
  put_stroke(d, "f", e->flow);
  double half = 2.5 + 2.5 * sqrt(e->flow);
  hw_buffer_printf(d->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"q\"/>\n", at + bow - half, (low + high) / 2 - half, 2 * half, 2 * half);
}

static bool is_free(const drawing *d, const area *wanted) {
  for (size_t i = 0; i < d->n_labels; i++) {
    const area *taken = &d->labels[i];
    if (wanted->x0 < taken->x1 && taken->x0 < wanted->x1 && wanted->y0 < taken->y1 && taken->y0 < wanted->y1) return false;
  }
  return true;
}

/* "H3", "H3 7", or "H3 +2": the strongest head, and how many more. */
static void name_heads(const edge *e, hw_buffer *text) {
  const hw_edge *best = e->first;
  for (size_t i = 1; i < e->n; i++)
    if (e->first[i].flow > best->flow) best = &e->first[i];
  hw_buffer_printf(text, "H%u", best->part.head);
  if (e->n == 2) hw_buffer_printf(text, " %u", e->first[best == e->first].part.head);
  if (e->n > 2) hw_buffer_printf(text, " +%zu", e->n - 1);
}

/* Where no other label is; an edge that has no such place gets none. */
static void put_label(drawing *d, const edge *e) {
  static const double places[] = {0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8};
  double x[4], y[4];
  hw_buffer text;
  hw_buffer_init(&text);
  name_heads(e, &text);
  curve_of(d, &e->first->part, x, y);
  for (size_t i = 0; i < sizeof places / sizeof *places && !text.failed; i++) {
    double half = (double)text.length * LETTER / 2 + 1, at = curve_at(x, places[i]), middle = curve_at(y, places[i]);
    area wanted = {at - half, middle - LINE / 2.0, at + half, middle + LINE / 2.0};
    if (!is_free(d, &wanted)) continue;
    d->labels[d->n_labels++] = wanted;
    hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"h\">%s</text>\n", at, middle + 3.5, text.data);
    break;
  }
  d->out->failed |= text.failed;
  hw_buffer_fini(&text);
}

static void put_edges(drawing *d) {
  qsort(d->edges, d->n_edges, sizeof *d->edges, by_flow);
  for (size_t e = d->n_edges; e-- > 0;) put_edge(d, &d->edges[e]); /* the strongest on top */
  for (size_t e = 0; e < d->n_edges; e++) {
    const hw_part *part = &d->edges[e].first->part;
    hw_buffer_printf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\" class=\"s\"/>\n", d->x[part->target], y_above(d, part));
    if (part->layer == 0) hw_buffer_printf(d->out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.4\" class=\"s\"/>\n", d->x[part->source], d->base);
  }
  for (size_t e = 0; e < d->n_edges && d->edges[e].flow >= least_label && d->n_labels < MOST_LABELS; e++)
    if (d->edges[e].first->part.kind == HW_PART_ATTENTION) put_label(d, &d->edges[e]);
}

/* Bands and numbers of the layers, a line a column, the number of columns in a gap. */
static void put_axes(const drawing *d) {
  uint32_t n = d->frame->n_tokens;
  for (uint32_t l = 0; l < d->frame->n_layers; l++) {
    double top = y_of(d, l, HW_STATE_POST);
    if (l % 2 == 0) hw_buffer_printf(d->out, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"b\"/>\n", LEFT - 16, top, d->width - LEFT + 32, d->layer);
    hw_buffer_printf(d->out, "<text x=\"%d\" y=\"%.1f\" class=\"l\">L%u</text>\n", LEFT - 24, top + d->layer / 2 + 4, l);
  }
  for (uint32_t i = 0; i < n; i++) {
    if (!isnan(d->x[i])) {
      hw_buffer_printf(d->out, "<path d=\"M%.1f %.1fV%d\" class=\"c\"/>\n", d->x[i], d->base, TOP);
      continue;
    }
    uint32_t first = i;
    while (i + 1 < n && isnan(d->x[i + 1])) i++;
    double middle = (first ? d->x[first - 1] : LEFT - d->column / 2) + d->column;
    hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"g\">\xC2\xB7\xC2\xB7\xC2\xB7</text>\n<text x=\"%.1f\" y=\"%.1f\" class=\"g\">%u</text>\n",
                     middle, d->base + BAR + 10, middle, d->base + BAR + 22, i + 1 - first);
  }
}

/* The tokens, with the share of the prediction that comes from each. */
static void put_tokens(const drawing *d) {
  double most = 1e-9;
  bool upright = d->column >= UPRIGHT_COLUMN;
  for (uint32_t i = 0; i < d->frame->n_tokens; i++) most = fmax(most, d->graph->token_flow[i]);
  for (uint32_t i = 0; i < d->frame->n_tokens; i++) {
    double flow = d->graph->token_flow[i], height = flow / most * (BAR - 8), x = d->x[i], y = d->base + BAR + 12;
    if (isnan(x)) continue;
    if (flow > 0)
      hw_buffer_printf(d->out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"t\"/>\n", x - fmin(14, d->column * 0.3),
                       d->base + BAR - height, 2 * fmin(14, d->column * 0.3), height);
    hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s%s\"", x, y, flow > 0 ? "w" : "w z", upright ? "" : " v");
    if (!upright) hw_buffer_printf(d->out, " transform=\"rotate(-60 %.1f %.1f)\"", x, y);
    hw_buffer_append_byte(d->out, '>');
    put_token(d, d->picture->ids[i]);
    if (flow > 0 && !upright) hw_buffer_printf(d->out, " %.0f%%", 100 * flow);
    hw_buffer_append_string(d->out, "</text>\n");
    if (flow > 0 && upright) hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"p\">%.0f%%</text>\n", x, y + 14, 100 * flow);
  }
}

/* The first token that the state after each layer promotes, right of the target; the prediction above it. */
static void put_lens(const drawing *d) {
  const hw_graph_record *record = d->picture->record;
  double x = d->x[d->frame->target];
  double next = d->base;
  for (uint32_t l = 0; l + 1 < d->frame->n_layers; l++)
    for (size_t i = 0; i < record->n_projections; i++) {
      const hw_projection *row = &record->projections[i];
      double y = y_of(d, l, HW_STATE_POST);
      if (row->kind != HW_COMPONENT_RESID_POST || row->layer != l || row->position != d->frame->target || !row->k || next - y < LINE) continue;
      hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%.1f\" class=\"n\">", x + 26, y + 4);
      put_token(d, row->promotes[0]);
      hw_buffer_append_string(d->out, "</text>\n");
      next = y;
    }
  hw_buffer_printf(d->out, "<text x=\"%.1f\" y=\"%d\" class=\"y\">", x, TOP - 14);
  put_token(d, record->predicted_id);
  hw_buffer_printf(d->out, " %.1f%%</text>\n", 100 * (double)record->predicted_probability);
}

static void put_head(const drawing *d, double height) {
  static const char style[] =
      "text{font:11px sans-serif;fill:#222;text-anchor:middle}path{fill:none;stroke-linecap:round}.a{stroke:#0b62a8}.f{stroke:#b8490c}.r{stroke:#7d8590}"
      ".q{fill:#b8490c}.s{fill:#fff;stroke:#222}.b{fill:#f4f6f8}.c{stroke:#dde1e6}.t{fill:#0b62a8}.h{font-size:10px;stroke:#fff;stroke-width:3px;paint-order:stroke}"
      ".l,.v{text-anchor:end}.n,.k{text-anchor:start}.y{font-weight:bold;font-size:13px}.g,.z,.p{fill:#67707a}.p{font-size:10px}";
  double width = d->width + RIGHT;
  hw_buffer_printf(d->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                   "viewBox=\"0 0 %.0f %.0f\" role=\"img\">\n<title>", width, height, width, height);
  put_text(d->out, d->picture->title, strlen(d->picture->title), HW_PICTURE_TITLE);
  hw_buffer_printf(d->out, "</title>\n<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"%d\" y=\"20\" class=\"k\">", style, LEFT - 16);
  put_text(d->out, d->picture->title, strlen(d->picture->title), HW_PICTURE_TITLE);
  hw_buffer_printf(d->out, "</text>\n<text x=\"%d\" y=\"36\" class=\"k\"><tspan fill=\"#0b62a8\">attention</tspan>, <tspan fill=\"#b8490c\">FFN</tspan>, "
                   "<tspan fill=\"#67707a\">residual</tspan>; width: square root of the flow; %zu edges above %.4g</text>\n", LEFT - 16, d->graph->n_edges, d->picture->threshold);
  hw_buffer_printf(d->out, "<text x=\"%d\" y=\"52\" class=\"k g\">H3 7: heads 3 and 7; H3 +2: head 3 and two more; right of the target: the first token that each state promotes</text>\n", LEFT - 16);
}

void hw_picture_put_svg(const hw_picture *picture, hw_buffer *out) {
  const hw_graph_record *record = picture->record;
  drawing d = {.picture = picture, .frame = &record->frame, .graph = record->graph, .out = out};
  d.x = malloc(d.frame->n_tokens * sizeof *d.x);
  d.edges = malloc((d.graph->n_edges + 1) * sizeof *d.edges);
  d.labels = malloc(MOST_LABELS * sizeof *d.labels);
  if (!d.x || !d.edges || !d.labels) {
    out->failed = true;
  } else {
    gather_edges(&d);
    place_columns(&d);
    put_head(&d, d.base + BAR + (d.column >= UPRIGHT_COLUMN ? 40 : 100));
    put_axes(&d);
    put_edges(&d);
    put_tokens(&d);
    put_lens(&d);
    hw_buffer_append_string(out, "</svg>\n");
  }
  free(d.x);
  free(d.edges);
  free(d.labels);
}
