-- SPDX-License-Identifier: Apache-2.0
SELECT $certificate_columns FROM certificate_run u WHERE certificate_id = $ranked_certificate
