/* SPDX-License-Identifier: Apache-2.0
 * Arena, buffer, errors, text, JSON, files. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <locale.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json_reader.h"
#include "base/json_writer.h"
#include "base/output.h"
#include "base/text.h"
#include "headwater/buffer.h"
#include "memory_tests.h"

/* ---- Files that are written ---- */

static off_t synced; /* bytes of the file that fsync() was called for */
static int sync_error;

/* In place of the C library's. */
int fsync(int fd) {
  struct stat status;
  if (fstat(fd, &status) == 0) synced = status.st_size;
  errno = sync_error;
  return sync_error ? -1 : 0;
}

TEST(a_file_is_on_the_disk_before_it_takes_its_name) {
  hw_error err = {0};
  hw_buffer text;
  char path[] = "/tmp/hw_base_XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "twelve bytes");
  assert_ok(hw_output_write_file(path, &text, &err), &err);
  assert_int_equal(synced, 12);
  sync_error = EIO;
  assert_refused(hw_output_write_file(path, &text, &err), &err, HW_ERROR_IO, "error");
  sync_error = 0;
  hw_buffer_fini(&text);
  assert_int_equal(unlink(path), 0);
}

static void write_to(const char *path, const char *bytes) {
  hw_error err = {0};
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, bytes);
  assert_ok(hw_output_write_file(path, &text, &err), &err);
  hw_buffer_fini(&text);
}

static void assert_holds(const char *path, const char *bytes) {
  hw_error err = {0};
  hw_file file;
  assert_ok(hw_file_open(path, &file, &err), &err);
  assert_int_equal(file.size, strlen(bytes));
  assert_memory_equal(file.data, bytes, file.size);
  hw_file_close(&file);
}

TEST(links_stay_and_descriptors_are_written_from_where_they_stand) {
  char folder[] = "/tmp/hw_base_XXXXXX", file[64], link_to_file[64], link_to_link[64], new_file[64], descriptor[64];
  struct stat status;
  assert_non_null(mkdtemp(folder));
  (void)snprintf(file, sizeof file, "%s/file", folder);
  (void)snprintf(link_to_file, sizeof link_to_file, "%s/link", folder);
  (void)snprintf(link_to_link, sizeof link_to_link, "%s/second", folder);
  (void)snprintf(new_file, sizeof new_file, "%s/new", folder);
  assert_int_equal(symlink("file", link_to_file), 0);
  assert_int_equal(symlink(link_to_file, link_to_link), 0);
  write_to(file, "old and longer");
  write_to(link_to_link, "new");
  assert_holds(file, "new");
  assert_true(lstat(link_to_file, &status) == 0 && S_ISLNK(status.st_mode) && lstat(link_to_link, &status) == 0 && S_ISLNK(status.st_mode));
  assert_int_equal(unlink(file), 0);
  write_to(link_to_link, "made");
  assert_holds(file, "made");
  static const char *const descriptors[] = {"/dev/fd/%d", "/proc/self/fd/%d"};
  for (int i = 0; i < 2; i++) {
    int fd = open(new_file, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, "before ", 7), 7);
    (void)snprintf(descriptor, sizeof descriptor, descriptors[i], fd);
    write_to(descriptor, "then");
    assert_int_equal(unlink(link_to_link), 0);
    assert_int_equal(symlink(descriptor, link_to_link), 0); /* as /dev/stdout is */
    write_to(link_to_link, " more");
    assert_int_equal(close(fd), 0);
    assert_holds(new_file, "before then more");
  }
  hw_error err = {0};
  hw_buffer text;
  hw_buffer_init(&text);
  hw_buffer_append_string(&text, "lost");
  assert_refused(hw_output_write_file("/dev/fd/999", &text, &err), &err, HW_ERROR_IO, "/dev/fd/999: ");
  assert_int_equal(unlink(link_to_file) + symlink("link", link_to_file), 0); /* to itself */
  assert_refused(hw_output_write_file(link_to_file, &text, &err), &err, HW_ERROR_IO, "/link: ");
  hw_buffer_fini(&text);
  assert_int_equal(unlink(file) + unlink(link_to_file) + unlink(link_to_link) + unlink(new_file) + rmdir(folder), 0);
}

/* ---- Errors and buffers ---- */

TEST(errors_are_one_line) {
  hw_error err = {0};
  assert_false(hw_fail(&err, HW_ERROR_INPUT, "%s: %d\n\t\x7f%s", "file", 3, "\xc3\xa9"));
  assert_int_equal(err.kind, HW_ERROR_INPUT);
  assert_string_equal(err.message, "file: 3???\xc3\xa9");
  assert_false(hw_fail(&err, HW_ERROR_IO, "wrapped: %s", err.message)); /* an error inside itself */
  assert_string_equal(err.message, "wrapped: file: 3???\xc3\xa9");
  assert_false(hw_fail(NULL, HW_ERROR_IO, "nobody listens"));
  char longer[3000];
  memset(longer, 'x', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  assert_false(hw_fail(&err, HW_ERROR_IO, "%s", longer));
  assert_int_equal(strlen(err.message), sizeof err.message - 1);
  assert_refused(hw_fail_memory(&err, "a thing"), &err, HW_ERROR_MEMORY, "a thing");
}

/* A terminal obeys U+009B as it does ESC [. */
TEST(c1_control_characters_are_escaped) {
  hw_error err = {0};
  hw_buffer out;
  (void)hw_fail(&err, HW_ERROR_INPUT, "a\xc2\x80\xc2\x9f\xc2\xa0\xc2");
  assert_string_equal(err.message, "a??\xc2\xa0\xc2");
  hw_buffer_init(&out);
  hw_json_quote(&out, "\xc2\x9b" "31m\xc2\xa0\xc3\x9b", 9);
  assert_string_equal(out.data, "\"\\u009b31m\xc2\xa0\xc3\x9b\"");
  hw_buffer_fini(&out);
}

TEST(buffer_grows_and_is_always_a_string) {
  hw_buffer buffer;
  hw_error err = {0};
  hw_buffer_init(&buffer);
  assert_null(buffer.data);
  char *want = unit_alloc(70000, 1);
  size_t length = 0;
  uint64_t seed = 2;
  while (length < 60000) {
    char piece[600];
    size_t n = unit_below(&seed, 600);
    for (size_t i = 0; i < n; i++) piece[i] = (char)('a' + unit_below(&seed, 26));
    memcpy(want + length, piece, n);
    length += n;
    hw_buffer_append(&buffer, piece, n);
    assert_int_equal(buffer.length, length);
    assert_int_equal(buffer.data[length], '\0');
  }
  assert_memory_equal(buffer.data, want, length);
  hw_buffer_reset(&buffer);
  assert_int_equal(buffer.length, 0);
  assert_string_equal(buffer.data, "");
  hw_buffer_printf(&buffer, "%s-%d", want, 42); /* longer than any first guess */
  assert_int_equal(buffer.length, length + 3);
  assert_string_equal(buffer.data + length, "-42");
  hw_buffer_reset(&buffer);
  hw_buffer_append_string(&buffer, "ab");
  hw_buffer_append_byte(&buffer, 0);
  hw_buffer_append_byte(&buffer, 0xff);
  assert_int_equal(buffer.length, 4);
  assert_memory_equal(buffer.data, "ab\0\xff", 5);
  assert_true(hw_buffer_check(&buffer, &err));
  hw_buffer_append(&buffer, "", SIZE_MAX / 2); /* cannot be had: fails, and stays failed */
  hw_buffer_append_string(&buffer, "more");
  assert_true(buffer.failed && buffer.length == 4);
  assert_refused(hw_buffer_check(&buffer, &err), &err, HW_ERROR_MEMORY, "out of memory");
  hw_buffer_reset(&buffer);
  assert_true(hw_buffer_check(&buffer, &err));
  hw_buffer_fini(&buffer);
  free(want);
}

/* ---- Text ---- */

/* A code point as the RFC would write it, decoded the long way round. */
static size_t slow_valid_prefix(const unsigned char *s, size_t n) {
  size_t i = 0;
  while (i < n) {
    int length = s[i] < 0x80 ? 1 : (s[i] & 0xE0) == 0xC0 ? 2 : (s[i] & 0xF0) == 0xE0 ? 3 : (s[i] & 0xF8) == 0xF0 ? 4 : 0;
    if (!length || (size_t)length > n - i) break;
    uint32_t code = length == 1 ? s[i] : s[i] & (0xFFu >> (length + 1));
    for (int k = 1; k < length; k++) {
      if ((s[i + (size_t)k] & 0xC0) != 0x80) return i;
      code = code << 6 | (s[i + (size_t)k] & 0x3Fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) break;
    i += (size_t)length;
  }
  return i;
}

TEST(utf8_is_what_the_rfc_says) {
  unsigned char bytes[5] = {0};
  for (uint32_t x = 0; x < 1u << 24; x++) { /* every three bytes, and an end behind them */
    bytes[0] = (unsigned char)(x >> 16);
    bytes[1] = (unsigned char)(x >> 8);
    bytes[2] = (unsigned char)x;
    if (bytes[0] < 0xC0 && (x & 0xFF) > 2) continue; /* few of the dull ones */
    if (hw_utf8_valid_prefix((const char *)bytes, 3) != slow_valid_prefix(bytes, 3)) fail_msg("bytes %06x", x);
  }
  for (uint32_t x = 0; x < 1u << 22; x++) { /* four bytes from F0 on, second and third in full */
    bytes[0] = (unsigned char)(0xF0 + (x >> 18));
    bytes[1] = (unsigned char)(x >> 10);
    bytes[2] = (unsigned char)(x >> 2);
    bytes[3] = (unsigned char[]){0x7F, 0x80, 0xBF, 0xC0}[x & 3];
    if (hw_utf8_valid_prefix((const char *)bytes, 4) != slow_valid_prefix(bytes, 4)) fail_msg("bytes %02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
  }
  assert_int_equal(hw_utf8_valid_prefix("", 0), 0);
  assert_int_equal(hw_utf8_valid_prefix("a\0b\xff", 4), 3); /* a NUL is a character */
  assert_int_equal(hw_utf8_valid_prefix("ab\xe2\x82", 4), 2); /* cut short */
}

TEST(nearest_names) {
  static const char *const names[] = {"threshold", "threads", "targets", "floor", "db"};
  const size_t n = COUNT_OF(names);
  assert_string_equal(hw_nearest_name("threshold", names, n), "threshold");
  assert_string_equal(hw_nearest_name("treshold", names, n), "threshold");
  assert_string_equal(hw_nearest_name("thread", names, n), "threads");
  assert_string_equal(hw_nearest_name("flor", names, n), "floor");
  assert_string_equal(hw_nearest_name("bd", names, n) ? "some" : "none", "none"); /* two edits of two letters */
  assert_string_equal(hw_nearest_name("dbx", names, n), "db");
  assert_string_equal(hw_nearest_name("thrxxxold", names, n), "threshold");
  assert_null(hw_nearest_name("thrxxxxld", names, n)); /* more than a third differs */
  assert_null(hw_nearest_name("something-else", names, n));
  assert_null(hw_nearest_name("threshold", names, 0));
  assert_null(hw_nearest_name("1", (const char *const[]){""}, 1));
  char longer[200];
  memset(longer, 'a', sizeof longer - 1);
  longer[sizeof longer - 1] = '\0';
  assert_null(hw_nearest_name(longer, names, n));
}

TEST(whole_numbers) {
  int64_t value = 7;
  static const char *const good[] = {"0", "-5", "12", "+3", "007"};
  const int64_t numbers[] = {0, -5, 12, 3, 7};
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    assert_true(hw_parse_int(good[i], -10, 12, &value));
    assert_int_equal(value, numbers[i]);
  }
  static const char *const bad[] = {"", " ", "-", "1x", "1 ", "1.0", "0x10", "13", "-11", "99999999999999999999999", "-99999999999999999999999", "one"};
  value = 7;
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    if (hw_parse_int(bad[i], -10, 12, &value)) fail_msg("\"%s\" was taken for %lld", bad[i], (long long)value);
  assert_int_equal(value, 7); /* untouched */
  assert_true(hw_parse_int("9223372036854775807", INT64_MIN, INT64_MAX, &value) && value == INT64_MAX);
  assert_false(hw_parse_int("9223372036854775808", INT64_MIN, INT64_MAX, &value));
}

TEST(real_numbers) {
  double value = 7;
  assert_true(hw_parse_double("0.04", &value) && value == 0.04);
  assert_true(hw_parse_double("-1e-3", &value) && value == -1e-3);
  assert_true(hw_parse_double(".5", &value) && value == 0.5);
  static const char *const bad[] = {"", " ", "nan", "inf", "-infinity", "1e999", "0.1x", "0.1 ", "0,1", "abc"};
  value = 7;
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    if (hw_parse_double(bad[i], &value)) fail_msg("\"%s\" was taken for %g", bad[i], value);
  assert_true(value == 7);
}

/* "All of `text` is one number": a space before it is as wrong as one behind it. */
TEST(numbers_have_no_space_before_them) {
  int64_t whole;
  double real;
  assert_false(hw_parse_int(" 5", 0, 10, &whole));
  assert_false(hw_parse_int("\n5", 0, 10, &whole));
  assert_false(hw_parse_double(" 0.5", &real));
}

TEST(the_clock_runs_forward) {
  double before = hw_clock_seconds(), after = before;
  for (int i = 0; i < 1000; i++) {
    double now = hw_clock_seconds();
    assert_true(now >= after);
    after = now;
  }
  assert_true(after > before && after - before < 60);
}

/* ---- JSON ---- */

TEST(json_is_read_back_as_it_was_meant) {
  hw_buffer out;
  hw_json json;
  hw_buffer_init(&out);
  hw_json_init(&json, &out);
  hw_json_begin_object(&json);
  hw_json_key(&json, "a\"\\\n\t\x01");
  hw_json_begin_array(&json);
  hw_json_int(&json, INT64_MIN);
  hw_json_null(&json);
  hw_json_string(&json, NULL);
  hw_json_double(&json, NAN);
  hw_json_float(&json, -INFINITY);
  hw_json_begin_object(&json);
  hw_json_end_object(&json);
  hw_json_begin_array(&json);
  hw_json_end_array(&json);
  hw_json_bytes(&json, "x\0\x7f\xff\xe2\x82\xac\xe2\x82", 9);
  hw_json_end_array(&json);
  hw_json_key(&json, "b");
  hw_json_string(&json, "");
  hw_json_end_object(&json);
  assert_string_equal(out.data,
                      "{\"a\\\"\\\\\\n\\u0009\\u0001\":[-9223372036854775808,null,null,null,null,{},[],"
                      "\"x\\u0000\\u007f\xEF\xBF\xBD\xe2\x82\xac\xEF\xBF\xBD\xEF\xBF\xBD\"],\"b\":\"\"}");
  json_t *parsed = json_loadb(out.data, out.length, JSON_ALLOW_NUL, NULL);
  assert_non_null(parsed);
  json_decref(parsed);
  hw_buffer_fini(&out);
}

TEST(json_is_valid_for_any_bytes) {
  uint64_t seed = 3;
  hw_buffer out;
  hw_buffer_init(&out);
  for (int round = 0; round < 20000; round++) {
    char bytes[24];
    size_t n = unit_below(&seed, 24);
    for (size_t i = 0; i < n; i++) bytes[i] = (char)(unit_below(&seed, 3) ? unit_below(&seed, 256) : 0x80 + unit_below(&seed, 64));
    hw_buffer_reset(&out);
    hw_json_quote(&out, bytes, n);
    json_t *parsed = json_loadb(out.data, out.length, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
    assert_true(json_is_string(parsed));
    if (hw_utf8_valid_prefix(bytes, n) == n) { /* text comes back as it was */
      assert_int_equal(json_string_length(parsed), n);
      assert_memory_equal(json_string_value(parsed), bytes, n);
    }
    json_decref(parsed);
  }
  hw_buffer_fini(&out);
}

TEST(json_numbers_round_trip_in_few_digits) {
  uint64_t seed = 4;
  hw_buffer out;
  hw_json json;
  hw_buffer_init(&out);
  for (int round = 0; round < 20000; round++) {
    uint64_t bits = unit_random(&seed);
    uint32_t narrow_bits = (uint32_t)(bits >> 17);
    double wide;
    float narrow;
    memcpy(&wide, &bits, sizeof wide);
    memcpy(&narrow, &narrow_bits, sizeof narrow);
    if (!isfinite(wide) || !isfinite(narrow)) continue;
    hw_buffer_reset(&out);
    hw_json_init(&json, &out);
    hw_json_double(&json, wide);
    assert_true(strtod(out.data, NULL) == wide);
    hw_buffer_reset(&out);
    hw_json_init(&json, &out);
    hw_json_float(&json, narrow);
    assert_true(strtof(out.data, NULL) == narrow);
    assert_true(out.length <= 15);
  }
  static const struct { double value; const char *text; } plain[] = {{0.1, "0.1"}, {0.04, "0.04"}, {1, "1"}, {-2.5e-9, "-2.5e-09"}};
  for (size_t i = 0; i < COUNT_OF(plain); i++) {
    hw_buffer_reset(&out);
    hw_json_init(&json, &out);
    hw_json_double(&json, plain[i].value);
    assert_string_equal(out.data, plain[i].text);
  }
  hw_buffer_reset(&out);
  hw_json_init(&json, &out);
  hw_json_float(&json, 0.1f);
  assert_string_equal(out.data, "0.1");
  hw_buffer_fini(&out);
}

/* ---- Files ---- */

/* Ids stay exact. */
TEST(json_integers_of_any_size_are_read) {
  hw_error err = {0};
  char text[1024] = "{\"length\": 1000000000000000019884624838656, \"least\": -9223372036854775809, \"id\": 9223372036854775807, \"small\": -9223372036854775808,"
                    " \"text \\\"1\": \"99999999999999999999\", \"list\": [18446744073709551616,1.5e3,7], \"huge\": -1";
  size_t length = strlen(text);
  memset(text + length, '0', 400);
  memcpy(text + length + 400, "}", 2);
  json_t *root = hw_json_parse("here", text, strlen(text), false, &err);
  if (!root) fail_msg("%s", err.message);
  assert_true(json_real_value(json_object_get(root, "length")) == 1e30);
  assert_true(json_real_value(json_object_get(root, "least")) == -0x1p63);
  assert_true(json_integer_value(json_object_get(root, "id")) == INT64_MAX);
  assert_true(json_integer_value(json_object_get(root, "small")) == INT64_MIN);
  assert_string_equal(json_string_value(json_object_get(root, "text \"1")), "99999999999999999999");
  const json_t *list = json_object_get(root, "list");
  assert_true(json_real_value(json_array_get(list, 0)) == 0x1p64 && json_integer_value(json_array_get(list, 2)) == 7);
  assert_true(json_real_value(json_object_get(root, "huge")) < -1e308);
  json_decref(root);
  static const struct { const char *text, *words; } bad[] = {
      {"", "here: empty, want JSON"}, {"[1]", "here: is an array, want an object"}, {"{", "here: not valid JSON at line 1, column 1"},
      {"{\"a\": 1e999}", "real number overflow"}, {"{\"a\": 99999999999999999999x}", "here: not valid JSON"}, {"{\"a\": 1, \"a\": 2}", "duplicate"}};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
    assert_refused(hw_json_parse("here", bad[i].text, strlen(bad[i].text), false, &err) != NULL, &err, HW_ERROR_INPUT, bad[i].words);
}

TEST(files_are_mapped_whole) {
  char folder[] = "/tmp/hw_base_XXXXXX", path[64], empty[64];
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/file", folder);
  (void)snprintf(empty, sizeof empty, "%s/empty", folder);
  FILE *stream = fopen(path, "wb");
  assert_non_null(stream);
  assert_int_equal(fwrite("one\0two", 1, 7, stream), 7);
  assert_int_equal(fclose(stream), 0);
  stream = fopen(empty, "wb");
  assert_int_equal(fclose(stream), 0);
  hw_file file;
  hw_error err = {0};
  assert_ok(hw_file_open(path, &file, &err), &err);
  assert_int_equal(file.size, 7);
  assert_memory_equal(file.data, "one\0two", 7);
  hw_file_close(&file);
  assert_null(file.data);
  hw_file_close(&file);
  assert_ok(hw_file_open(empty, &file, &err), &err);
  assert_true(file.size == 0 && file.data == NULL);
  hw_file_close(&file);
  assert_refused(hw_file_open(folder, &file, &err), &err, HW_ERROR_INPUT, "not a regular file");
  assert_true(hw_file_exists(path) && !hw_file_exists(folder));
  assert_true(hw_folder_exists(folder) && !hw_folder_exists(path));
  assert_int_equal(unlink(path), 0);
  assert_refused(hw_file_open(path, &file, &err), &err, HW_ERROR_IO, path);
  assert_false(hw_file_exists(path));
  assert_int_equal(unlink(empty), 0);
  assert_int_equal(rmdir(folder), 0);
}

TEST(paths_join_with_one_slash) {
  static const char *const cases[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a//", "b", "a/b"}, {"a/b", "c.json", "a/b/c.json"}};
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    char *path = hw_path_join(cases[i][0], cases[i][1]);
    assert_string_equal(path, cases[i][2]);
    free(path);
  }
}

TEST(hashes_are_xxh3) {
  char hex[HW_HASH_HEX], other[HW_HASH_HEX];
  hw_hash_bytes("", 0, hex);
  assert_string_equal(hex, "99aa06d3014798d86001c324468d497f"); /* XXH3-128 of nothing, as `xxhsum -H2` prints it */
  hw_hash_bytes("headwater", 9, hex);
  hw_hash_bytes("headwates", 9, other);
  assert_int_equal(strlen(hex), 32);
  assert_string_not_equal(hex, other);
}

int main(void) {
  (void)setlocale(LC_ALL, "C");
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_blocks_are_aligned_and_apart),
      cmocka_unit_test(arena_reuses_its_memory),
      cmocka_unit_test(arena_overruns_are_found_by_address_sanitizer),
      cmocka_unit_test(arena_reserves_room_in_one_piece),
      cmocka_unit_test(arena_clears_copies_and_counts),
      cmocka_unit_test(arenas_beside_another_take_over_memory),
      cmocka_unit_test(arenas_within_others_take_over_memory),
      cmocka_unit_test(arena_refuses_sizes_that_overflow),
      cmocka_unit_test(lists_keep_their_items),
      cmocka_unit_test(lists_refuse_sizes_that_overflow),
      cmocka_unit_test(hash_tables_find_all_values_of_a_key),
      cmocka_unit_test(a_file_is_on_the_disk_before_it_takes_its_name),
      cmocka_unit_test(links_stay_and_descriptors_are_written_from_where_they_stand),
      cmocka_unit_test(errors_are_one_line),
      cmocka_unit_test(c1_control_characters_are_escaped),
      cmocka_unit_test(buffer_grows_and_is_always_a_string),
      cmocka_unit_test(utf8_is_what_the_rfc_says),
      cmocka_unit_test(nearest_names),
      cmocka_unit_test(whole_numbers),
      cmocka_unit_test(real_numbers),
      cmocka_unit_test(numbers_have_no_space_before_them),
      cmocka_unit_test(the_clock_runs_forward),
      cmocka_unit_test(json_is_read_back_as_it_was_meant),
      cmocka_unit_test(json_is_valid_for_any_bytes),
      cmocka_unit_test(json_numbers_round_trip_in_few_digits),
      cmocka_unit_test(json_integers_of_any_size_are_read),
      cmocka_unit_test(files_are_mapped_whole),
      cmocka_unit_test(paths_join_with_one_slash),
      cmocka_unit_test(hashes_are_xxh3),
  };
  return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
