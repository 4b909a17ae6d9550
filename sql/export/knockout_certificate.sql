-- SPDX-License-Identifier: Apache-2.0
SELECT $certificate_columns FROM certificate_run u WHERE certificate_id = (SELECT certificate_id FROM ($chosen_knockouts))
