/* The physics of one run: a process, what may be changed in it, and what is measured.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_MODEL_SYSTEM_H
#define FF_MODEL_SYSTEM_H

#include "base/keys.h"
#include "model/design.h"
#include "model/observables.h"
#include "model/process.h"

struct ff_system {
    char *place; /* of the model, `file:line:column: model`, for messages */
    struct ff_process *process;
    struct ff_design *design;
    struct ff_observables *observables;
    struct ff_functional functionals[FF_N_OBSERVABLES]; /* J, sigma */
    double
        bound_total; /* K of the bound 2 N J atanh(N J / K), N sites; 0 where it does not apply */
};

/* A model kind: how the section `model` becomes a process. */
struct ff_model_type {
    const char *name;
    const char *doc;            /* one line for --help */
    bool is_ring;               /* independent walkers on one cycle of sites */
    const struct ff_keys *keys; /* of the section, besides those of ff_keys_model */
    enum ff_status (*build)(struct ff_node *section, struct ff_process **out);
};

/** All kinds, NULL-terminated. */
extern const struct ff_model_type *const ff_model_types[];
extern const struct ff_model_type ff_model_ring;
extern const struct ff_model_type ff_model_network;
extern const struct ff_model_type ff_model_exclusion;
extern const struct ff_model_type ff_model_reactions;

/** What all kinds have: the kind. Base of the tables of the kinds. */
extern const struct ff_keys ff_keys_model;

/** Read the sections `model`, `design` and `objective` of a configuration. */
enum ff_status ff_system_read(struct ff_node *root, struct ff_system **out);

/** The list J, sigma of a front; borrowed from the system. */
struct ff_functionals ff_system_functionals(const struct ff_system *system);

/** NULL-safe. */
void ff_system_free(struct ff_system *system);

#endif
