-- SPDX-License-Identifier: Apache-2.0
SELECT EXISTS (SELECT 1 FROM certificate_component JOIN certificate_run USING(certificate_id))
