/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * journal_fixture.h: journals of a release as text, and whether the present code still reads them.
 *
 * journal-0.1.hex was made once, by the code of that release:
 *
 *     test_fault --write-journal tests/fault/journal-0.1.hex
 *
 * It holds what was in flash when the power went: "download" in the middle of the scenario "large",
 * "result" in the scenario "rejected" before 206 was told.
 */
#ifndef ONEOTA_JOURNAL_FIXTURE_H
#define ONEOTA_JOURNAL_FIXTURE_H

/** @return 0: both go on where they were; else what went wrong is printed */
int journal_fixture_read(const char *path);
int journal_fixture_write(const char *path);

#endif
