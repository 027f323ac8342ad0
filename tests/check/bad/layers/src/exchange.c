/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <sys/socket.h>
