-- SPDX-License-Identifier: Apache-2.0
-- What kind of database it is: tables and indices, application_id, user_version.
SELECT (SELECT count(*) FROM sqlite_schema), (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version)
