-- SPDX-License-Identifier: Apache-2.0
DELETE FROM mining WHERE parameters = :parameters
