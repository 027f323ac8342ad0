/*
 * oneota - SPDX-License-Identifier: Apache-2.0
 *
 * The states that read a whole slot back from flash and decide by what is really there: verify,
 * mark, identify.
 */
#include <string.h>

#include "crypto.h"
#include "machine.h"
#include "slot.h"
#include "trust.h"

enum { PHASE_BEGIN = 0, PHASE_READ, PHASE_ACT = PROVE_ACT };

bool oneota_machine_query_boot(oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    oneota_boot_t boot = {0};
    if (setup->boot->query(setup->boot_ctx, m->image, &boot) != ONEOTA_OK || boot.slot > 1u ||
        boot.condition >= ONEOTA_BOOT_CONDITION_COUNT) {
        return false;
    }
    m->boot = boot;
    return true;
}

void oneota_machine_begin_slot(oneota_t *m, uint8_t slot)
{
    const oneota_image_t *image = task_image(m);
    oneota_slot_begin(&m->slot, image->slot[slot], image->slot_ctx[slot],
                      m->exchange.work + m->exchange.work_bytes, image_size(m));
    oneota_slot_guard(&m->slot, true);
    if (m->record.made.size != 0) {
        oneota_crypto_hash_begin(&m->slot.hash, CRYPTO_SHA256);
    }
}

oneota_error_t oneota_machine_read_slot(oneota_t *m, uint32_t end)
{
    return oneota_slot_read(&m->slot, end, m->exchange.work, m->exchange.work_bytes);
}

/* Nobody may know how long it is: then all of the slot counts. */
uint32_t oneota_machine_running_size(const oneota_t *m)
{
    const oneota_image_t *image = task_image(m);
    const uint8_t slot = m->boot.slot;
    uint32_t readable = image->slot[slot]->size(image->slot_ctx[slot]);
    return m->boot.length - 1u < readable ? m->boot.length : readable;
}

void oneota_machine_begin_running(oneota_t *m, uint32_t size)
{
    const oneota_image_t *image = task_image(m);
    const uint8_t slot = m->boot.slot;
    oneota_slot_begin(&m->slot, image->slot[slot], image->slot_ctx[slot], m->slot.carry, size);
    oneota_crypto_hash_begin(&m->slot.hash, CRYPTO_SHA256);
}

/* What proves the image: the package's digest, or that of what it makes. */
static const uint8_t *digest_of(const oneota_t *m, uint8_t *length)
{
    bool made = m->record.made.size != 0;
    *length = made ? CRYPTO_SHA256 : CRYPTO_MD5;
    return made ? m->record.made.sha256 : m->record.order.task.md5;
}

bool oneota_machine_proves(oneota_t *m)
{
    uint8_t length;
    return oneota_crypto_hash_is(&m->slot.hash, digest_of(m, &length));
}

/* Hashes the image in a slot, a block each call.
 * @return OK it is the task's; VERIFY it is not; AGAIN; STORAGE */
static oneota_error_t read_back(oneota_t *m, uint8_t slot)
{
    if (m->phase == PHASE_BEGIN) {
        oneota_machine_begin_slot(m, slot);
        m->phase = PHASE_READ;
    }
    oneota_error_t error = oneota_machine_read_slot(m, m->slot.size);
    if (error != ONEOTA_OK) {
        return error;
    }
    m->phase = PHASE_ACT;
    return oneota_machine_proves(m) ? ONEOTA_OK : ONEOTA_VERIFY;
}

event_t oneota_machine_mismatch(oneota_t *m, oneota_reason_t reason)
{
    if (m->record.at.again) {
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_DIGEST, reason, 0);
    }
    oneota_machine_complain(m, reason, 0);
    m->record.at.again = 1;
    m->record.at.stored = 0;
    m->record.at.package = 0;
    m->dirty = true;
    return EV_NONE;
}

/* ---------------------------------------------------------------- verify, mark */

static event_t inspect(oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    oneota_error_t error =
        setup->boot->inspect(setup->boot_ctx, m->image, target_slot(m), image_size(m));
    if (error == ONEOTA_VERIFY) {
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_MISMATCH, ONEOTA_REASON_IMAGE, 0);
    }
    if (error == ONEOTA_OK) {
        m->record.at.stored = image_size(m);
        m->record.at.package = m->record.order.task.size;
    }
    event_t event = oneota_machine_await(m, error);
    if (event == EV_LATER && m->failures > LASTING) {
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_RETRIES, ONEOTA_REASON_STORAGE, 0);
    }
    if (event == EV_LATER) { /* here, for what is proven need not be downloaded again */
        oneota_machine_begin_wait(m, m->later_ms);
        event = EV_STAY;
    }
    return event;
}

/* A call that failed may have done it all the same. Else the proof is made anew before each further
 * try. */
static event_t mark(oneota_t *m)
{
    const oneota_setup_t *setup = m->setup;
    const oneota_task_t *task = &m->record.order.task;
    const oneota_trust_t *trust = task_trust(m);
    oneota_boot_mark_t image = {target_slot(m), image_size(m), task->target, NULL, 0};
    image.digest = digest_of(m, &image.digest_length);
    if (trust != NULL && !m->busy && trust->scheme->use(m) != ONEOTA_PROVEN) {
        return oneota_machine_unproven(m, ONEOTA_REASON_DIGEST);
    }
    oneota_error_t error = setup->boot->mark(setup->boot_ctx, m->image, &image);
    if (oneota_machine_flash(m, error) == ONEOTA_AGAIN) {
        return EV_STAY;
    }
    if (error == ONEOTA_OK ||
        (oneota_machine_query_boot(m) && m->boot.condition == ONEOTA_BOOT_PENDING)) {
        m->boot.condition = ONEOTA_BOOT_PENDING;
        return EV_DONE;
    }
    return m->failures < GLITCHES
               ? oneota_machine_back_off(m, ONEOTA_REASON_STORAGE, 0)
               : oneota_machine_round(m, ONEOTA_REASON_STORAGE, 0, ONEOTA_STEP_INSTALL_RETRIES);
}

event_t oneota_machine_unproven(oneota_t *m, oneota_reason_t reason)
{
    bool marks = m->state == ST_MARK;
    if (marks && m->failures < GLITCHES) { /* it was right before: a glitch of the flash? */
        return oneota_machine_back_off(m, reason, 0);
    }
    m->record.at.again |= (uint8_t)marks;
    return oneota_machine_mismatch(m, reason);
}

/* Before 101, a wrong image is downloaded once more. After it nothing but a last proof is due,
 * without which nothing is marked. With trust, the whole image has a digest of its own only where a
 * package made it; its signature is due in any case. */
event_t oneota_step_prove(oneota_t *m)
{
    const oneota_trust_t *trust = task_trust(m);
    if (m->phase == PHASE_ACT) {
        return m->state == ST_MARK ? mark(m) : inspect(m);
    }
    if (trust != NULL && (m->phase >= PROVE_SIGNED || m->record.made.size == 0)) {
        return trust->scheme->prove(m);
    }
    oneota_error_t error = read_back(m, target_slot(m));
    if (error == ONEOTA_OK && trust != NULL) {
        m->phase = PROVE_SIGNED;
    }
    if (error == ONEOTA_OK || error == ONEOTA_AGAIN) {
        return EV_STAY;
    }
    return oneota_machine_unproven(m, error == ONEOTA_VERIFY ? ONEOTA_REASON_DIGEST
                                                             : ONEOTA_REASON_STORAGE);
}

/* ---------------------------------------------------------------- identify */

static bool names_target(const oneota_t *m)
{
    return strcmp(task_image(m)->id.version, m->record.order.task.target) == 0;
}

static event_t updated(oneota_t *m)
{
    if (!names_target(m)) {
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_MISMATCH, ONEOTA_REASON_VERSION, 0);
    }
    m->record.at.result = ONEOTA_STEP_UPDATED;
    return EV_DONE;
}

/* What runs can be read no more. It says what it is: the old image, or one of whose update nothing
 * is told but its version. */
static event_t unreadable(oneota_t *m)
{
    if (names_target(m)) {
        return oneota_machine_over(m, ONEOTA_REASON_STORAGE, 0);
    }
    return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_UNKNOWN, ONEOTA_REASON_STORAGE, 0);
}

/* A restart into the new image was wanted, and nothing is on trial: was it confirmed, or is this
 * the old one? Some boot loaders cannot tell; the digest of what runs can. */
event_t oneota_step_identify(oneota_t *m)
{
    bool reverted = m->boot.condition == ONEOTA_BOOT_REVERTED;
    switch (reverted ? ONEOTA_VERIFY : read_back(m, m->boot.slot)) {
    case ONEOTA_AGAIN:
        return EV_STAY;
    case ONEOTA_OK:
        return updated(m);
    case ONEOTA_VERIFY:
        if (!reverted && names_target(m) && m->failures < GLITCHES) { /* says it is the new one */
            return oneota_machine_back_off(m, ONEOTA_REASON_DIGEST, 0);
        }
        return oneota_machine_fail(m, ONEOTA_STEP_INSTALL_UNKNOWN, ONEOTA_REASON_REVERTED, 0);
    default:
        if (m->failures < LASTING) {
            return oneota_machine_back_off(m, ONEOTA_REASON_STORAGE, 0);
        }
        return unreadable(m);
    }
}
