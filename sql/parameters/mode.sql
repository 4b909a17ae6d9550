-- SPDX-License-Identifier: Apache-2.0
SELECT column1, column1 FROM (VALUES('answer'), ('contrast')) WHERE (:given IS NULL OR column1 = :given) AND EXISTS (SELECT 1 FROM relevance WHERE mode = column1)
