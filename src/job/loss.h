/* What an optimisation minimises: a function of the means of functionals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FF_JOB_LOSS_H
#define FF_JOB_LOSS_H

/* A kind of loss, over Q functionals in the order of their list. */
struct ff_loss_type {
    const char *name;
    const char *doc;
    /** L at these means [Q]; its partial derivatives by the means go to `slopes` [Q], which may be NULL. */
    double (*value)(const void *data, const double *means, double *slopes);
};

/* One loss; both borrowed. */
struct ff_loss {
    const struct ff_loss_type *type;
    const void *data;
};

#endif
