-- SPDX-License-Identifier: Apache-2.0
SELECT EXISTS (SELECT 1 FROM knockout_pair)
