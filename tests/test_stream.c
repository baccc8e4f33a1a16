/* Random streams: published Philox vectors, independence of coordinates, and moments of the variates.
 *
 * Statistical cases use one fixed seed and N_DRAWS draws. The z-scores take their standard errors from the
 * known moments of the distribution, and each has a negative control with slightly wrong variates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
/* labels: stat */
#include "base/stream.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { N_DRAWS = 1000000, N_BITS = 64 };

/* Beyond this a z-score counts as a failure: one in two million for a sound generator. */
static const double z_limit = 5.0;

static struct ff_stream stream_of(uint32_t task)
{
    return ff_stream_at(2024, task, FF_PURPOSE_TRACKED, 0, 0);
}

/* ---- bits ----------------------------------------------------------------------------------- */

/* A row of Random123's kat_vectors for philox4x32-10. */
struct known_answer {
    uint32_t counter[4], key[2], block[4];
};

static const struct known_answer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void bits_match_published_philox_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_answers / sizeof *known_answers; i++) {
        const struct known_answer *known = &known_answers[i];
        const uint32_t *counter = known->counter;
        const uint64_t seed = ((uint64_t)known->key[1] << 32) | known->key[0];
        struct ff_stream stream =
            ff_stream_at(seed, counter[3], (enum ff_purpose)(counter[2] >> 24),
                         counter[2] & FF_MAX_ITERATION, counter[1]);
        ff_stream_seek(&stream, counter[0]);
        const uint64_t first = ff_stream_bits(&stream), second = ff_stream_bits(&stream);
        assert_int_equal(first, ((uint64_t)known->block[3] << 32) | known->block[2]);
        assert_int_equal(second, ((uint64_t)known->block[1] << 32) | known->block[0]);
    }
}

static void every_coordinate_makes_a_distinct_stream(void **state)
{
    (void)state;
    const struct ff_stream streams[] = {
        ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 3, 4),
        ff_stream_at(5, 2, FF_PURPOSE_TRACKED, 3, 4),
        ff_stream_at(1 + (UINT64_C(1) << 32), 2, FF_PURPOSE_TRACKED, 3, 4),
        ff_stream_at(1, 5, FF_PURPOSE_TRACKED, 3, 4),
        ff_stream_at(1, 2, FF_PURPOSE_BASELINE, 3, 4),
        ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 5, 4),
        ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 3, 5),
        ff_stream_at(1, 4, FF_PURPOSE_TRACKED, 3, 2),
        ff_stream_at(1, 3, FF_PURPOSE_TRACKED, 2, 4),
    };
    enum { N_STREAMS = sizeof streams / sizeof *streams, N_EACH = 16 };
    uint64_t bits[N_STREAMS * N_EACH];
    for (int i = 0; i < N_STREAMS; i++) {
        struct ff_stream stream = streams[i];
        for (int k = 0; k < N_EACH; k++)
            bits[i * N_EACH + k] = ff_stream_bits(&stream);
    }
    /* Two equal words among so few have a chance of 1e-15: any repetition is a shared stream. */
    for (int i = 0; i < N_STREAMS * N_EACH; i++)
        for (int k = 0; k < i; k++)
            assert_true(bits[i] != bits[k]);
}

static void draws_are_functions_of_their_coordinates(void **state)
{
    (void)state;
    enum { N_FORWARD = 21 };
    uint64_t forward[N_FORWARD];
    struct ff_stream stream = ff_stream_at(7, 1, FF_PURPOSE_EVALUATE, 2, 3);
    for (int i = 0; i < N_FORWARD; i++)
        forward[i] = ff_stream_bits(&stream);

    /* Any block again, in another order, and from a stream that was used in between. */
    for (uint32_t block = N_FORWARD / 2; block-- > 0;) {
        ff_stream_seek(&stream, block);
        assert_int_equal(ff_stream_bits(&stream), forward[2 * block]);
        assert_int_equal(ff_stream_bits(&stream), forward[2 * block + 1]);
    }
    struct ff_stream other = ff_stream_at(7, 1, FF_PURPOSE_GUMBEL, 2, 3);
    ff_stream_bits(&other);
    other = ff_stream_with_purpose(&other, FF_PURPOSE_EVALUATE);
    for (int i = 0; i < N_FORWARD; i++)
        assert_int_equal(ff_stream_bits(&other), forward[i]);
}

static void uniforms_are_the_high_bits_and_the_open_ones_avoid_both_ends(void **state)
{
    (void)state;
    struct ff_stream stream = stream_of(0), bits = stream, open = stream;
    for (int i = 0; i < 1000; i++) {
        const uint64_t word = ff_stream_bits(&bits);
        assert_true(ff_stream_uniform(&stream) == ldexp((double)(word >> 11), -53));
        assert_true(ff_stream_uniform_open(&open) == ldexp((double)(word >> 12) + 0.5, -52));
    }
    /* Words of zeros and of ones cannot be asked of Philox, but a stream holds its block. */
    const struct ff_stream zeros = {.n_left = 2};
    struct ff_stream ones = {.n_left = 2};
    for (int i = 0; i < 4; i++)
        ones.block.v[i] = UINT32_MAX;
    struct ff_stream low = zeros, high = ones;
    assert_true(ff_stream_uniform(&low) == 0.0 && ff_stream_uniform_open(&low) > 0.0);
    assert_true(ff_stream_uniform(&high) < 1.0 && ff_stream_uniform_open(&high) < 1.0);
}

/* ---- moments -------------------------------------------------------------------------------- */

typedef double variate_fn(struct ff_stream *stream);

/* z-score of the mean of (x - centre)^power, whose distribution has this mean and variance. */
static double moment_z(variate_fn *draw, uint32_t task, double centre, int power, double mean,
                       double variance)
{
    struct ff_stream stream = stream_of(task);
    double sum = 0.0;
    for (int i = 0; i < N_DRAWS; i++)
        sum += pow(draw(&stream) - centre, power);
    return (sum / N_DRAWS - mean) / sqrt(variance / N_DRAWS);
}

/* Largest |z| of four moments of the uniform distribution about 1/2: E u^k = 2^-k / (k+1), k even. */
static double worst_uniform_z(variate_fn *draw)
{
    double worst = 0.0;
    for (int k = 1; k <= 4; k++) {
        const double mean = k % 2 == 0 ? ldexp(1.0, -k) / (k + 1) : 0.0;
        const double variance = ldexp(1.0, -2 * k) / (2 * k + 1) - mean * mean;
        worst = fmax(worst, fabs(moment_z(draw, 1, 0.5, k, mean, variance)));
    }
    return worst;
}

/* Largest |z| of four moments of the normal distribution: E x^2k = 1, 3, 15, 105 for k = 1, 2, 3, 4. */
static double worst_normal_z(variate_fn *draw)
{
    static const double even[] = {1.0, 1.0, 3.0, 15.0, 105.0};
    double worst = 0.0;
    for (int k = 1; k <= 4; k++) {
        const double mean = k % 2 == 0 ? even[k / 2] : 0.0;
        worst = fmax(worst, fabs(moment_z(draw, 2, 0.0, k, mean, even[k] - mean * mean)));
    }
    return worst;
}

static double shifted_uniform(struct ff_stream *stream)
{
    return ff_stream_uniform(stream) + 0.002;
}

static double narrow_normal(struct ff_stream *stream)
{
    return 0.99 * ff_stream_normal(stream);
}

static double skewed_normal(struct ff_stream *stream)
{
    const double x = ff_stream_normal(stream);
    return (x + 0.01 * (x * x - 1.0)) / sqrt(1.0 + 2e-4);
}

static void uniform_moments_agree_within_their_errors(void **state)
{
    (void)state;
    assert_true(worst_uniform_z(ff_stream_uniform) < z_limit);
    assert_true(worst_uniform_z(ff_stream_uniform_open) < z_limit);
    assert_false(worst_uniform_z(shifted_uniform) < z_limit);
}

static void normal_moments_agree_within_their_errors(void **state)
{
    (void)state;
    assert_true(worst_normal_z(ff_stream_normal) < z_limit);
    assert_false(worst_normal_z(narrow_normal) < z_limit);
    assert_false(worst_normal_z(skewed_normal) < z_limit);
}

/* z-score of the correlation of the uniforms of two streams, mean 0 and variance 1/N. */
static double correlation_z(struct ff_stream a, struct ff_stream b)
{
    double sum = 0.0;
    for (int i = 0; i < N_DRAWS; i++)
        sum += (ff_stream_uniform(&a) - 0.5) * (ff_stream_uniform(&b) - 0.5);
    return 12.0 * sum / sqrt(N_DRAWS);
}

static void neighbouring_streams_are_uncorrelated(void **state)
{
    (void)state;
    const struct ff_stream stream = ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 3, 4);
    const struct ff_stream others[] = {
        ff_stream_at(2, 2, FF_PURPOSE_TRACKED, 3, 4), ff_stream_at(1, 3, FF_PURPOSE_TRACKED, 3, 4),
        ff_stream_at(1, 2, FF_PURPOSE_BASELINE, 3, 4), ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 4, 4),
        ff_stream_at(1, 2, FF_PURPOSE_TRACKED, 3, 5)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(fabs(correlation_z(stream, others[i])) < z_limit);
    assert_false(fabs(correlation_z(stream, stream)) < z_limit);
}

static void each_bit_is_set_half_of_the_time(void **state)
{
    (void)state;
    static int count[N_BITS];
    struct ff_stream stream = stream_of(3);
    for (int i = 0; i < N_DRAWS; i++) {
        const uint64_t word = ff_stream_bits(&stream);
        for (int b = 0; b < N_BITS; b++)
            count[b] += (int)((word >> b) & 1u);
    }
    for (int b = 0; b < N_BITS; b++)
        assert_true(fabs(count[b] - 0.5 * N_DRAWS) < z_limit * 0.5 * sqrt(N_DRAWS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_match_published_philox_vectors),
        cmocka_unit_test(every_coordinate_makes_a_distinct_stream),
        cmocka_unit_test(draws_are_functions_of_their_coordinates),
        cmocka_unit_test(uniforms_are_the_high_bits_and_the_open_ones_avoid_both_ends),
        cmocka_unit_test(uniform_moments_agree_within_their_errors),
        cmocka_unit_test(normal_moments_agree_within_their_errors),
        cmocka_unit_test(neighbouring_streams_are_uncorrelated),
        cmocka_unit_test(each_bit_is_set_half_of_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
