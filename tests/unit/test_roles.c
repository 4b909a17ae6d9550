/* SPDX-License-Identifier: Apache-2.0
 * Spans in texts and columns, and the roles that tokens get from them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "run/roles.h"

static hw_arena arena;
static hw_error err;

static int set_up(void **state) {
  (void)state;
  hw_arena_init(&arena);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  hw_arena_fini(&arena);
  return 0;
}

static hw_marked_text parse(const char *text) {
  hw_marked_text marked;
  if (!hw_spans_parse(text, strlen(text), &arena, &marked, &err)) fail_msg("%s", err.message);
  return marked;
}

static void assert_span(const hw_marked_text *marked, size_t index, const char *role, const char *words) {
  assert_true(index < marked->n_spans);
  const hw_span *span = &marked->spans[index];
  assert_string_equal(span->role, role);
  assert_int_equal(span->end - span->start, strlen(words));
  assert_memory_equal(marked->text + span->start, words, strlen(words));
}

static void marks_are_taken_out(void **state) {
  (void)state;
  hw_marked_text marked = parse("When [IO:Mary] and [S1:John] had [[tea]], [S2:John]");
  assert_string_equal(marked.text, "When Mary and John had [tea], John");
  assert_int_equal(marked.n_spans, 3);
  assert_span(&marked, 0, "IO", "Mary");
  assert_span(&marked, 1, "S1", "John");
  assert_span(&marked, 2, "S2", "John");
  assert_int_equal(marked.spans[2].start, 30);
  assert_int_equal(parse("").n_spans, 0);
}

static void assert_refused(const char *text, const char *message) {
  hw_marked_text marked;
  assert_false(hw_spans_parse(text, strlen(text), &arena, &marked, &err));
  assert_int_equal(err.kind, HW_ERROR_PROMPT);
  if (!strstr(err.message, message)) fail_msg("\"%s\" does not say \"%s\"", err.message, message);
}

static void broken_marks_are_refused(void **state) {
  (void)state;
  assert_refused("a [IO:b", "not closed");
  assert_refused("a [IO b]", "not followed");
  assert_refused("a [:b]", "not followed");
  assert_refused("a [", "not followed");
  assert_refused("a ] b", "closes nothing");
  assert_refused("[A:b [C:d]]", "holds another");
  assert_refused("[A:]", "empty");
}

static hw_marked_text with_columns(const char *text, const hw_field *fields, size_t n, bool wanted) {
  hw_marked_text marked = {.text = text, .length = strlen(text)};
  hw_row row = {.n_others = n, .others = fields};
  assert_int_equal(hw_spans_add_columns(&row, &arena, &marked, &err), wanted);
  return marked;
}

static void columns_name_words_or_ranges(void **state) {
  (void)state;
  const hw_field fields[] = {{"role.S1", "John", 4}, {"note", "John", 4}, {"role.IO", "\xC3\x84nne", 5}, {"role.S2", "John", 4},
                             {"role.X", "0:2", 3}, {"role.none", "", 0}};
  hw_marked_text marked = with_columns("\xC3\x84nne, John saw John", fields, 6, true);
  assert_int_equal(marked.n_spans, 4);
  assert_span(&marked, 0, "S1", "John");
  assert_int_equal(marked.spans[0].start, 7);
  assert_span(&marked, 1, "IO", "\xC3\x84nne");
  assert_span(&marked, 2, "S2", "John"); /* the second place of the same words */
  assert_int_equal(marked.spans[2].start, 16);
  assert_span(&marked, 3, "X", "\xC3\x84n"); /* characters, not bytes */
  const hw_field missing[] = {{"role.S1", "John", 4}, {"role.S2", "John", 4}};
  (void)with_columns("John alone", missing, 2, false);
  const hw_field outside[] = {{"role.A", "5:99", 4}};
  (void)with_columns("John alone", outside, 1, false);
  const hw_field bad_name[] = {{"role.a b", "John", 4}};
  (void)with_columns("John alone", bad_name, 1, false);
}

static hw_field column(const char *name, const char *words) { return (hw_field){name, words, strlen(words)}; }

/* The span begins at this byte. */
static void assert_at(const hw_marked_text *marked, size_t index, size_t start) {
  assert_true(index < marked->n_spans);
  assert_int_equal(marked->spans[index].start, start);
}

static void whole_words_come_before_parts_of_words(void **state) {
  (void)state;
  const hw_field inside[] = {column("role.NOUN", "man"), column("role.PRON", "he")};
  hw_marked_text marked = with_columns("The woman saw the man, and he gave the book to", inside, 2, true);
  assert_at(&marked, 0, 18);
  assert_at(&marked, 1, 27);
  assert_null(marked.ambiguous);
  const hw_field twice[] = {column("role.S1", "Ann"), column("role.S2", "Ann")};
  marked = with_columns("When Annabel and Ann met Joann, Ann gave", twice, 2, true);
  assert_at(&marked, 0, 17);
  assert_at(&marked, 1, 32);
  assert_null(marked.ambiguous);
  const hw_field number[] = {column("role.CENTURY", "17")}; /* no whole word: a part of one */
  marked = with_columns("The war lasted from the year 1732 to the year", number, 1, true);
  assert_at(&marked, 0, 29);
  assert_null(marked.ambiguous);
  marked = with_columns("In 1732, or 17, or _17, or 17th", number, 1, true);
  assert_at(&marked, 0, 12);
  (void)with_columns("Annabel met Ann", twice, 2, false); /* as a whole word it is there once */
  const hw_field marks[] = {column("role.A", "caf"), column("role.B", "cafe"), column("role.C", "(so)")};
  marked = with_columns("cafe\xCC\x81, cafe, caf\xC3\xA9 caf a(so)b", marks, 3, true); /* an accent of its own, and one of the letter */
  assert_at(&marked, 0, 20);
  assert_at(&marked, 1, 8);
  assert_at(&marked, 2, 25); /* a word ends at a bracket */
}

static void scripts_without_spaces_have_a_boundary_at_every_letter(void **state) {
  (void)state;
  const hw_field chinese[] = {column("role.A", "\xE4\xBB\x96")}; /* he */
  hw_marked_text marked = with_columns("\xE5\x92\x8C\xE4\xBB\x96\xE8\xAF\xB4 he", chinese, 1, true);
  assert_at(&marked, 0, 3);
  const hw_field latin[] = {column("role.A", "Ann")};
  marked = with_columns("Annabel\xE5\x92\x8C" "Ann\xE8\xAF\xB4", latin, 1, true);
  assert_at(&marked, 0, 10);
  const hw_field thai[] = {column("role.A", "\xE0\xB8\x81")}; /* not where a vowel sign belongs to it */
  marked = with_columns("\xE0\xB8\x81\xE0\xB8\xB4\xE0\xB8\x99\xE0\xB8\x81\xE0\xB8\x99", thai, 1, true);
  assert_at(&marked, 0, 9);
}

static void ambiguous_words_are_named(void **state) {
  (void)state;
  const hw_field once[] = {column("role.S1", "Ann"), column("role.S2", "Bob"), column("role.X", "n")};
  hw_marked_text marked = with_columns("Ann saw Bob, Ann left", once, 3, true);
  assert_at(&marked, 0, 0);
  assert_string_equal(marked.ambiguous, "role.S1: Ann is there 2 times; role.X: n is there 4 times");
  const hw_field range[] = {column("role.S1", "13:16")};
  marked = with_columns("Ann saw Bob, Ann left", range, 1, true);
  assert_at(&marked, 0, 13);
  assert_null(marked.ambiguous);
}

static void tokens_get_roles(void **state) {
  (void)state;
  /* "Mary saw Johnson too ." in tokens: Mary| saw| John|son| too| . */
  hw_marked_text marked = parse("[IO:Mary] saw [S1:Johnson] too .");
  const uint32_t starts[] = {0, 0, 4, 8, 13, 16, 20}, ends[] = {0, 4, 8, 13, 16, 20, 22};
  hw_prompt_input input = {.text = marked.text, .text_length = marked.length, .n_tokens = 7, .has_bos = true, .starts = starts, .ends = ends,
                           .spans = marked.spans, .n_spans = marked.n_spans};
  hw_roles roles = {0};
  assert_true(hw_roles_note(&roles, marked.spans, marked.n_spans, "x.csv", &arena, &err));
  assert_true(hw_roles_note(&roles, marked.spans, marked.n_spans, "x.csv", &arena, &err)); /* names are noted once */
  assert_true(hw_roles_finish(&roles, "x.csv", &arena, &err));
  assert_int_equal(roles.n, 7);
  const char *const names[] = {"-", "BOS", "END", "IO", "S1", "IO+1", "S1+1"};
  for (size_t i = 0; i < 7; i++) assert_string_equal(roles.names[i], names[i]);
  uint8_t bytes[14];
  hw_roles_assign(&roles, &input, bytes);
  enum { BOTH = HW_ROLE_FIRST | HW_ROLE_LAST };
  const uint8_t wanted[] = {HW_ROLE_BOS | BOTH, 3 | BOTH, 5 | BOTH, 4 | HW_ROLE_FIRST, 4 | HW_ROLE_LAST, 6 | BOTH, HW_ROLE_END | BOTH};
  assert_memory_equal(bytes, wanted, sizeof wanted);
}

static void assert_hidden(const char *text, const uint32_t *starts, const uint32_t *ends, size_t n_tokens, const hw_span *spans, size_t n_spans,
                          const char *expected) {
  hw_prompt_input input = {.text = text, .text_length = strlen(text), .n_tokens = n_tokens, .starts = starts, .ends = ends, .spans = spans, .n_spans = n_spans};
  hw_roles roles = {0};
  uint8_t bytes[32];
  assert_true(2 * n_tokens <= sizeof bytes);
  assert_true(hw_roles_note(&roles, spans, n_spans, "x.csv", &arena, &err));
  hw_roles_assign(&roles, &input, bytes);
  const char *hidden = hw_roles_hidden(&roles, &input, bytes, &arena, &err);
  assert_non_null(hidden);
  assert_string_equal(hidden, expected);
}

static void marked_tokens_that_get_another_role_are_named(void **state) {
  (void)state;
  static const char text[] = "a bb cc d"; /* in tokens: a| b|b| cc| d */
  const uint32_t starts[] = {0, 1, 3, 4, 7}, ends[] = {1, 3, 4, 7, 9};
  const hw_span last[] = {{"N", 8, 9}};
  assert_hidden(text, starts, ends, 5, last, 1, "N loses 1 of 1 tokens, the first to END");
  const hw_span wide[] = {{"N", 5, 9}};
  assert_hidden(text, starts, ends, 5, wide, 1, "N loses 1 of 2 tokens, the first to END");
  const hw_span both[] = {{"A", 2, 4}, {"B", 3, 7}, {"A", 2, 3}};
  assert_hidden(text, starts, ends, 5, both, 3, "B loses 1 of 2 tokens, the first to A"); /* the role of two spans hides nothing */
  const hw_span apart[] = {{"A", 0, 1}, {"B", 2, 4}};
  assert_hidden(text, starts, ends, 5, apart, 2, "");
  assert_hidden(text, starts, ends, 5, NULL, 0, "");
}

static void too_many_or_reserved_names_are_refused(void **state) {
  (void)state;
  hw_roles roles = {0};
  hw_span spans[HW_NAMED_ROLES + 1];
  char names[HW_NAMED_ROLES + 1][4];
  for (int i = 0; i <= HW_NAMED_ROLES; i++) {
    names[i][0] = 'R';
    names[i][1] = (char)('a' + i / 26);
    names[i][2] = (char)('a' + i % 26);
    names[i][3] = '\0';
    spans[i] = (hw_span){.role = names[i]};
  }
  assert_true(hw_roles_note(&roles, spans, HW_NAMED_ROLES, "x.csv", &arena, &err));
  assert_false(hw_roles_note(&roles, spans, HW_NAMED_ROLES + 1, "x.csv", &arena, &err));
  assert_true(hw_roles_finish(&roles, "x.csv", &arena, &err));
  assert_true(roles.n <= HW_ROLE_MASK + 1);
  static const char *const derived[] = {"-", "BOS", "END"};
  for (int i = 0; i < 3; i++) {
    hw_roles reserved = {0};
    const hw_span span = {.role = derived[i]};
    assert_true(hw_roles_note(&reserved, &span, 1, "x.csv", &arena, &err));
    assert_false(hw_roles_finish(&reserved, "x.csv", &arena, &err));
    assert_non_null(strstr(err.message, "x.csv: a role is called"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(marks_are_taken_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(broken_marks_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(columns_name_words_or_ranges, set_up, tear_down),
      cmocka_unit_test_setup_teardown(whole_words_come_before_parts_of_words, set_up, tear_down),
      cmocka_unit_test_setup_teardown(scripts_without_spaces_have_a_boundary_at_every_letter, set_up, tear_down),
      cmocka_unit_test_setup_teardown(ambiguous_words_are_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tokens_get_roles, set_up, tear_down),
      cmocka_unit_test_setup_teardown(marked_tokens_that_get_another_role_are_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(too_many_or_reserved_names_are_refused, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
