/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

const hw_command *const hw_commands[] = {&hw_cmd_info, &hw_cmd_tokenize, &hw_cmd_trace, &hw_cmd_run, &hw_cmd_query, &hw_cmd_sql,
                                         &hw_cmd_merge, &hw_cmd_mine, &hw_cmd_compare, &hw_cmd_certify, &hw_cmd_serve, &hw_cmd_page, &hw_cmd_export, &hw_cmd_digest, &hw_cmd_check, &hw_cmd_pack, &hw_cmd_rethreshold, &hw_cmd_bench};
const size_t hw_n_commands = sizeof hw_commands / sizeof *hw_commands;
