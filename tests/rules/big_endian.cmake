# SPDX-License-Identifier: Apache-2.0
# Read by project() in the place of a big-endian machine's answer.
set(CMAKE_C_BYTE_ORDER BIG_ENDIAN)
