# SPDX-License-Identifier: Apache-2.0
"$HW" trace --model gpt2 --prompt "When Mary and John went to the store, John gave a drink to" | short_numbers
