-- SPDX-License-Identifier: Apache-2.0
-- Every file here gives the value that is bound and a name. With :given NULL: the names of all that there is.
SELECT :given, '0 to ' || (n_layers - 1) FROM run WHERE :given IS NULL OR :given < n_layers
