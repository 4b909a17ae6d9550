-- SPDX-License-Identifier: Apache-2.0
-- Bytes of the pages of the database, the log not counted.
SELECT page_count * page_size FROM pragma_page_count, pragma_page_size
