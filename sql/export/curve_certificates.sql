-- SPDX-License-Identifier: Apache-2.0
SELECT $certificate_columns FROM certificate_run u WHERE certificate_id IN ($chosen_curves) ORDER BY certificate_id
