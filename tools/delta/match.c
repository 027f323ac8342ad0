/*
 * oneota-delta - SPDX-License-Identifier: Apache-2.0
 *
 * match.c: the cheapest way from the beginning of the new image to its end.
 *
 * A place of the new image is reached either along a line of the old one (new place i stands
 * against old place i + offset), where bytes that agree cost nothing and changed ones are written
 * as a difference, or by writing the byte as it is. Another line costs an operation. At each
 * place the longest matches in the old image, looked up among its sorted suffixes, offer lines,
 * which may well be entered before that place: in firmware, code that moved differs in a few
 * bytes of each address, and is the same between them. A line that has become dearer than the
 * best way by more than SLACK is dropped, so that a few are followed at a time.
 *
 * Costs are estimates of bits in the package, in sixteenths. How rare a byte, or a difference, is
 * in these images is learned from a first walk; the second one counts.
 */
#include "match.h"

#include <divsufsort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BITS(n)      ((uint32_t)((n)*16))
#define COST_OP      BITS(27)  /* an operation, without its seek */
#define COST_SEEK    BITS(6)   /* each byte of that */
#define COST_RUN     BITS(8)   /* changed bytes begin: before anything was learned */
#define COST_CHANGED BITS(6.5) /* each of them, likewise */
#define COST_EXTRA   BITS(6)   /* a byte as it is, likewise */
#define COST_MAX     BITS(12)
#define SLACK        BITS(40)

/* Part of the entropy that is left when deflate has found repetitions. */
#define LEFT_CHANGED 0.95
#define LEFT_EXTRA   0.75
#define LEARN_MIN    500u /* bytes from which anything is learned */

#define LINES_MAX  48u
#define MATCH_MIN  4u    /* shorter matches are no news */
#define MATCH_NEAR 4u    /* nor are those that are shorter than the longest by more */
#define MATCH_MAX  4096u /* longer ones need not be compared */
#define NEIGHBOURS 6     /* suffixes on either side that are looked at */
#define BACK_MAX   512u  /* bytes before a match where its line may be entered */
#define AHEAD      64u   /* bytes that agree ahead: no need to look for a better line */

#define NONE UINT32_MAX

/* An operation that may become one of the package: where its line is entered, what is before. */
typedef struct {
    uint32_t new_pos, old_pos;
    uint32_t before;     /* the operation before; NONE: this is the first */
    uint32_t before_end; /* where that one stopped adding; what follows is extra */
} node_t;

/* The best way to a place. */
typedef struct {
    uint64_t cost;
    uint32_t node;    /* its last operation; NONE: there was none yet */
    uint32_t add_end; /* where that stopped adding: this place, or one before it */
} way_t;

typedef struct {
    uint64_t cost;
    uint32_t node;
    uint32_t offset; /* modulo 2^32 */
    bool changed;    /* the last byte differed */
} line_t;

typedef struct {
    const bytes_t *old, *new_image;
    const int32_t *suffixes;
    way_t *ways;
    uint32_t *found; /* places among the suffixes that were looked up; NONE: not yet */
    node_t *nodes;
    uint32_t node_count, node_room;
    line_t lines[LINES_MAX];
    uint32_t line_count;
    uint32_t cost_run;
    uint32_t cost_changed[256]; /* by difference */
    uint32_t cost_extra[256];
} walk_t;

/* ---------------------------------------------------------------- lists */

static void *grow(void *items, uint32_t *room, size_t size)
{
    uint32_t larger = *room * 2u + 64u;
    void *moved = realloc(items, larger * size);
    if (moved == NULL) {
        exit(tool_say(EXIT_FAILED, "out of memory"));
    }
    *room = larger;
    return moved;
}

void pieces_add(pieces_t *pieces, const piece_t *piece)
{
    if (piece->add == 0 && piece->extra == 0) {
        return;
    }
    if (pieces->count == pieces->room) {
        pieces->items = grow(pieces->items, &pieces->room, sizeof *pieces->items);
    }
    pieces->items[pieces->count++] = *piece;
}

void pieces_free(pieces_t *pieces)
{
    free(pieces->items);
    memset(pieces, 0, sizeof *pieces);
}

/* ---------------------------------------------------------------- suffixes */

static int32_t *sort_suffixes(const bytes_t *old)
{
    int32_t *suffixes = tool_alloc(((size_t)old->length + 1u) * sizeof *suffixes);
    tool_progress("sorting", 0, old->length);
    if (old->length > 0 && divsufsort(old->bytes, suffixes, (int32_t)old->length) != 0) {
        exit(tool_say(EXIT_FAILED, "out of memory"));
    }
    return suffixes;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* How many bytes of a suffix and of the new image from a place on agree; known of them do. */
static uint32_t common(const walk_t *w, uint32_t start, uint32_t at, uint32_t known)
{
    const uint8_t *a = w->old->bytes + start;
    const uint8_t *b = w->new_image->bytes + at;
    uint32_t limit = least(least(w->old->length - start, w->new_image->length - at), MATCH_MAX);
    while (limit - known >= 8u && memcmp(a + known, b + known, 8) == 0) {
        known += 8u;
    }
    while (known < limit && a[known] == b[known]) {
        known++;
    }
    return known;
}

/* Where the new image from a place on would stand among the suffixes. What both ends of the part
 * still searched have in common with it need not be compared again. */
static uint32_t find(const walk_t *w, uint32_t at)
{
    uint32_t low = 0;
    uint32_t high = w->old->length;
    uint32_t of_low = 0;
    uint32_t of_high = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2u;
        uint32_t start = (uint32_t)w->suffixes[middle];
        uint32_t same = common(w, start, at, least(of_low, of_high));
        bool ends = start + same == w->old->length;
        if (ends || (at + same < w->new_image->length &&
                     w->old->bytes[start + same] < w->new_image->bytes[at + same])) {
            low = middle + 1u;
            of_low = same;
        } else {
            high = middle;
            of_high = same;
        }
    }
    return low;
}

/* ---------------------------------------------------------------- costs */

/* Of a byte on a line, where the old image has one. */
static uint32_t changed_cost(const walk_t *w, uint32_t offset, uint32_t at, bool *changed)
{
    uint8_t difference = (uint8_t)(w->new_image->bytes[at] - w->old->bytes[at + offset]);
    bool runs_on = *changed;
    *changed = difference != 0;
    if (difference == 0) {
        return 0;
    }
    return runs_on ? w->cost_changed[difference] : w->cost_changed[difference] + w->cost_run;
}

/* Of leaving a way for a line. */
static uint64_t entry_cost(const walk_t *w, uint32_t offset, uint32_t at)
{
    const way_t *way = &w->ways[at];
    uint32_t cursor = 0;
    if (way->node != NONE) {
        const node_t *node = &w->nodes[way->node];
        cursor = node->old_pos + (way->add_end - node->new_pos);
    }
    uint32_t old_pos = at + offset;
    uint32_t distance = old_pos > cursor ? old_pos - cursor : cursor - old_pos;
    uint64_t cost = way->cost + COST_OP + COST_SEEK;
    for (distance >>= 6; distance > 0; distance >>= 7) {
        cost += COST_SEEK;
    }
    return cost;
}

/* Order-0 entropy of each byte. left: part of it that counts */
static void learn_bytes(const uint32_t *counts, double left, uint32_t *costs)
{
    double total = 0;
    for (uint32_t i = 0; i < 256u; i++) {
        total += counts[i] + 0.2;
    }
    for (uint32_t i = 0; total > LEARN_MIN && i < 256u; i++) {
        double cost = 16 * left * log2(total / (counts[i] + 0.2));
        costs[i] = cost < COST_MAX ? (uint32_t)cost : COST_MAX;
    }
}

/* Mean order-0 entropy of the distances between changes. */
static void learn_runs(const uint32_t *counts, uint32_t *cost)
{
    double total = 0;
    double bits = 0;
    for (uint32_t i = 0; i < 256u; i++) {
        total += counts[i];
    }
    for (uint32_t i = 0; i < 256u; i++) {
        bits += counts[i] > 0 ? counts[i] * log2(total / counts[i]) : 0;
    }
    if (total > LEARN_MIN) {
        *cost = (uint32_t)(16 * (bits / total + 0.5));
    }
}

static void learn(walk_t *w, const pieces_t *pieces)
{
    uint32_t changed[256] = {0};
    uint32_t extra[256] = {0};
    uint32_t distances[256] = {0};
    for (uint32_t i = 0; i < pieces->count; i++) {
        const piece_t *piece = &pieces->items[i];
        const uint8_t *now = w->new_image->bytes + piece->new_pos;
        const uint8_t *old = w->old->bytes + piece->old_pos;
        uint32_t same = 0;
        for (uint32_t j = 0; j < piece->add; j++, same++) {
            if (now[j] != old[j]) {
                distances[least(same, 255)] += same > 0 || j == 0 ? 1u : 0u;
                changed[(uint8_t)(now[j] - old[j])]++;
                same = UINT32_MAX; /* 0 for the next byte */
            }
        }
        for (uint32_t j = 0; j < piece->extra; j++) {
            extra[now[piece->add + j]]++;
        }
    }
    learn_bytes(changed, LEFT_CHANGED, w->cost_changed);
    learn_bytes(extra, LEFT_EXTRA, w->cost_extra);
    learn_runs(distances, &w->cost_run);
}

/* ---------------------------------------------------------------- lines */

/* The place, at or before at, where a line is best entered; and what it costs up to at. */
static uint32_t best_entry(const walk_t *w, uint32_t offset, uint32_t at, uint64_t *cost)
{
    uint32_t best = at;
    uint64_t added = 0;
    uint64_t limit = w->ways[at].cost + SLACK;
    bool changed = false;
    *cost = entry_cost(w, offset, at);
    for (uint32_t i = at; i > 0 && at - i < BACK_MAX;) {
        i--;
        if (i + offset >= w->old->length) {
            break;
        }
        added += changed_cost(w, offset, i, &changed);
        if (w->ways[i].cost + added > limit) {
            break;
        }
        uint64_t through = changed ? UINT64_MAX : entry_cost(w, offset, i) + added;
        if (through < *cost) {
            *cost = through;
            best = i;
        }
    }
    return best;
}

/* A free line, or the dearest. */
static line_t *line_for_new(walk_t *w)
{
    line_t *line = &w->lines[0];
    if (w->line_count < LINES_MAX) {
        return &w->lines[w->line_count++];
    }
    for (uint32_t i = 1; i < LINES_MAX; i++) {
        line = w->lines[i].cost > line->cost ? &w->lines[i] : line;
    }
    return line;
}

static void follow(walk_t *w, uint32_t offset, uint32_t at)
{
    uint64_t cost;
    for (uint32_t i = 0; i < w->line_count; i++) {
        if (w->lines[i].offset == offset) {
            return;
        }
    }
    uint32_t entry = best_entry(w, offset, at, &cost);
    if (cost > w->ways[at].cost + SLACK) {
        return;
    }
    if (w->node_count == w->node_room) {
        w->nodes = grow(w->nodes, &w->node_room, sizeof *w->nodes);
    }
    const way_t *way = &w->ways[entry];
    const node_t node = {entry, entry + offset, way->node, way->add_end};
    const line_t line = {cost, w->node_count, offset, false};
    w->nodes[w->node_count++] = node;
    *line_for_new(w) = line;
}

/* Follows the lines of the longest matches at a place. */
static void look_up(walk_t *w, uint32_t at)
{
    uint32_t same[2 * NEIGHBOURS];
    uint32_t longest = MATCH_MIN;
    if (w->found[at] == NONE) {
        w->found[at] = find(w, at);
    }
    uint32_t begin = w->found[at] - least(w->found[at], NEIGHBOURS);
    uint32_t count = least(w->old->length - begin, 2 * NEIGHBOURS);
    for (uint32_t i = 0; i < count; i++) {
        same[i] = common(w, (uint32_t)w->suffixes[begin + i], at, 0);
        longest = same[i] > longest ? same[i] : longest;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (same[i] >= MATCH_MIN && same[i] + MATCH_NEAR >= longest) {
            follow(w, (uint32_t)w->suffixes[begin + i] - at, at);
        }
    }
}

/* One byte further, on all lines and as an extra byte. */
static void step(walk_t *w, uint32_t at)
{
    const way_t *here = &w->ways[at];
    way_t best = {here->cost + w->cost_extra[w->new_image->bytes[at]], here->node, here->add_end};
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->line_count; i++) {
        line_t *line = &w->lines[i];
        if (at + line->offset >= w->old->length) {
            line->cost = UINT64_MAX;
            continue;
        }
        line->cost += changed_cost(w, line->offset, at, &line->changed);
        if (line->cost <= best.cost) {
            best = (way_t){line->cost, line->node, at + 1u};
        }
    }
    for (uint32_t i = 0; i < w->line_count; i++) {
        if (w->lines[i].cost <= best.cost + SLACK) {
            w->lines[kept++] = w->lines[i];
        }
    }
    w->line_count = kept;
    w->ways[at + 1u] = best;
}

/* ---------------------------------------------------------------- the walk */

/* The best way is on a line that goes on without a change for a while. */
static bool goes_on(const walk_t *w, uint32_t at)
{
    const way_t *way = &w->ways[at];
    if (way->node == NONE || way->add_end != at) {
        return false;
    }
    const node_t *node = &w->nodes[way->node];
    uint32_t old_pos = node->old_pos + (at - node->new_pos);
    return w->new_image->length - at >= AHEAD && w->old->length - old_pos >= AHEAD &&
           memcmp(w->new_image->bytes + at, w->old->bytes + old_pos, AHEAD) == 0;
}

static void trace(const walk_t *w, pieces_t *pieces)
{
    uint32_t end = w->new_image->length;
    uint32_t node = w->ways[end].node;
    uint32_t add_end = w->ways[end].add_end;
    pieces_t backward = {0};
    while (node != NONE) {
        const node_t *n = &w->nodes[node];
        const piece_t piece = {n->new_pos, n->old_pos, add_end - n->new_pos, end - add_end};
        pieces_add(&backward, &piece);
        end = n->new_pos;
        node = n->before;
        add_end = n->before_end;
    }
    const piece_t first = {0, 0, 0, end};
    pieces->count = 0;
    pieces_add(pieces, &first);
    while (backward.count > 0) {
        pieces_add(pieces, &backward.items[--backward.count]);
    }
    pieces_free(&backward);
}

static void walk(walk_t *w, const char *what, pieces_t *pieces)
{
    w->line_count = 0;
    w->node_count = 0;
    w->ways[0] = (way_t){0, NONE, 0};
    for (uint32_t at = 0; at < w->new_image->length; at++) {
        if ((at & 0xFFFu) == 0) {
            tool_progress(what, at, w->new_image->length);
        }
        if (!goes_on(w, at)) {
            look_up(w, at);
        }
        step(w, at);
    }
    trace(w, pieces);
}

void match_images(const bytes_t *old, const bytes_t *new_image, pieces_t *pieces)
{
    static walk_t w;
    int32_t *suffixes = sort_suffixes(old);
    memset(&w, 0, sizeof w);
    w.old = old;
    w.new_image = new_image;
    w.suffixes = suffixes;
    w.ways = tool_alloc(((size_t)new_image->length + 1u) * sizeof *w.ways);
    w.found = tool_alloc((size_t)new_image->length * sizeof *w.found);
    memset(w.found, 0xFF, (size_t)new_image->length * sizeof *w.found);
    w.cost_run = COST_RUN;
    for (uint32_t i = 0; i < 256u; i++) {
        w.cost_changed[i] = COST_CHANGED;
        w.cost_extra[i] = COST_EXTRA;
    }
    walk(&w, "comparing", pieces);
    learn(&w, pieces);
    walk(&w, "comparing again", pieces);
    free(suffixes);
    free(w.ways);
    free(w.found);
    free(w.nodes);
}
