/* SPDX-License-Identifier: Apache-2.0 */
#include "http.h"

#include "machine.h"
