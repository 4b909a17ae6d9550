-- SPDX-License-Identifier: Apache-2.0
SELECT integrity_check FROM pragma_integrity_check(30)
