#include "sidecar/settings/nearest_name.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

enum { NAME_LENGTH_MAX = 63 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment; three rows are enough, because a swap reaches back two. */
size_t name_distance(const char *a, const char *b)
{
    size_t rows[3][NAME_LENGTH_MAX + 1];
    size_t a_len = strlen(a), b_len = strlen(b);

    if (a_len > NAME_LENGTH_MAX || b_len > NAME_LENGTH_MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

            row[j] = smaller(replaced, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smaller(row[j], twice_above[j - 2] + 1);
            }
        }
    }
    return rows[a_len % 3][b_len];
}

struct nearest_name nearest_name_of(const char *word)
{
    assert(word);
    return (struct nearest_name){.word = word, .distance = SIZE_MAX};
}

void nearest_name_offer(struct nearest_name *n, const char *name)
{
    size_t word_len = strlen(n->word);
    size_t distance = name_distance(n->word, name);
    /* A third of the letters may be wrong; a beginning counts as near. */
    size_t allowed = (word_len + 2) / 3;

    if (word_len >= 2 && strncmp(n->word, name, word_len) == 0) {
        distance = smaller(distance, 1);
    } else if (distance >= word_len) {
        return; /* nothing of the word is left */
    }
    if (distance > allowed || distance >= n->distance) return;
    n->name = name;
    n->distance = distance;
}
